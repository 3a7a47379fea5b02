"""What the graded cells of this assignment share; each exercise has a file of its own beside this one.

All are worth 0 points: practice with everything but marks.
"""

from autograder.authoring import GRADIENT_TOOLS

WITHHELD = GRADIENT_TOOLS
