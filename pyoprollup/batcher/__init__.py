"""Turns the sequencer's blocks into transactions to the batch inbox on L1.

Nothing here waits or knows the time: whoever runs the batcher calls its ``step`` when something is due.
"""
