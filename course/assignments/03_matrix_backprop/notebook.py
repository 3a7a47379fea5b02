# %% [markdown]
# # 03 Gradients of chains and matrix products
#
# A network multiplies by weights, applies activations, and multiplies again. At the end stands one number: the loss.
# Training needs the slope of the loss with respect to *each* weight. A finite difference needs two runs of the network
# for each weight, and a network has millions of them.
#
# The backward pass needs one run forward and one run back, for all weights together. How does it get all slopes at
# once? And how do you see that a matrix stands on the wrong side, or lacks a transpose?
#
# Run the next cell first. It loads what this notebook uses.

# %% tags=["setup"]
import numpy as np
from mlp_utils import check, hint, line_picture, made_for, summary, yours_or_recorded

# Your solutions use NumPy alone. While this notebook is graded, these modules of mlp_utils are missing:
# `explorers`, `gradients`, `networks.network`, `networks.training`, `special`.


def sigmoid(z):
    """The sigmoid 1 / (1 + exp(-z)), for moderate z."""
    return 1 / (1 + np.exp(-z))


def chain_loss(w1, w2, w3, x, t):
    """The cross-entropy of three sigmoid units in a row: one number from five."""
    y = sigmoid(w3 * sigmoid(w2 * sigmoid(w1 * x)))
    return -t * np.log(y) - (1 - t) * np.log(1 - y)


def chain_squared_loss(w1, w2, w3, x, t):
    """The squared loss of the same chain without its last sigmoid: one number from five."""
    return (t - w3 * sigmoid(w2 * sigmoid(w1 * x))) ** 2


def product(W, X):
    """Y = W X with W (m, d) and X (d, n)."""
    return W @ X


def example_cache():
    """Your cache at w1 = 0.25, w2 = -0.11, w3 = 0.78, x = 0.63; a recorded one until the check has passed."""
    numbers = yours_or_recorded(
        "chain_example",
        lambda: np.reshape(chain_forward(0.25, -0.11, 0.78, 0.63), 6).astype(float),
        exercise="chain_forward",
    )
    return tuple(numbers)


made_for("0.3.0")

# %% tags=["experiment"]
w, h = np.linspace(-4, 4, 81), 1e-5
loss = chain_loss(-1, 2, w, 1.5, 0)
slope = (chain_loss(-1, 2, 1 + h, 1.5, 0) - chain_loss(-1, 2, 1 - h, 1.5, 0)) / (2 * h)
tangent = chain_loss(-1, 2, 1, 1.5, 0) + slope * (w - 1)
line_picture(
    w,
    {"loss of the chain": loss, "tangent at w3 = 1": tangent},
    "The loss of a chain of three units against its last weight w3 from -4 to 4, with the tangent at w3 = 1. The loss "
    f"rises from {loss[0]:.2f} to {loss[-1]:.2f}, flat on the left and steeper on the right. The tangent touches it at "
    f"w3 = 1 and has the slope {slope:.2f}.",
    title="The gradient with respect to a weight is the slope of this tangent",
    x_label="w3",
    y_label="loss",
    y_limits=(-1.0, 3.0),
)

# %% [markdown]
# **You need** the chain rule, sums with indices, the sigmoid and its slope, and matrix products.
#
# **At the end you can**
#
# - run a chain of units forward with a cache, and backward as upstream × local,
# - derive both gradients of a matrix product from its components,
# - write the backward pass of a layer for a batch,
# - use shapes to find the right product, and say what shapes cannot see.
#
# **Time.** Sections 1 to 6 give the 20 points. Plan 185 minutes, or up to 240. Section 7 is practice.
# Only exercises give points.
#
# **Checks.** Run a check as often as you like. If it fails, run `hint()`: it names the kind of mistake and costs
# nothing. The grading uses other numbers of the same kind.

# %%
A, B = np.array([[1.0, 2.0, 0.0]]), np.array([[3.0], [-1.0], [5.0]])
print("shapes", A.shape, "@", B.shape, "->", (A @ B).shape, "   and", B.shape, "@", A.shape, "->", (B @ A).shape)

# %% [markdown]
# | name | shape | meaning |
# | --- | --- | --- |
# | `x`, `t`, `y` | one number | input, target, prediction of a chain |
# | `w1`, `w2`, `w3` | one number | weights of a chain |
# | `L` | one number | the loss |
# | Section 3: `W`, `X`, `Y` | $(m,d)$, $(d,n)$, $(m,n)$ | $n$ samples (**columns**), $d$ inputs, $m$ outputs |
# | Section 5: `X`, `Z` | $(N,n_{in})$, $(N,n_{out})$ | $N$ samples (**rows**) |
# | Section 5: `W`, `b` | $(n_{in},n_{out})$, $(n_{out},)$ | $n_{in}$ inputs, $n_{out}$ units |
# | `dW`, `dY`, … | the shape of `W`, `Y`, … | gradient of `L`; entry $(i,j)$ is $\partial L/\partial W_{ij}$ |
#
# In 02 $y$ was the right class; here it is the prediction.
#
# ## 1 Forward along a chain (15 minutes)
#
# **Worked example.** $y=v_2\tanh(v_1x)$ with the loss $E=\frac14(y-t)^4$. One operation a line, and each result gets a
# name: this is the *forward* pass, and the named results are its *cache*.

# %%
v1, v2, x, t = 0.5, -1.5, 0.8, 0.4
z = v1 * x
a = np.tanh(z)
y = v2 * a
E = (y - t) ** 4 / 4
print(f"z = {z:.6f}   a = {a:.6f}   y = {y:.6f}   E = {E:.6f}")

# %% [markdown]
# **The same with gaps.** $y=\ln(1+u_2e^{u_1x})$. Replace each `None` by one operation with names from the lines above
# it.

# %% tags=["experiment"]
u1, u2, x = -0.5, 3.0, 0.8
z = u1 * x
a = np.exp(z)
s = None  # u2 times the result before
y = None  # the last operation
print("step by step ", "fill the gaps first" if y is None else y)
print("in one line  ", np.log(1 + u2 * np.exp(u1 * x)))


