"""For study: one thing derived a step, in lines that run. `python scripts/study` makes a page."""
