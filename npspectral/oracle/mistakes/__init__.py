"""Known mistakes beside a right candidate: which explains a failure, and that all are caught."""
