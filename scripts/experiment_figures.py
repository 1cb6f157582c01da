from lab.style import *  # noqa: F401, F403
