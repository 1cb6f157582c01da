"""Golden values from two witnesses, out of the standard library; nothing here imports NumPy."""