# %% [markdown]
# ### Exercise `chain_forward` (1 point)
#
# Three sigmoid units in a row, without biases:
#
# $$y=\sigma(w_3\cdot\sigma(w_2\cdot\sigma(w_1\cdot x))).$$
#
# Unit $k$ gets $z_k$ (weight times what arrives) and passes on $a_k=\sigma(z_k)$; the last one passes on $y$. All are
# numbers. Return the whole cache `(z1, a1, z2, a2, z3, y)`.
#
# - *hidden units* (0.5 points): `z1`, `a1`, `z2`, `a2`.
# - *output* (0.5 points): `z3`, `y`.
#
# `sigmoid` stands in the first code cell.

# %% solution="chain_forward"
def chain_forward(w1, w2, w3, x):
    """The cache of three sigmoid units in a row.

    w1, w2, w3, x: numbers.
    Returns (z1, a1, z2, a2, z3, y), six numbers.
    """
    ### BEGIN SOLUTION
    z1 = w1 * x
    a1 = sigmoid(z1)
    z2 = w2 * a1
    a2 = sigmoid(z2)
    z3 = w3 * a2
    return z1, a1, z2, a2, z3, sigmoid(z3)
    ### END SOLUTION


# %% test="chain_forward" points=1
check("chain_forward", chain_forward)
### BEGIN HIDDEN TESTS
from autograder.inprocess import grade_function
grade_function("chain_forward", chain_forward)
### END HIDDEN TESTS

# %% tags=["experiment"]
hint()  # the kind of mistake that the last check points to

# %% [markdown]
# **Predict, then run.** $w_1=0.25$, $w_2=-0.11$, $w_3=0.78$, $x=0.63$. Is $y$ below or above $\frac12$? And when only
# $w_2$ changes, from $-0.11$ to $2$: which of the six numbers of the cache change?

# %% tags=["experiment"]
my_prediction = {"y is": "below / above", "these change": ""}

# %% tags=["experiment"]
before, after = yours_or_recorded(
    "chain_cache",
    lambda: np.reshape([chain_forward(0.25, w2, 0.78, 0.63) for w2 in (-0.11, 2.0)], (2, 6)).astype(float),
    exercise="chain_forward",
)
for name, old, new in zip(("z1", "a1", "z2", "a2", "z3", "y"), before, after, strict=True):
    print(f"{name:3s} {old:10.6f} -> {new:10.6f}", "  changed" if old != new else "")
print("you predicted", my_prediction)


# %% [markdown]
# A weight acts on everything behind it and on nothing before it. So its slope needs the steps from the loss back to
# this weight, and no others.
#
# ## 2 Backward along a chain (45 minutes)
#
# **Worked example.** Again $z=v_1x$, $a=\tanh(z)$, $y=v_2a$, $E=\frac14(y-t)^4$. Take the lines of the forward pass
# from the last to the first. In each line:
#
# - *upstream*: the slope of $E$ with respect to the line's result, known already.
# - *local*: the slope of the result with respect to one thing that enters the line.
# - upstream × local is the slope of $E$ with respect to what enters.
#
# The line $y=v_2a$ has two local slopes: $\frac{\partial y}{\partial v_2}=a$ ends at a weight, and
# $\frac{\partial y}{\partial a}=v_2$ leads further back. All these numbers stand in the cache.

# %%
def E_of(v1, v2, x, t):
    """The loss of the worked example."""
    return (v2 * np.tanh(v1 * x) - t) ** 4 / 4


v1, v2, x, t, h = 0.5, -1.5, 0.8, 0.4, 1e-5
z, a = v1 * x, np.tanh(v1 * x)
y = v2 * a  # forward; z, a and y are the cache
dy = (y - t) ** 3  # local slope of (y - t)^4 / 4
dv2 = dy * a  # upstream dy, local a
da = dy * v2  # upstream dy, local v2
dz = da * (1 - a**2)  # upstream da, local tanh'(z), from the cached a
dv1 = dz * x  # upstream dz, local x
print(f"dv2 {dv2:.8f}  check {(E_of(v1, v2 + h, x, t) - E_of(v1, v2 - h, x, t)) / (2 * h):.8f}")
print(f"dv1 {dv1:.8f}  check {(E_of(v1 + h, v2, x, t) - E_of(v1 - h, v2, x, t)) / (2 * h):.8f}")

# %% [markdown]
# **The same with gaps.** $z=v_1x$, $a=e^z$, $y=v_2a$ and the same loss. Only one local slope is different: replace
# `None` by $\frac{\partial a}{\partial z}$, written with the cached `a`.

# %% tags=["experiment"]
z, a = v1 * x, np.exp(v1 * x)
y = v2 * a
local = None
difference = ((v2 * np.exp((v1 + h) * x) - t) ** 4 - (v2 * np.exp((v1 - h) * x) - t) ** 4) / (8 * h)
print("dv1       ", "fill the gap first" if local is None else (y - t) ** 3 * v2 * local * x)
print("difference", difference)


# %% [markdown]
# ### Exercise `chain_cross_entropy_gradients` (3 points)
#
# The chain of `chain_forward`, with the *cross-entropy* of one output $y\in(0,1)$ and a target $t\in[0,1]$:
#
# $$L=-t\ln y-(1-t)\ln(1-y).$$
#
# Return `(dw1, dw2, dw3)`, the slopes of $L$ with respect to the three weights. `cache` is
# `(z1, a1, z2, a2, z3, y)`, as in Section 1. Each slope is a part of its own, *dw1*, *dw2*, *dw3* (1 point each).
# Derive formulas on paper first.
#
# Formulas are asked for. An answer made of finite differences keeps its points but gets a remark. Use differences of
# `chain_loss(w1, w2, w3, x, t)`, which stands in the first code cell, to check your formulas.

# %% solution="chain_cross_entropy_gradients"
def chain_cross_entropy_gradients(w1, w2, w3, x, t, cache):
    """The slopes of the cross-entropy of the chain with respect to its weights.

    w1, w2, w3, x, t: numbers.
    cache: (z1, a1, z2, a2, z3, y), six numbers of the forward pass.
    Returns (dw1, dw2, dw3), three numbers.
    """
    ### BEGIN SOLUTION
    _, a1, _, a2, _, y = cache
    dz3 = y - t  # (-t/y + (1-t)/(1-y)) times y (1-y)
    dz2 = dz3 * w3 * a2 * (1 - a2)
    dz1 = dz2 * w2 * a1 * (1 - a1)
    return dz1 * x, dz2 * a1, dz3 * a2
    ### END SOLUTION


