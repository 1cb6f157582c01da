"""What becomes of a candidate, or of a file of answers, on every case; and how it is reported."""
