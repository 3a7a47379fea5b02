"""nbgrader's settings for the whole environment; ``make setup`` copies this file to where Jupyter looks first.

nbgrader reads the course's own settings only in the folder in which it is started, and ``nbgrader validate`` may be
started elsewhere.  In the folder of a submission it would take settings, and modules, from the student: so it does not
start there, and that is decided before anything is imported that is not loaded already.
"""

import os
import sys
from pathlib import Path

_here = Path(os.getcwd())  # noqa: PTH109 - nothing that might be loaded from here
_checkout = Path(sys.prefix).parent
_parts = _here.relative_to(_checkout).parts if _here.is_relative_to(_checkout) else _here.parts
if os.environ.get("MLP_PLAIN_NBGRADER") != "1" and {"submitted", "autograded"} & {part.casefold() for part in _parts}:
    raise SystemExit(
        f"{_here} holds the work of students, whose settings nbgrader would follow; start it in the course's checkout, "
        "or ask for plain nbgrader with MLP_PLAIN_NBGRADER=1 in the environment."
    )

from autograder.gradebook.nbgrader_commands import confine  # noqa: E402

confine()