# %% test="chain_cross_entropy_gradients" points=3
check("chain_cross_entropy_gradients", chain_cross_entropy_gradients)
### BEGIN HIDDEN TESTS
from autograder.inprocess import grade_gradient
grade_gradient("chain_cross_entropy_gradients", chain_cross_entropy_gradients, loss="chain_loss", wrt="w1, w2, w3")
### END HIDDEN TESTS

# %% [markdown]
# **Predict, then run.** $w_1=0.25$, $w_2=-0.11$, $w_3=0.78$, $x=0.63$ and $t=1$. Put the sizes of the three slopes in
# order. Is the largest about 3, 30 or 150 times the smallest?

# %% tags=["experiment"]
my_prediction = {"from large to small": "", "largest / smallest": None}

# %% tags=["experiment"]
w, x, h = (0.25, -0.11, 0.78), 0.63, 1e-5
cache = example_cache()
slopes = yours_or_recorded(
    "chain_slopes",
    lambda: np.reshape(chain_cross_entropy_gradients(*w, x, 1, cache), 3).astype(float),
    exercise="chain_cross_entropy_gradients",
)
for k, step in enumerate(h * np.eye(3)):
    difference = (chain_loss(*(w + step), x, 1) - chain_loss(*(w - step), x, 1)) / (2 * h)
    print(f"dw{k + 1}: {slopes[k]:12.8f}   difference {difference:12.8f}")
print(f"largest / smallest: {np.max(np.abs(slopes)) / np.min(np.abs(slopes)):.0f}")
print("you predicted", my_prediction)


# %% [markdown]
# Each unit on the way back multiplies by its weight and by its slope, and the slope of a sigmoid is never above
# $\frac14$. With small weights the slopes shrink from the last weight to the first. A later notebook looks at this in
# deep networks.

# %% [markdown]
# ### Exercise `chain_squared_gradients` (3 points)
#
# Now *regression*: the last sigmoid goes, so the prediction can be any number, and the loss is squared.
#
# $$y=w_3\cdot\sigma(w_2\cdot\sigma(w_1\cdot x)),\qquad L=(t-y)^2.$$
#
# Return `(dw1, dw2, dw3)`. `cache` is `(z1, a1, z2, a2, y)`. Again each slope is a part of its own (1 point each), and
# formulas are asked for. The loss stands in the first code cell as `chain_squared_loss(w1, w2, w3, x, t)`.

# %% solution="chain_squared_gradients"
def chain_squared_gradients(w1, w2, w3, x, t, cache):
    """The slopes of the squared loss of the regression chain with respect to its weights.

    w1, w2, w3, x, t: numbers.
    cache: (z1, a1, z2, a2, y), five numbers of the forward pass.
    Returns (dw1, dw2, dw3), three numbers.
    """
    ### BEGIN SOLUTION
    _, a1, _, a2, y = cache
    dy = 2 * (y - t)
    dz2 = dy * w3 * a2 * (1 - a2)
    dz1 = dz2 * w2 * a1 * (1 - a1)
    return dz1 * x, dz2 * a1, dy * a2
    ### END SOLUTION


# %% test="chain_squared_gradients" points=3
check("chain_squared_gradients", chain_squared_gradients)
### BEGIN HIDDEN TESTS
from autograder.inprocess import grade_gradient
grade_gradient("chain_squared_gradients", chain_squared_gradients, loss="chain_squared_loss", wrt="w1, w2, w3")
### END HIDDEN TESTS

# %% [markdown]
# **Predict, then run.** The same weights and the same $x$; the target is now $t=128$. Divide the slopes of the
# regression by those of the cross-entropy, one for each weight. Which of the three ratios is the largest?

# %% tags=["experiment"]
my_prediction = None  # "w1", "w2", "w3" or something else

# %% tags=["experiment"]
w, x = (0.25, -0.11, 0.78), 0.63
cache = example_cache()
classification = yours_or_recorded(
    "chain_slopes",
    lambda: np.reshape(chain_cross_entropy_gradients(*w, x, 1, cache), 3).astype(float),
    exercise="chain_cross_entropy_gradients",
)
regression = yours_or_recorded(
    "chain_regression_slopes",
    lambda: np.reshape(chain_squared_gradients(*w, x, 128, cache[:5]), 3).astype(float),  # here y is z3
    exercise="chain_squared_gradients",
)
for k in range(3):
    print(f"dw{k + 1}: {regression[k]:12.6f}   ratio {regression[k] / classification[k]:.4f}")
print(f"the loss at t = 128: {chain_squared_loss(*w, x, 128):.4f}")
print("you predicted", my_prediction)

# %% [markdown]
# All slopes pass through the product $w_3a_2$. From there back to the weights, all local factors are the same as in the
# other chain; only the upstream number that arrives at the product is different.
#
# ## 3 A product of matrices (55 minutes)
#
# **Translation.** In this section samples are columns, as in many lectures: $X$ $(d,n)$ holds $n$ samples, $W$ has the
# shape $(m,d)$, and
#
# $$Y=WX,\qquad Y_{ik}=\sum_jW_{ij}X_{jk},\qquad\text{shape }(m,n).$$
#
# $L$ is one number made from $Y$. The backward pass brings `dY`, with $\partial L/\partial Y_{ik}$ in entry $(i,k)$.
#
# **Worked example: one weight.** $W_{ij}$ stands in row $i$ of $Y$ only, and
# $\partial Y_{ik}/\partial W_{ij}=X_{jk}$. So $\partial Y/\partial W_{ij}$ has the shape of $Y$. Row $i$ is row $j$
# of $X$, with $n$ entries, and all other rows are zero.

# %%
W = np.array([[1.0, 0.0, -2.0], [0.5, 3.0, 1.0]])  # m = 2, d = 3
X = np.array([[2.0, 1.0, 0.0, -1.0], [0.0, 4.0, 1.0, 2.0], [5.0, -3.0, 1.0, 7.0]])  # n = 4
i, j = 1, 2  # counted from 0
D = np.zeros(W.shape)
D[i, j] = 1.0
local = product(W + D, X) - product(W, X)  # exact, because Y is linear in W
print("dY / dW_12 =\n", local)
print("row j of X:", X[j])

