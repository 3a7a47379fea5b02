# %% [markdown]
# # 00 Start: is everything ready?
#
# This notebook is practice. **Nothing in it counts**: no points, no deadline. It shows how the other notebooks work,
# and it rehearses the whole way: answer, check, hint, hand in, feedback.
#
# **Time.** Plan 20 minutes. If Python arrays are new to you, plan 40.
#
# **You need** a little Python: functions, lists, `print`.
#
# ## 1 Is my environment right? (2 minutes)
#
# The boxes with Python code are *cells*. Click into the first one and press **Shift+Enter**. This runs the cell, and
# its output appears below. The last lines say whether all is right, or what to do.

# %% tags=["experiment"]
import importlib
import sys

to_do = []
print("Python     ", sys.version.split()[0])
major, minor, *_ = sys.version_info
if (major, minor) < (3, 11):
    to_do.append("Python 3.11 or newer is needed.")
for name in ("numpy", "matplotlib", "ipywidgets", "mlp_utils"):
    try:
        version = importlib.import_module(name).__version__
        print(name.ljust(11), version)
        if name == "mlp_utils" and version != "0.3.0":
            to_do.append("This notebook was made for mlp_utils 0.3.0. Take both from the same release.")
    except Exception as error:
        print(name.ljust(11), "cannot be loaded:", error)
        to_do.append(f"{name} is missing or broken in this Python.")
print()
if to_do:
    print("Something is not right yet:", *to_do, sep="\n  - ")
    print("Close JupyterLab. In the folder of the course, run start.py again, as START_HERE says.")
    print("Then run this cell again. If it still says so, send its output to your instructor.")
    print("The Python in use is", sys.executable)
else:
    print("All right. Go on.")

# %% [markdown]
# The next cell is the *set-up*. Every notebook has one, and you run it first. It loads what the notebook uses. If the
# notebook and the package `mlp_utils` do not belong together, it says so. If all is well, it prints nothing.

# %% tags=["setup"]
import numpy as np
from mlp_utils import check, hint, line_picture, made_for, summary

# Your solutions use NumPy alone. While this notebook is graded, these modules of mlp_utils are missing:
# `explorers`, `gradients`, `networks.network`, `networks.training`, `special`.

made_for("0.3.0")

# %% [markdown]
# **A picture.** The next cell draws two curves. If you see no picture, run the first cell again and do what it says.

# %% tags=["experiment"]
x = np.linspace(-2, 2, 81)
line_picture(
    x,
    {"x": x, "x squared": x**2},
    "Two curves for x from -2 to 2: a straight line, and a parabola that touches 0 at x = 0.",
    title="If you see two curves, pictures work",
    x_label="x",
)

# %% [markdown]
# **A widget.** The next cell shows an *explorer*: a picture with sliders. Click on a slider and press the arrow keys.
# Do the curves move? What they mean is the subject of the next assignment.

# %% tags=["experiment"]
from mlp_utils import explore_activations

explore_activations()

# %% [markdown]
# If you see a picture but no slider, or only a line of text: save, reload the page in your browser, and run the set-up
# and this cell again. If it stays so, the first cell tells you whether `ipywidgets` is there. No exercise needs an
# explorer, so you can go on without.
#
# ## 2 How a notebook works (2 minutes)
#
# The *kernel* is the Python process behind the notebook. It runs one cell at a time and remembers all names. `[*]`
# beside a cell means: still running. A number such as `[7]` tells the order in which cells were run.
#
# **Predict, then run.** You run the next cell three times. What does it print the third time?

# %% tags=["experiment"]
runs = globals().get("runs", 0) + 1
print("this cell has run", runs, "time(s) since the kernel was started")

# %% [markdown]
# The kernel remembers what you did, in the order in which you did it, also what you have deleted since. Two commands
# help; both stand in the menu *Kernel*.
#
# - *Interrupt Kernel* stops a cell that does not end.
# - *Restart Kernel and Run All Cells…* forgets all names and runs the notebook from top to bottom. Your text stays.
#
# You meet these kinds of cells:
#
# | cell | what you do |
# | --- | --- |
# | text, like this one | read |
# | code with `# YOUR CODE HERE` | your answer: replace `pass`, keep the first line |
# | code with `check(...)` | run it after your answer; it is locked, so you cannot change it |
# | all other code | run it, read the output, change it, run it again; it is not graded |

