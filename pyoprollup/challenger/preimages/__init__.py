"""Pre-images on their way into the oracle contract, and what others have put there."""
