# %% [markdown]
# # A small assignment for the tests

# %% tags=["setup"]
import numpy as np

from mlp_utils import check, hint, yours_or_recorded


# %% solution="square"
def square(x):
    """Return x² for an array x of any shape."""
    ### BEGIN SOLUTION
    return x * x
    ### END SOLUTION


# %% test="square" points=3
check("square", square)
### BEGIN HIDDEN TESTS
from autograder.inprocess import grade_function

grade_function("square", square)
### END HIDDEN TESTS

# %% solution="square_slope"
def square_slope(x):
    """Return the derivative of x² at each entry of x, shape of x."""
    ### BEGIN SOLUTION
    return 2 * x
    ### END SOLUTION


# %% test="square_slope" points=2
check("square_slope", square_slope)
### BEGIN HIDDEN TESTS
from autograder.inprocess import grade_gradient

grade_gradient("square_slope", square_slope, loss="square", wrt="x")
### END HIDDEN TESTS

# %% tags=["experiment"]
curve = yours_or_recorded("curve", lambda: square(np.linspace(-1, 1, 5)))

# %% solution="root"
root = None
### BEGIN SOLUTION
root = np.sqrt(2)
### END SOLUTION

# %% test="root" points=1
check("root", root)
### BEGIN HIDDEN TESTS
from autograder.inprocess import grade_value

grade_value("root", root)
### END HIDDEN TESTS

# %% solution="double_angle"
double_angle = None
### BEGIN SOLUTION
double_angle = "2 * tanh(x) / (1 + tanh(x)**2)"
### END SOLUTION

# %% test="double_angle" points=1
check("double_angle", double_angle)
### BEGIN HIDDEN TESTS
from autograder.inprocess import grade_formula

grade_formula("double_angle", double_angle)
### END HIDDEN TESTS

# %% [markdown] manual="why" points=1
# ### BEGIN SOLUTION
# Because the slope doubles.
# ### END SOLUTION
