"""The machine's definition, module by module, against Python's own integers."""