# %%
table = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
print("an array with 2 rows and 3 columns has the shape", table.shape)

# %% [markdown]
# ## 3 Arrays and shapes (3 minutes)
#
# Data stand in an array `X` of shape $(N,d)$: a row for each of $N$ samples, a column for each of $d$ numbers. A vector
# has one axis and the shape $(N,)$. A *column* $(N,1)$ and a *row* $(1,N)$ have two axes: they are not vectors.
#
# NumPy combines different shapes by *broadcasting*. The rule:
#
# 1. Write one shape below the other, so that both end on the right.
# 2. A missing axis on the left counts as 1.
# 3. Two sizes fit if they are equal or if one of them is 1; a 1 is repeated. The result has the other size.
#
# **Worked example.** $(4,3)$ plus $(3,)$: below the 4 nothing stands, so it counts as 1.

# %%
A, b = np.zeros((4, 3)), np.array([10.0, 20.0, 30.0])
print("  ", A.shape)
print("     ", b.shape)
print("  ", (A + b).shape, "  b is added to each row:")
print(A + b)

# %% [markdown]
# **The same with a gap.** Two arrays have the shapes $(2,1,5)$ and $(4,5)$. What is the shape of their sum? Replace
# `None` by three numbers in brackets, like `(7, 8, 9)`.

# %% tags=["experiment"]
your_shape = None
by_the_rule = np.broadcast_shapes((2, 1, 5), (4, 5))
print("your shape ", your_shape)
print("by the rule", "fill the gap first" if your_shape is None else by_the_rule)

# %% [markdown]
# ## 4 Three traps (3 minutes)
#
# Many mistakes in this course are mistakes with shapes. The worst ones raise no error. Each trap has two cells. In the
# first one, put what you expect in place of `None`, and run it. Then run the second one.
#
# **Trap 1: a vector minus a column.** `p` has the shape $(3,)$. `y` holds three numbers too, but in a column of shape
# $(3,1)$. The mean of the squares of $p-y$ should be
# $\frac{0.3^2+0.4^2+0^2}3=0.0833$. What is the shape of `p - y`?

# %% tags=["experiment"]
my_prediction = None  # a shape

# %% tags=["experiment"]
p = np.array([0.7, 0.4, 1.0])
y = np.array([[1.0], [0.0], [1.0]])
print("shape of p - y      ", (p - y).shape, "  you predicted", my_prediction)
print("mean squared error  ", np.round(np.mean((p - y) ** 2), 4))
print("with y of shape (3,)", np.round(np.mean((p - y.reshape(3)) ** 2), 4))

# %% [markdown]
# By the rule, $(3,)$ and $(3,1)$ give $(3,3)$: a table of all pairs. Its mean, over 9 numbers, is a number like any
# other, so nobody complains. It is wrong.
#
# **Trap 2: a bias in a column.** `Z` has the shape $(N,n)$, a row for each sample. The bias `b` should have the shape
# $(n,)$; then it is added to each row. Here it is a column $(n,1)$, with $n=3$. What happens for $N=4$, and what for
# $N=3$? Choose each time from: an error, a right result, a wrong result.

# %% tags=["experiment"]
my_prediction = {"N = 4": None, "N = 3": None}

# %% tags=["experiment"]
column = np.array([[10.0], [20.0], [30.0]])
for N in (4, 3):
    try:
        result = np.zeros((N, 3)) + column
        print(f"N = {N}: no error. Wanted is 10, 20, 30 in each row, and this came:")
        print(result)
    except ValueError as error:
        print(f"N = {N}: error,", error)
print("you predicted", my_prediction)

# %% [markdown]
# The error is the good case. For $N=n$ the same mistake is silent: each sample gets one number of `b` instead of each
# unit. So test with sizes that are all different.
#
# **Trap 3: turning a vector.** `.T` exchanges rows and columns. `g` and `a` have the shape $(3,)$. What are the
# shapes of `g.T` and `g.T @ a`? (`@` is the matrix product.)

# %% tags=["experiment"]
my_prediction = {"g.T": None, "g.T @ a": None}

