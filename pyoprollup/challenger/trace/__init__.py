"""Traces: what is true, at every position of a game, and the evidence for it."""
