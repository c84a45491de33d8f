"""Dispute games that are played to their end: against the model of the contracts, in simulated time."""
