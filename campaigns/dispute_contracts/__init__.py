"""Contracts of disputes beside their model: see :mod:`campaigns.dispute_contracts.__main__`."""
