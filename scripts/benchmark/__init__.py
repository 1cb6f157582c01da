"""How fast npspectral is beside others: `python scripts/benchmark`."""
