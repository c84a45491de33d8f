"""Gets transactions onto L1: nonces, fees and fee bumps, blobs, confirmations, reorgs.

Nothing here waits or knows the time: whoever runs a manager calls its ``step`` when something is due.
"""