# %% [markdown]
# Upstream × local now has many numbers: each $Y_{ik}$ passes on its share, and the shares are added (*sum*). Only row
# $i$ counts:
#
# $$\frac{\partial L}{\partial W_{ij}}=\sum_{k}\frac{\partial L}{\partial Y_{ik}}\,X_{jk}
# =\Big\langle dY,\frac{\partial Y}{\partial W_{ij}}\Big\rangle,\qquad\langle A,B\rangle=\sum_{ik}A_{ik}B_{ik}.$$
#
# $\langle A,B\rangle$ is the *Frobenius inner product*: multiply entry by entry, and add up everything.

# %%
dY = np.array([[1.0, -1.0, 2.0, 0.0], [3.0, 0.5, -2.0, 1.0]])  # what arrives, shape of Y
print("inner product:", np.sum(dY * local))
print("by the sum   :", sum(dY[i, k] * X[j, k] for k in range(4)))

# %% [markdown]
# **The same with gaps.** Now one entry of $X$. $X_{jk}$ stands in one *column* of $Y$ only. For $j=1$ and $k=3$: which
# column of $\partial Y/\partial X_{13}$ is not zero, and which column of $W$ stands in it? Columns are counted from 0.

# %% tags=["experiment"]
column_of_Y, column_of_W = None, None
E = np.zeros(X.shape)
E[1, 3] = 1.0
change = product(W, X + E) - product(W, X)
if None in (column_of_Y, column_of_W):
    print("fill the gaps first")
else:
    mine = np.zeros(change.shape)
    mine[:, column_of_Y] = W[:, column_of_W]
    print("yours\n", mine)
    print("right\n", change)

# %% [markdown]
# **Lines with sums.** Typed lines are checked as in assignment 01. A sum has its index behind `for`; a double sum
# stands in another one. `d(W[r, s], W[i, j])` is 1 for $r=i$ and $s=j$ and 0 otherwise.

# %% tags=["experiment"]
from mlp_utils import show_lines

show_lines("""
sum(W * A)
= sum(sum(W[r, s] * A[r, s] for s) for r)
""", W=("m", "d"), A=("m", "d"))
show_lines("""
d(W[r, s], W[i, j])
= delta(r, i) * delta(s, j)
""", W=("m", "d"))
show_lines("""
d(L, Y[r, k])
= 2 * A[r, k] * Y[r, k]
""", W=("m", "d"), X=("d", "n"), A=("m", "n"), definitions={"Y": "W @ X", "L": "sum(A * Y**2)"})
# With like="product_gradient_steps" instead, show_lines knows the letters of that exercise.

# %% [markdown]
# ### Exercise `product_gradient_steps` (2 points)
#
# On paper first: derive $\partial L/\partial W_{ij}$ from entries. Then type your lines.
#
# - *Letters:* `W` $(m,d)$, `X` $(d,n)$ and `dY` $(m,n)$. *Given:* `Y = W @ X` and the Frobenius product
#   `L = sum(dY * Y)`.
# - *Start:* `d(L, W[i, j])`. *End:* one entry of a product of matrices, made of `dY` and `X`, as in `(A @ B)[i, j]`.
# - The check compares neighbouring lines, without an answer key. Eight lines are plenty.
# - Half a point each: a first step; the sum of upstream times local; the sum over the samples; the end. So a jump costs
#   half.
# - A slip of syntax costs nothing: the message names its place, and a person reads the line.

# %% solution="product_gradient_steps"
product_gradient_steps = """
d(L, W[i, j])
= ...
"""
### BEGIN SOLUTION
product_gradient_steps = """
d(L, W[i, j])
= sum(sum(dY[r, k] * d(Y[r, k], W[i, j]) for k) for r)
= sum(sum(dY[r, k] * delta(r, i) * X[j, k] for k) for r)
= sum(dY[i, k] * X[j, k] for k)
= sum(dY[i, k] * X.T[k, j] for k)
= (dY @ X.T)[i, j]
"""
### END SOLUTION

# %% test="product_gradient_steps" points=2
check("product_gradient_steps", product_gradient_steps)
### BEGIN HIDDEN TESTS
from autograder.inprocess import grade_derivation
grade_derivation("product_gradient_steps", product_gradient_steps)
### END HIDDEN TESTS

# %% [markdown]
# ### Exercise `product_gradients` (2 points)
#
# Write `product_gradients(dY, W, X)` for $Y=WX$. It returns `(dW, dX)`, in the shapes of `W` and `X`; each is a part (1
# point). Again formulas are asked for, here with matrices.
#
# On paper: write $\partial L/\partial W_{ij}$ and $\partial L/\partial X_{jk}$ as sums. Then read each sum as entry
# $(i,j)$, or $(j,k)$, of a product of two matrices. In a product, the index of the sum stands in the middle: last in
# the first matrix, first in the second.

# %% solution="product_gradients"
def product_gradients(dY, W, X):
    """The gradients of a loss with respect to both factors of Y = W X.

    dY: (m, n), the gradient that arrives at Y.   W: (m, d).   X: (d, n).
    Returns (dW, dX), of shapes (m, d) and (d, n).
    """
    ### BEGIN SOLUTION
    # dW_ij = sum_k dY_ik X_jk, and dX_jk = sum_i W_ij dY_ik
    return dY @ X.T, W.T @ dY
    ### END SOLUTION


# %% test="product_gradients" points=2
check("product_gradients", product_gradients)
### BEGIN HIDDEN TESTS
from autograder.inprocess import grade_gradient
grade_gradient("product_gradients", product_gradients, loss="product", wrt="W, X")
### END HIDDEN TESTS

# %% [markdown]
# **Predict, then run.** Let $L$ be the sum of all entries of $Y$. Then each entry of `dY` is 1. Which are all equal in
# `dW`: its rows, its columns, both or neither? And in `dX`?

# %% tags=["experiment"]
my_prediction = {"dW": "", "dX": ""}

# %% tags=["experiment"]
dW, dX = yours_or_recorded(
    "gradients_of_a_sum",
    lambda: tuple(np.array(g, dtype=float) for g in product_gradients(np.ones((2, 4)), W, X)),
    exercise="product_gradients",
)
print("dW =\n", dW)
print("dX =\n", dX)
print("you predicted", my_prediction)

