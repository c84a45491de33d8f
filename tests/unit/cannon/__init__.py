"""The fault-proof VM, module by module."""
