"""The execution engine in process: the OP Stack's rules on py-evm."""