# %% [markdown]
# In `dW` the rows are equal: this loss treats all outputs alike. In `dX` the columns are equal: it treats all samples
# alike, and each sample meets the same $W$.
#
# ### Exercise `matrix_step` (1 point)
#
# One step of gradient descent with numbers, by hand or with NumPy. $Y=WX$,
#
# $$W=\begin{pmatrix}0.3&0.5\\-0.2&0.4\end{pmatrix},\quad X=\begin{pmatrix}0&2\\3&1\end{pmatrix},\quad
# T=\begin{pmatrix}0.5&1\\1&-1.5\end{pmatrix},$$
#
# $$L=\sum_{ik}(Y_{ik}-T_{ik})^2,$$
#
# and the step $W\leftarrow W-0.1\,dW$. Answer with a list of six numbers, to at least four decimals:
#
# `[L before, W_00 after, W_01 after, W_10 after, W_11 after, L after]`.

# %% solution="matrix_step"
matrix_step = None  # a list of six numbers
### BEGIN SOLUTION
# Y = [[1.5, 1.1], [1.2, 0]], the squares are 1, 0.01, 0.04 and 2.25, and dW = [[0.4, 6.2], [6, 4.2]].
matrix_step = [3.3, 0.26, -0.12, -0.8, -0.02, 2.2376]
### END SOLUTION

# %% test="matrix_step" points=1
check("matrix_step", matrix_step)
### BEGIN HIDDEN TESTS
from autograder.inprocess import grade_value
grade_value("matrix_step", matrix_step)
### END HIDDEN TESTS

# %% [markdown]
# **Predict, then run.** The step of the exercise lowers the loss. Now take 20 steps, each with a new gradient, of size
# 0.05, 0.1 or 0.2. For which of the three sizes is the loss after 20 steps smaller than at the start? (The table shows
# 2 steps and more; 0 steps, and 1 step of size 0.1, stand in your exercise.)

# %% tags=["experiment"]
my_prediction = None  # a list of step sizes


# %% tags=["experiment"]
def losses_of_steps(size, counts):
    """The loss after each number of steps of that size."""
    W, X = np.array([[0.3, 0.5], [-0.2, 0.4]]), np.array([[0.0, 2.0], [3.0, 1.0]])
    T, found = np.array([[0.5, 1.0], [1.0, -1.5]]), {}
    for count in range(max(counts) + 1):
        R = product(W, X) - T
        found[count] = np.sum(R**2)
        dY = np.imag((R + 1e-30j) ** 2) / 1e-30  # the slope of each square, by a complex step
        W = W - size * product_gradients(dY, W, X)[0]
    return [found[count] for count in counts]


sizes, counts = (0.05, 0.1, 0.2), (2, 3, 5, 20)
table = yours_or_recorded(
    "losses_of_steps",
    lambda: np.reshape([losses_of_steps(size, counts) for size in sizes], (3, 4)).astype(float),
    exercise="product_gradients",
)
print("loss after   " + "".join(f"{count:6d} steps" for count in counts))
for size, row in zip(sizes, table, strict=True):
    print(f"step {size:4.2f}    " + "".join(f"{value:12.4g}" for value in row))
print("you predicted", my_prediction)

# %% [markdown]
# The gradient says in which direction the loss falls *at first*. A step that is too long jumps over the valley. The
# step 0.1 lowers the loss once, by luck: in one direction it jumps over the bottom and lands higher on the other
# side. Each further step makes this worse.
#
# ## 4 One sample: outer products (10 minutes)
#
# With one sample all vectors are 1-D arrays. $\mathbf a$ $(n_{in},)$ goes in, $\mathbf z$ $(n_{out},)$ comes out, and
# $\mathbf g=\partial L/\partial\mathbf z$ $(n_{out},)$ arrives. From here on $r$ counts inputs, and $j$ outputs.
#
# **Worked example.** $\mathbf z=W\mathbf a+\mathbf b$ with $W$ $(n_{out},n_{in})$: $z_j=\sum_rW_{jr}a_r+b_j$. So
# $\frac{\partial z_j}{\partial W_{jr}}=a_r$, $\frac{\partial z_j}{\partial b_j}=1$, and
#
# $$\frac{\partial L}{\partial W_{jr}}=g_ja_r,\qquad\frac{\partial L}{\partial b_j}=g_j.$$
#
# The table of all products $g_ja_r$ is the *outer product* $\mathbf g\,\mathbf a^\top$, `np.outer(g, a)`. It has the
# shape of $W$, $(n_{out},n_{in})$.

# %%
g, a = np.array([1.0, -2.0, 0.5]), np.array([4.0, 3.0])  # n_out = 3, n_in = 2
W, b, h = np.array([[1.0, 0.0], [2.0, -1.0], [0.0, 5.0]]), np.array([0.1, 0.2, 0.3]), 1e-5
D = np.zeros(W.shape)
D[1, 0] = h
above, below = np.sum(g * ((W + D) @ a + b)), np.sum(g * ((W - D) @ a + b))
print("np.outer(g, a) =\n", np.outer(g, a))
print("entry (1, 0) by a difference:", round((above - below) / (2 * h), 8))

# %% [markdown]
# **The same with gaps.** Other texts write $\mathbf z=V^\top\mathbf a+\mathbf b$ with $V$
# $(n_{in},n_{out})$: $z_j=\sum_rV_{rj}a_r+b_j$. Replace both `None`, so that the result is $\partial L/\partial V$.

# %% tags=["experiment"]
first, second = None, None  # g and a, in which order?
D = np.zeros((2, 3))
D[0, 1] = h
V = W.T
difference = (np.sum(g * ((V + D).T @ a + b)) - np.sum(g * ((V - D).T @ a + b))) / (2 * h)
print("dV =", "fill the gaps first" if first is None or second is None else np.outer(first, second))
print("entry (0, 1) by a difference:", round(difference, 8))

# %% [markdown]
# **Predict, then run.** `.T` does nothing on a 1-D array (trap 3 of `00_start`). `v[:, None]` is `v` as a column, and
# `v[None, :]` is `v` as a row. Let `u` and `v` both have three entries. The four results below all have the shape
# $(3,3)$. Which of them are `np.outer(u, v)`?

# %% tags=["experiment"]
my_prediction = {
    "u[:, None] * v": None,
    "u * v[:, None]": None,
    "u[:, None] @ v[None, :]": None,
    "np.outer(v, u)": None,
}  # "yes" or "no"

