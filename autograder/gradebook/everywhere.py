"""nbgrader's settings for the whole environment; ``make setup`` copies this file to where Jupyter looks first.

nbgrader reads the course's own settings only in the folder in which it is started, and ``nbgrader validate`` may be
started in the folder of a submission.
"""

from autograder.gradebook.nbgrader_commands import confine

confine()
