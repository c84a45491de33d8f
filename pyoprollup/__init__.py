"""pyoprollup: the OP Stack's rollup node, in Python."""

__version__ = "0.1.0"
