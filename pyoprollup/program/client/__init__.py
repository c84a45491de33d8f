"""The program: decides about a claim by pre-images alone.

``boot`` reads what is claimed. ``l1_oracle`` and ``l2_oracle`` make chains out of pre-images, with ``tries``
for lists; ``l1_source`` and ``l2_chain`` are what derivation sees of them.
``execution`` runs blocks, on the ``state`` that the oracle has. ``driver`` goes from block to block, and
``program`` gives the verdict. ``recording`` keeps what was asked for.

Specification: fault-proof/index.md, Fault Proof Program.
"""
