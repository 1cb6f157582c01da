"""python -m npspectral: the command line."""
import sys

from .oracle.command_line import main

if __name__ == "__main__":
    sys.exit(main())
