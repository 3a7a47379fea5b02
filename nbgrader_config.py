"""nbgrader's configuration: its own commands (autograde, validate, formgrader, ...) work on the course's folders.

Set MLP_GRADING to work on another grading folder than ``grading``.
"""

from pathlib import Path

from autograder.files.paths import find_course
from autograder.gradebook.nbgrader_settings import configure

configure(get_config(), find_course(Path(__file__).parent))  # noqa: F821 - nbgrader provides get_config
