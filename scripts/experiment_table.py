from lab.table import *  # noqa: F401, F403
