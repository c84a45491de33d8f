"""The fault-proof program: whether a claim about L2 follows from L1, and the host that serves it.

``client`` is the program, which reads nothing but pre-images; ``host`` fetches these from nodes, keeps them
and serves them, to our program or to another that a VM runs. ``hints`` is what the one says to the other.

Specification: fault-proof/index.md.
"""
