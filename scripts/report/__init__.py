"""The report of many experiments: each in a process of its own, what it left, one page of all."""
