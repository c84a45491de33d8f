"""Steps of the fault-proof VM on the contract that settles disputes about them."""