# %% tags=["experiment"]
u, v = np.array([1.0, -2.0, 0.5]), np.array([4.0, 3.0, -1.0])
results = {
    "u[:, None] * v": u[:, None] * v,
    "u * v[:, None]": u * v[:, None],
    "u[:, None] @ v[None, :]": u[:, None] @ v[None, :],
    "np.outer(v, u)": np.outer(v, u),
}
for name, result in results.items():
    says = "yes" if np.array_equal(result, np.outer(u, v)) else "no"
    print(f"{name:24s} shape {result.shape}  {says:3s}  you predicted {my_prediction[name]}")

# %% [markdown]
# The vector in the column counts the rows. If both have equal length, only the numbers tell the outer product from its
# transpose.
#
# ## 5 Samples as rows (50 minutes)
#
# This is the convention of the course. One product handles the whole batch.
#
# | convention | input | shape of $W$ | in components |
# | --- | --- | --- | --- |
# | one sample, $W^\top\mathbf x+\mathbf b$ | $(n_{in},)$ | $(n_{in},n_{out})$ | $z_j=\sum_rW_{rj}x_r+b_j$ |
# | one sample, $W\mathbf x+\mathbf b$ | $(n_{in},)$ | $(n_{out},n_{in})$ | $z_j=\sum_rW_{jr}x_r+b_j$ |
# | samples as rows (this course) | $(N,n_{in})$ | $(n_{in},n_{out})$ | $Z_{ij}=\sum_rX_{ir}W_{rj}+b_j$ |
#
# Here $i$ runs over the $N$ samples, $r$ over the $n_{in}$ inputs and $j$ over the $n_{out}$ units. The bias always has
# the shape $(n_{out},)$, and the gradient of a parameter always has the shape of the parameter.
#
# **Worked example.** Entry $(0,1)$ of $Z$: sample 0 and unit 1 meet.

# %%
X = np.array([[1.0, 2.0], [0.0, -1.0], [3.0, 0.5]])  # N = 3 samples, n_in = 2
W = np.array([[1.0, 0.0, 2.0, -1.0], [0.5, 3.0, 1.0, 4.0]])  # n_out = 4
b = np.array([10.0, 20.0, 30.0, 40.0])
print("Z_01 =", " + ".join(f"{X[0, r]} * {W[r, 1]}" for r in range(2)), f"+ {b[1]} =", X[0] @ W[:, 1] + b[1])

# %% [markdown]
# **The same with gaps.** For $Z_{23}$: which row of $X$, which column of $W$ and which entry of $\mathbf b$ are needed?

# %% tags=["experiment"]
row, column, entry = None, None, None
if None in (row, column, entry):
    print("fill the gaps first")
else:
    print("Z_23 =", X[row] @ W[:, column] + b[entry], "  it should be 39.0")


# %% [markdown]
# ### Exercise `linear_forward` (2 points)
#
# Write `linear_forward(X, W, b)`: the array $Z$ of the last row of the table, in matrix form, without changing the
# inputs. Each of the three arrays may hold integers or fractions, whatever the other two hold.
#
# - *batch* (1 point): several samples.
# - *small sizes* (1 point): one sample, one input or one unit. `X` still has two axes, and so has the result.

# %% solution="linear_forward"
def linear_forward(X, W, b):
    """The pre-activations of a layer for a batch of samples.

    X: (N, n_in).   W: (n_in, n_out).   b: (n_out,).
    Returns Z of shape (N, n_out).
    """
    ### BEGIN SOLUTION
    return X @ W + b
    ### END SOLUTION


# %% test="linear_forward" points=2
check("linear_forward", linear_forward)
### BEGIN HIDDEN TESTS
from autograder.inprocess import grade_function
grade_function("linear_forward", linear_forward)
### END HIDDEN TESTS

# %% [markdown]
# **Predict, then run.** Trap 2 of `00_start` was a bias `c` in a column, of shape $(n_{out},1)$. It raised an error or
# mixed up the numbers. Now there is *one* sample. `S` stands for the products without the bias, of shape $(1,3)$, and
# `c` has the shape $(3,1)$. Is `S + c` an error, or which shape does it have?

# %% tags=["experiment"]
my_prediction = None  # "error" or a shape

# %% tags=["experiment"]
S, c = np.array([[10.0, 20.0, 30.0]]), np.array([[1.0], [2.0], [3.0]])
try:
    print(f"shape {(S + c).shape}\n{S + c}")
except ValueError as error:
    print("ValueError:", error)
print("right, one row:", S + c[:, 0])
print("you predicted", my_prediction)


# %% [markdown]
# One sample has become three rows, and no error tells you. So a test with one sample looks at the shape too.
#
# **Shapes as a tool.** On paper a transpose is soon lost. The shapes find it again: of all products of two arrays,
# few can be formed, and often only one has the wanted shape.
#
# **Worked example.** `P` $(5,2)$ and `Q` $(3,2)$; wanted is an array of shape $(3,5)$. The cell tries all eight
# products.

# %%
def products(P, Q):
    """Name and value of each product of P or P.T with Q or Q.T that can be formed."""
    left, right = {"P": P, "P.T": P.T}, {"Q": Q, "Q.T": Q.T}
    pairs = [(p, q) for p in left.items() for q in right.items()]
    pairs += [(q, p) for p, q in pairs]
    return {f"{m} @ {n}": A @ B for (m, A), (n, B) in pairs if A.shape[1] == B.shape[0]}


for name, value in products(np.ones((5, 2)), np.ones((3, 2))).items():
    print(name, value.shape, "  <- fits" if value.shape == (3, 5) else "")


# %% [markdown]
# ### Exercise `linear_backward` (3 points)
#
# The backward pass of `linear_forward`. `dZ` arrives, of shape $(N,n_{out})$, with $\partial L/\partial Z_{ij}$ in
# entry $(i,j)$. Return `(dW, db, dX)`:
#
# - *dW*, *db*, *dX* (1 point each), each in the shape of what it belongs to.
#
# Begin with the components: in which $Z_{ij}$ does $W_{rj}$ occur, in which does $b_j$, in which does $X_{ir}$? All
# these entries pass on their share. `dZ` is complete: if $L$ is a mean over the samples, the factor $\frac1N$ is in it.
#
# Formulas are asked for, as before. To check them: `np.sum(dZ * linear_forward(X, W, b))` has these gradients, so you
# can compare with its differences.

