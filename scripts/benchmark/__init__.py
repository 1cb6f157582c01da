"""How fast npspectral is beside the libraries of the field: `python scripts/benchmark --help`."""