# %% tags=["experiment"]
g, a = np.array([1.0, 2.0, 3.0]), np.array([4.0, 5.0, 6.0])
print("g.T     has the shape", g.T.shape)
print("g.T @ a has the shape", (g.T @ a).shape, "and is", g.T @ a)
print("you predicted", my_prediction)


# %% [markdown]
# A vector has one axis, and there is nothing to exchange. `g.T` is `g`, and `g.T @ a` is one number. If you want the
# table of all products, first make a column out of one vector.
#
# ## 5 How to read a check (4 minutes)
#
# An exercise has a cell for your answer and a check. The exercise `centre_rows` below asks: from each row of `X`,
# shape $(N,d)$, subtract the mean of this row. Somebody knows trap 2 and is careful: `X.T` has the shape $(d,N)$, so
# the means of shape $(N,)$ fit. Run this answer and read the message line by line.

# %% tags=["experiment"]
def first_try(X):
    return X.T - X.mean(axis=1)


check("centre_rows", first_try)

# %% [markdown]
# | the message | what it tells |
# | --- | --- |
# | ✘ not yet right | the state, then the title, then what it is worth |
# | 12 of 16 entries of centre_rows(X) are wrong. | what is wrong with the numbers |
# | Inputs: a square matrix | on which inputs; there are others |
# | ✘ square matrices | the named parts, each right or not |
# | where, yours, wanted | the worst entries; "at" names the entry of `X` in the same place |
# | × wrong entry | the map: one box for each entry, rows down, columns across |
# | For the kind of mistake, … | what you can do next |
#
# The number below the message is what `check` returns: your points. In this notebook it is always 0.
#
# Look at the map: which entries are right? Then ask for a hint.

# %% tags=["experiment"]
hint()


# %% [markdown]
# A hint names the kind of mistake, never the answer, and costs nothing. Here: entry $(0,1)$ stands where $(1,0)$
# belongs. Only the diagonal is in its place. With a square matrix the shape did not give it away.
#
# ### Exercise `centre_rows` (practice)
#
# Now write a right one: from each row of `X`, shape $(N,d)$, subtract the mean of this row. The result has the shape
# $(N,d)$. `X` stays as it is. There are several ways. One of them starts from `X.mean(axis=1, keepdims=True)`: print
# its shape in a new cell.

# %% solution="centre_rows"
def centre_rows(X):
    """The rows of X, each without its mean.

    X: shape (N, d).
    Returns an array of shape (N, d).
    """
    ### BEGIN SOLUTION
    # The means stay a column (N, 1), so the rule lines them up with the rows.
    return X - X.mean(axis=1, keepdims=True)
    ### END SOLUTION


# %% test="centre_rows" points=0
check("centre_rows", centre_rows)
### BEGIN HIDDEN TESTS
from autograder.inprocess import grade_function
grade_function("centre_rows", centre_rows)
### END HIDDEN TESTS

# %% [markdown]
# ## 6 Your turn (5 minutes)
#
# Answers are functions, numbers, formulas in text, or words. Each kind comes now. If a check fails, run `hint()` in a
# new cell: click on the left of a cell and press **B**.
#
# ### Exercise `mean_squared_error` (practice)
#
# Write `mean_squared_error(p, y)`, the mean of $(p_i-y_i)^2$ over the $N$ samples, one number. `p` has the shape
# $(N,)$. `y` may be a vector $(N,)$ or a column $(N,1)$; each is a part of its own.

# %% solution="mean_squared_error"
def mean_squared_error(p, y):
    """The mean of (p_i - y_i)² over N samples, one number.

    p: shape (N,).
    y: shape (N,) or (N, 1).
    """
    ### BEGIN SOLUTION
    return np.mean((p - np.ravel(y)) ** 2)
    ### END SOLUTION


# %% test="mean_squared_error" points=0
check("mean_squared_error", mean_squared_error)
### BEGIN HIDDEN TESTS
from autograder.inprocess import grade_function
grade_function("mean_squared_error", mean_squared_error)
### END HIDDEN TESTS

# %% [markdown]
# ### Exercise `outer_product` (practice)
#
# Write `outer_product(g, a)` for two vectors of the shapes $(n,)$ and $(m,)$. The result has the shape $(n,m)$, and its
# entry $(i,j)$ is $g_ia_j$.

