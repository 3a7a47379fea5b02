"""``python -m autograder``."""

import sys

from autograder import quick_start  # noqa: F401 - before all others
from autograder.cli import main

if __name__ == "__main__":  # a worker process imports this module under another name
    sys.exit(main())