# %% solution="linear_backward"
def linear_backward(dZ, X, W):
    """The gradients of a loss with respect to the parameters and the input of a layer.

    dZ: (N, n_out), the gradient that arrives.   X: (N, n_in).   W: (n_in, n_out).
    Returns (dW, db, dX), of shapes (n_in, n_out), (n_out,) and (N, n_in).
    """
    ### BEGIN SOLUTION
    # dW_rj = sum_i X_ir dZ_ij;  db_j = sum_i dZ_ij;  dX_ir = sum_j dZ_ij W_rj
    return X.T @ dZ, np.sum(dZ, axis=0), dZ @ W.T
    ### END SOLUTION


# %% test="linear_backward" points=3
check("linear_backward", linear_backward)
### BEGIN HIDDEN TESTS
from autograder.inprocess import grade_gradient
grade_gradient("linear_backward", linear_backward, loss="linear_forward", wrt="W, b, X")
### END HIDDEN TESTS

# %% [markdown]
# **Predict, then run.** Eight products can be written with `X` or `X.T` and `dZ` or `dZ.T`; one of them is right for
# `dW`. How many have the *shape* of `dW`, and how many have its *numbers*, in four tests?
#
# - A: $N=5$, $n_{in}=4$, $n_{out}=3$, random numbers.
# - B: all sizes 3, random numbers.
# - C: all sizes 3, `X` is the identity matrix, `dZ` is random.
# - D: all sizes 3, each entry of `X` is 1 and each entry of `dZ` is 2.

# %% tags=["experiment"]
my_prediction = {"A": [None, None], "B": [None, None], "C": [None, None], "D": [None, None]}  # shape, numbers

# %% tags=["experiment"]
rng = np.random.default_rng(3)
tests = {
    "A": (rng.normal(size=(5, 4)), rng.normal(size=(5, 3))),
    "B": (rng.normal(size=(3, 3)), rng.normal(size=(3, 3))),
    "C": (np.eye(3), rng.normal(size=(3, 3))),
    "D": (np.ones((3, 3)), 2 * np.ones((3, 3))),
}


def count_fitting(X, dZ):
    """How many of the eight products have the shape of dW, and how many its numbers."""
    dW = linear_backward(dZ, X, np.ones((X.shape[1], dZ.shape[1])))[0]
    fitting = [value for value in products(X, dZ).values() if value.shape == dW.shape]
    return len(fitting), sum(np.allclose(value, dW) for value in fitting)


counts = yours_or_recorded(
    "fitting_products",
    lambda: np.reshape([count_fitting(*pair) for pair in tests.values()], (4, 2)),
    exercise="linear_backward",
)
for letter, (shape, numbers) in zip(tests, counts, strict=True):
    print(f"{letter}: shape {shape}, numbers {numbers}   you predicted {my_prediction[letter]}")

# %% [markdown]
# ### Exercise `explain_square_test` (2 points, graded by a person)
#
# A student tests a gradient `dW` with $N=n_{in}=n_{out}=3$. The test passes, and still `dW` is wrong. Explain in four
# to eight sentences: what can a test with a square `W` not see, when do even the numbers agree, and how do you choose
# the sizes and the numbers of a good test?
#
# | points | the explanation |
# | --- | --- |
# | 2 | says what equal sizes hide, names a case where wrong numbers agree, gives sizes and numbers with a reason |
# | 1 | gets the part with the shapes right, or gives sizes without a reason |
# | 0 | neither |

# %% [markdown] manual="explain_square_test" points=2
# **Your explanation**
#
# ### BEGIN SOLUTION
# If all sizes are equal, each product of the two arrays, with or without a transpose and in either order, can be
# formed and has the shape of W. So NumPy raises no error, and a test of the shape sees nothing. If W alone is square,
# the transpose of the right gradient still has the right shape. The numbers differ in general, but they agree when
# the right gradient happens to be symmetric (a lost transpose of dW does not show), when X is symmetric, as the
# identity is (a lost transpose of X does not show), or when all entries are equal (nothing shows). So a good test has
# N, n_in and n_out all different and all at least 2: then only one product has the right shape, and a lost sum over
# the samples shows, which N = 1 would hide. Its numbers are random, of both signs and not symmetric, with a bias that
# is not zero, and they are compared with finite differences, because shapes do not see a wrong factor or sign.
# ### END SOLUTION

# %% [markdown]
# ## 6 Counting parameters (10 minutes)
#
# **Worked example.** One layer with $n_{in}=4$ and $n_{out}=3$: each unit has four weights and one bias, so there are
# $3\cdot(4+1)=15$ parameters.

# %%
print("sizes of W and b:", np.zeros((4, 3)).size, "+", np.zeros(3).size, "=", np.zeros((4, 3)).size + np.zeros(3).size)

# %% [markdown]
# **The same with gaps.** One layer with 7 inputs and 3 units: replace `None` by the number of its parameters.

# %% tags=["experiment"]
count = None
print("your count:", count)
print("by arrays :", "fill the gap first" if count is None else np.zeros((7, 3)).size + np.zeros(3).size)

# %% [markdown]
# ### Exercise `parameter_count` (1 point)
#
# A network with $d$ inputs, one hidden layer of $H$ units and $C$ outputs. Each unit, hidden or output, has a bias. How
# many parameters are there?
#
# The answer is a text with a formula in `d`, `H` and `C`: numbers, `+ - * / **` and brackets. It looks like
# `"3 * d + H / C"`. For $d=3$, $H=4$, $C=5$ there are 41 parameters.

# %% solution="parameter_count"
parameter_count = None  # a text with a formula in d, H and C
### BEGIN SOLUTION
parameter_count = "H * (d + 1) + C * (H + 1)"
### END SOLUTION

# %% test="parameter_count" points=1
check("parameter_count", parameter_count)
### BEGIN HIDDEN TESTS
from autograder.inprocess import grade_formula
grade_formula("parameter_count", parameter_count)
### END HIDDEN TESTS

# %% [markdown]
# **Predict, then run.** Images of $28\times28$ pixels, so $d=784$; $H=100$; $C=10$. About how many parameters: 8 000,
# 80 000 or 800 000? What almost doubles the number: twice the hidden units, or twice the outputs?

# %% tags=["experiment"]
my_prediction = {"number": None, "doubles it": ""}

# %% tags=["experiment"]
from mlp_utils import Formula

