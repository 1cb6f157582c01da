"""One folder an experiment: experiment.py asks and runs, parts.py holds one run, claims.py judges,
figures.py draws. All have the names that lab/perform.py lists; python scripts/reproduce.py is their
one door.
"""
