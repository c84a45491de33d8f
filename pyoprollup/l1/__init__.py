"""Access to L1: a node over the network (``rpc``), beacon nodes (``beacon``), and an L1 in process
(``embedded``).
"""