networks = {"H = 100, C = 10": (784, 100, 10), "H = 200, C = 10": (784, 200, 10), "H = 100, C = 20": (784, 100, 20)}
counts = yours_or_recorded(
    "parameter_counts",
    lambda: Formula.parse(parameter_count, ("d", "H", "C"), ()).evaluate(
        dict(zip("dHC", np.array(list(networks.values()), dtype=float).T, strict=True))
    ),
    exercise="parameter_count",
)
for name, count in zip(networks, counts, strict=True):
    print(f"d = 784, {name}: {count:.0f} parameters")
print("you predicted", my_prediction)

# %% [markdown]
# ## 7 Bug clinic (practice without points, 20 minutes)
#
# Each of the following statements is **false**. People have written them seriously. For each one: find the mistake,
# correct it, and test your version with numbers. Each cell runs by itself.
#
# **FALSE 1.** "$Y=WX$ with $W$ $(m,d)$ and $X$ $(d,n)$. In $\partial Y/\partial W_{ij}$, row $i$ is
# $(X_{j1},\dots,X_{jd})$." How many entries does a row of $Y$ have? In place of `None` put the right row: an expression
# with the array `X` and the number `j`.

# %% tags=["experiment"]
W, X = np.array([[1.0, 2.0], [3.0, -1.0], [0.5, 4.0]]), np.array([[1.0, 5.0, -2.0, 0.0], [7.0, 1.0, 3.0, 6.0]])
i, j = 2, 1
D = np.zeros(W.shape)
D[i, j] = 1.0
false_row = X[j, : W.shape[1]]
try:
    yours = None
except Exception as error:
    yours = f"{type(error).__name__}: {error}"
print("row i by a difference:", (product(W + D, X) - product(W, X))[i])
print("FALSE row            :", false_row)
print("your row             :", "not there yet" if yours is None else yours)

# %% [markdown]
# **FALSE 2.** "By the chain rule, $\frac{\partial L}{\partial W_{ij}}=dY\cdot\frac{\partial Y}{\partial W_{ij}}$, a
# product of two matrices." Both have the shape $(m,n)$, and the left side is one number. In place of `None` put the
# right combination: an expression with the arrays `dY` and `local`.

# %% tags=["experiment"]
W, X = np.array([[1.0, 2.0], [3.0, -1.0], [0.5, 4.0]]), np.array([[1.0, 5.0, -2.0, 0.0], [7.0, 1.0, 3.0, 6.0]])
D, h = np.zeros(W.shape), 1e-5
D[2, 1] = 1.0
dY = np.array([[1.0, -1.0, 2.0, 0.0], [3.0, 0.5, -2.0, 1.0], [0.0, 2.0, 1.0, -4.0]])
local = product(W + D, X) - product(W, X)  # the slope of Y for one weight
try:
    yours = None
except Exception as error:
    yours = f"{type(error).__name__}: {error}"
difference = (np.sum(dY * product(W + h * D, X)) - np.sum(dY * product(W - h * D, X))) / (2 * h)
try:
    print("FALSE       ", dY @ local)
except ValueError as error:
    print("FALSE        ValueError:", error)
print("difference  ", round(difference, 6))
print("your version", "not there yet" if yours is None else yours)

# %% [markdown]
# **FALSE 3.** "For the regression chain at $w=(0.25,-0.11,0.78)$, $x=0.63$, $t=128$ the slopes are
# $\frac{\partial L}{\partial w_2}=-49.7286$ and $\frac{\partial L}{\partial w_1}=-7.7839$." In each of them exactly one
# factor is missing. Which ones? Replace both `None` by expressions with the names in the cell.

# %% tags=["experiment"]
w1, w2, w3, x, t, h = 0.25, -0.11, 0.78, 0.63, 128, 1e-5
z1, a1, z2, a2, y = example_cache()[:5]  # here the prediction is z3
missing_in_dw2, missing_in_dw1 = None, None
L = chain_squared_loss
difference2 = (L(w1, w2 + h, w3, x, t) - L(w1, w2 - h, w3, x, t)) / (2 * h)
difference1 = (L(w1 + h, w2, w3, x, t) - L(w1 - h, w2, w3, x, t)) / (2 * h)
for name, false, factor, difference in (
    ("dw2", -49.7286, missing_in_dw2, difference2),
    ("dw1", -7.7839, missing_in_dw1, difference1),
):
    print(f"{name}: FALSE {false:8.3f}   difference {difference:8.3f}   your version",
          "not there yet" if factor is None else f"{false * factor:8.3f}")

# %% [markdown]
# **FALSE 4.** "One sample, $\mathbf o=W\mathbf h+\mathbf b$ with $W$ $(n_{out},n_{in})$ and
# $\mathbf g=\partial L/\partial\mathbf o$. Then $\frac{\partial L}{\partial\mathbf h}=\mathbf g\,W^\top$." What are the
# shapes of `g` and `W.T`? Why does nobody notice it when $n_{in}=n_{out}$? In place of `None` put the right gradient:
# an expression with the arrays `g` and `W`.

# %% tags=["experiment"]
W, g = np.array([[1.0, 2.0], [3.0, -1.0], [0.5, 4.0]]), np.array([1.0, -2.0, 0.5])
vector, b, h = np.array([0.3, -0.7]), np.zeros(3), 1e-5  # vector is h in the statement
try:
    yours = None
except Exception as error:
    yours = f"{type(error).__name__}: {error}"
try:
    print("FALSE       ", g @ W.T)
except ValueError as error:
    print("FALSE        ValueError:", error)
differences = [(g @ (W @ (vector + e) + b) - g @ (W @ (vector - e) + b)) / (2 * h) for e in h * np.eye(2)]
print("differences ", np.round(differences, 6))
print("your version", "not there yet" if yours is None else yours)

# %% [markdown]
# ## To remember
#
# - Forward: one operation a line, results in a cache. Backward: the same lines from the last to the first, upstream ×
#   local.
# - What enters several results gets the *sum* of their shares. This sum is what becomes a matrix product.
# - $\partial Y/\partial W_{ij}$ and $dY$ are combined by multiplying entry by entry and adding up, not by a matrix
#   product.
# - A gradient has the shape of its parameter. Which sizes and numbers would *you* test with?
# - `.T` does nothing on a 1-D array; one sample needs `np.outer`.
# - Formulas of another text need a translation: what are the rows, and which letter is the target?
#
# Before you hand in: save the notebook, run the last cell, and read its list.

# %% tags=["experiment"]
summary("03_matrix_backprop")
