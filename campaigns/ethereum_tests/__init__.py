"""Ethereum's own tests of execution, run on the engine's EVM: see ``__main__``."""
