"""Execution: what an L2 block does to the state, and the interfaces around it."""
