"""``python -m autograder``."""

import gc
import sys

from autograder import quick_start  # noqa: F401 - before all others
from autograder.cli import main

if __name__ == "__main__":  # a worker process imports this module under another name
    code = main()
    gc.freeze()  # or Python looks through half a million objects once more before it ends
    sys.exit(code)
