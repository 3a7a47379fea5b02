"""nbgrader's configuration: its own commands (autograde, validate, formgrader, ...) work on the course's folders.

Set MLP_GRADING to work on another grading folder than ``grading``.
"""

from pathlib import Path

from autograder.nbgrader_settings import configure
from autograder.paths import find_course

configure(get_config(), find_course(Path(__file__).parent))  # noqa: F821 - nbgrader provides get_config