# %% solution="outer_product"
def outer_product(g, a):
    """The table of all products g_i a_j.

    g: shape (n,).
    a: shape (m,).
    Returns an array of shape (n, m).
    """
    ### BEGIN SOLUTION
    return np.outer(g, a)
    ### END SOLUTION


# %% test="outer_product" points=0
check("outer_product", outer_product)
### BEGIN HIDDEN TESTS
from autograder.inprocess import grade_function
grade_function("outer_product", outer_product)
### END HIDDEN TESTS

# %% [markdown]
# ### Exercise `result_shape` (practice)
#
# `A` has the shape $(3,1,5)$ and `B` the shape $(4,1)$. What is the shape of `A + B`? Answer with a list of its
# numbers, like `[7, 8]`. This check says less than the check of a function: it must not give the answer away.

# %% solution="result_shape"
result_shape = None  # a list of numbers
### BEGIN SOLUTION
# (3, 1, 5) above (1, 4, 1): the larger size of each pair.
result_shape = [3, 4, 5]
### END SOLUTION

# %% test="result_shape" points=0
check("result_shape", result_shape)
### BEGIN HIDDEN TESTS
from autograder.inprocess import grade_value
grade_value("result_shape", result_shape)
### END HIDDEN TESTS

# %% [markdown]
# ### Exercise `squared_error_slope` (practice)
#
# What is the slope of $(p-y)^2$ if $p$ moves and $y$ stays? The answer is a formula between quotation marks: numbers,
# `p`, `y`, `+ - * / **` and brackets. It is read, not run. Run the next cell first: it shows what a slip in the
# writing looks like.

# %% tags=["experiment"]
check("squared_error_slope", "3p + y")

# %% solution="squared_error_slope"
squared_error_slope = None  # a text with a formula in p and y
### BEGIN SOLUTION
# The chain rule: 2 u with u = p - y, times du/dp = 1.
squared_error_slope = "2 * (p - y)"
### END SOLUTION

# %% test="squared_error_slope" points=0
check("squared_error_slope", squared_error_slope)
### BEGIN HIDDEN TESTS
from autograder.inprocess import grade_formula
grade_formula("squared_error_slope", squared_error_slope)
### END HIDDEN TESTS

# %% [markdown]
# ### Exercise `own_words` (practice, in words)
#
# Some answers are text. Double-click the next cell, write in it, and press Shift+Enter. A formula stands between dollar
# signs: `$N^2$` becomes $N^2$.
#
# Which of the three traps would have caught you, and why did Python not complain? One or two sentences. In other
# notebooks a person reads such an answer and gives points.

# %% [markdown] manual="own_words" points=0
# **Your answer**
#
# ### BEGIN SOLUTION
# Trap 1: I would have subtracted a column from a vector. The shapes $(N,)$ and $(N,1)$ fit by the rule and give the
# table $(N,N)$, so for Python nothing is wrong.
# ### END SOLUTION

# %% [markdown]
# ## 7 Hand in, as a rehearsal (1 minute)
#
# 1. *Kernel → Restart Kernel and Run All Cells…* A failed exercise stops nothing.
# 2. Save: **Ctrl+S**, on a Mac **Cmd+S**.
# 3. Run the last cell once more. It checks the *saved* file; that is why you save first.
# 4. Read the list below it: one line for each exercise. If you change something now, go back to step 2.
# 5. Hand in the file under its own name, `00_start.ipynb`, in the way that your instructor has told you.
#
# The grader runs your notebook from top to bottom in a fresh process, without the experiments. It uses other numbers of
# the same kind. The next cell prints the folder in which the file lies.

# %% tags=["experiment"]
from pathlib import Path

print(Path.cwd())

# %% [markdown]
# You get back a page with a word for each exercise:
#
# | | |
# | --- | --- |
# | ✔ passed | right on all cases |
# | ◐ partly right | some of the named parts are right |
# | ✘ not yet right | the numbers are wrong; known mistakes are explained |
# | ○ not attempted yet | the cell is as it was released |
# | ⚠ stopped with an error | Python raised an error; a person will look |
# | ◔ took too long | the code did not end in time; a person will look |
# | ⊘ could not be read | the file or the formula; a person will look |
# | ¶ answer in words | as you wrote it; in practice nobody grades it |
#
# Deadlines and points of the other assignments are not touched by this one. Next: `01_activations`.

# %% tags=["experiment"]
summary("00_start")
