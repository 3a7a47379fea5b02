# %% [markdown]
# # 04 Backpropagation through a network
#
# A network with one hidden layer: multiply, rectify, multiply, softmax, loss. All the pieces are known: the rectifier,
# the softmax with its loss, the layer. Now they stand behind each other, and training needs the gradient of *one*
# number, the loss, by *every* parameter.
#
# You write each of these gradients, and you prove each of them right before the next one is built on it. If one of them
# is wrong, how do you see it, and how do you see *where*?
#
# Run the next cell first. It loads what this notebook uses.

# %% tags=["setup"]
import numpy as np
from mlp_utils import check, hint, line_picture, made_for, summary, yours_or_recorded

# Your solutions use NumPy alone. While this notebook is graded, these modules of mlp_utils are missing:
# `explorers`, `gradients`, `networks.network`, `networks.training`, `special`.


def relu(Z):
    """max(0, Z), entry by entry."""
    return np.maximum(0, Z)


def linear(X, W, b):
    """A layer for a batch of rows: X (N, n_in), W (n_in, n_out), b (n_out,), result (N, n_out)."""
    return X @ W + b


def softmax(logits):
    """Probabilities for each row of logits (N, C), whatever their size."""
    E = np.exp(logits - np.max(logits, axis=1, keepdims=True))
    return E / np.sum(E, axis=1, keepdims=True)


def example(N):
    """X, y, W1, b1, W2, b2, epsilon: N samples, d = 4, H = 5, C = 3, no pre-activation nearer to 0 than 0.05."""
    rng = np.random.default_rng(155)
    W1, b1 = rng.normal(size=(4, 5)), rng.normal(size=5)
    W2, b2 = rng.normal(size=(5, 3)), rng.normal(size=3)
    return rng.normal(size=(10, 4))[:N], rng.integers(0, 3, size=10)[:N], W1, b1, W2, b2, 0.1


def first_open(*exercises):
    """The first of these exercises whose check has not passed, or the last."""
    from mlp_utils import passed

    return next((name for name in exercises if not passed(name)), exercises[-1])


made_for("0.3.0")

# %% tags=["experiment"]
steps = np.arange(31)
needed = first_open("mlp_forward", "loss_layer", "mlp_backward")
losses = yours_or_recorded("first_picture", lambda: np.array(descent("right")), exercise=needed)
line_picture(
    steps,
    {"loss of ten samples": losses},
    f"The loss of a small network on ten samples against the number of steps of descent, from {losses[0]:.2f} at the "
    f"start to {losses[-1]:.2f} after 30 steps. It falls in each step, fast at first and slowly at the end.",
    title="What a right gradient is for: 30 steps of descent",
    x_label="steps",
    y_label="loss J",
)

# %% [markdown]
# The picture is recorded. When Section 4 is done, run its cell again: your own gradients draw it.
#
# **You need** the slope of the rectifier (01), softmax, cross-entropy and label smoothing (02), the backward pass of a
# layer and outer products (03).
#
# **At the end you can**
#
# - run a network forward and keep the cache that the way back needs,
# - derive and write each gradient, for one sample and for a batch,
# - compare gradients with central differences, array by array, and say where a mistake lies.
#
# **Time.** Sections 1 to 7 give the 20 points. Plan 210 minutes, or up to 280. Section 8 is practice.
# Only exercises give points.
#
# **Checks.** If a check fails, read its message, then run `hint()`; both cost nothing.

# %%
shapes = {"X": (6, 4), "W1": (4, 5), "b1": (5,), "W2": (5, 3), "b2": (3,)}
print("parameters:", sum(int(np.prod(shape)) for name, shape in shapes.items() if name != "X"), "for", shapes)

# %% [markdown]
# | name | shape | meaning |
# | --- | --- | --- |
# | `X`, `y` | $(N,d)$, $(N,)$ | samples in rows, classes $0,\dots,C-1$ |
# | `W1`, `b1` | $(d,H)$, $(H,)$ | hidden layer with $H$ units |
# | `W2`, `b2` | $(H,C)$, $(C,)$ | output layer |
# | `Z1`, `A1` | $(N,H)$ | pre-activations, activations |
# | `logits`, `P` | $(N,C)$ | result of the output layer, probabilities |
# | `J` | one number | the loss: the *mean* over the samples |
# | `dZ1`, `dW2`, … | the shape of `Z1`, `W2`, … | gradient of `J` |
#
# For one sample the same letters are small: `x` $(d,)$, `z1`, `a1` $(H,)$, `p` $(C,)$.
#
# ## 1 Forward with a cache (15 minutes)
#
# **Worked example.** One sample, $d=2$, $H=3$, $C=2$.

# %%
x, V1, c1 = np.array([1.0, -2.0]), np.array([[0.5, 1.0, -1.0], [1.5, -0.5, 0.0]]), np.array([0.5, 0.0, 0.25])
V2, c2 = np.array([[2.0, 0.0], [1.0, -1.0], [0.0, 3.0]]), np.array([0.0, 0.5])
z1 = x @ V1 + c1
a1 = relu(z1)
print("z1 =", z1, "   a1 =", a1, "   logits =", a1 @ V2 + c2)

# %% [markdown]
# Units 0 and 2 are *dead* for this sample: they get a negative number and send on 0.
#
# In your functions use the arguments alone: a name such as `X` or `N` from another cell holds other data. Do not write
# into an argument; that costs points.
#
# **The same with gaps.** Replace each `None` by one operation on names from the lines above it.

# %% tags=["experiment"]
x, V1, c1 = np.array([2.0, 1.0]), np.array([[0.5, 1.0, -1.0], [1.5, -0.5, 0.0]]), np.array([0.5, 0.0, 0.25])
V2, c2 = np.array([[2.0, 0.0], [1.0, -1.0], [0.0, 3.0]]), np.array([0.0, 0.5])
z1 = None
a1 = None
logits = None
print("yours:", "fill the gaps first" if logits is None else logits)
print("right: [7.5, -1.0]")


# %% [markdown]
# ### Exercise `mlp_forward` (2 points)
#
# Write the forward pass for a batch. Return the cache `(Z1, A1, logits, P)`. `relu`, `linear` and `softmax` from the
# first code cell may be used.
#
# - *hidden layer* (1 point): `Z1`, `A1`.
# - *output layer* (1 point): `logits`, `P`, also for logits near $\pm1000$.
#
# `X` and the weights may hold integers, or `X` alone; one sample still has two axes; the inputs stay as they are.

# %% solution="mlp_forward"
def mlp_forward(X, W1, b1, W2, b2):
    """The cache of the network for a batch of rows.

    X: (N, d).   W1: (d, H).   b1: (H,).   W2: (H, C).   b2: (C,).
    Returns (Z1, A1, logits, P), of shapes (N, H), (N, H), (N, C) and (N, C).
    """
    ### BEGIN SOLUTION
    Z1 = linear(X, W1, b1)
    A1 = relu(Z1)
    logits = linear(A1, W2, b2)
    return Z1, A1, logits, softmax(logits)
    ### END SOLUTION


# %% test="mlp_forward" points=2
check("mlp_forward", mlp_forward)
### BEGIN HIDDEN TESTS
from autograder.inprocess import grade_function
grade_function("mlp_forward", mlp_forward)
### END HIDDEN TESTS

# %% tags=["experiment"]
hint()  # the kind of mistake that the last check points to

# %% [markdown]
# **Predict, then run.** The way back needs the slope of the rectifier at `Z1`. Some people rectify in place to save
# memory: `np.maximum(Z1, 0, out=Z1)`. Afterwards the cache holds the rectified numbers. Of the 50 entries of `Z1` of
# the ten samples of `example`, 21 are positive. How many does the mask `Z1 > 0` count after the rectifier in place,
# and how many the mask `Z1 >= 0`?

# %% tags=["experiment"]
my_prediction = {"Z1 > 0": None, "Z1 >= 0": None}

# %% tags=["experiment"]
X, y, W1, b1, W2, b2, epsilon = example(10)
Z1 = yours_or_recorded(
    "example_z1",
    lambda: np.array(mlp_forward(X, W1, b1, W2, b2)[0], dtype=float),
    exercise="mlp_forward",
)
print("before:", np.sum(Z1 > 0), np.sum(Z1 >= 0))
np.maximum(Z1, 0, out=Z1)
print("after: ", np.sum(Z1 > 0), np.sum(Z1 >= 0), "  you predicted", my_prediction)

# %% [markdown]
# One of the two masks survives by luck. A cache is for reading: copy before you write into it.
#
# ## 2 The loss, and where the way back starts (25 minutes)
#
# With smoothed labels $Y^s=(1-\varepsilon)Y+\varepsilon/C$ the loss is
#
# $$J=-\frac1N\sum_{n,k}Y^s_{nk}\ln P_{nk},\qquad\ln P_{nk}=\text{logits}_{nk}-\ln\sum_je^{\text{logits}_{nj}}.$$
#
# Its gradient by the logits, $\partial J/\partial\,\text{logits}$ of shape $(N,C)$, was derived in 02. The logarithm of
# $P$ itself is no way to $J$: far away a probability is exactly 0 in floats.

# %%
far = np.array([[0.0, 1000.0]])
with np.errstate(divide="ignore"):
    print("np.log(P):        ", np.log(softmax(far)))
print("from the logits:  ", far - np.logaddexp.reduce(far, axis=1)[:, None])

# %% [markdown]
# **The same with gaps.** One sample, $C=4$, $\varepsilon=0.2$, class 2. Replace each `None` by a number: the smoothed
# label of class 2 and of the others, and the loss if all logits are 0 (a multiple of $\ln4$).

# %% tags=["experiment"]
right_class, other_class, loss_times = None, None, None
if None in (right_class, other_class, loss_times):
    print("fill the gaps first")
else:
    ys = np.array([other_class, other_class, right_class, other_class])
    print("sum of the label:", ys.sum())
    print("loss:", loss_times * np.log(4), "   by the formula:", -np.sum(ys * np.log(0.25)))


# %% [markdown]
# ### Exercise `loss_layer` (3 points)
#
# Write `loss_layer(logits, P, y, epsilon)`; `logits` and `P` come from the cache. Return `(J, dlogits)`.
#
# - *J* (1 point): one number, the mean loss.
# - *J of large logits* (1 point): logits near $\pm1000$. So $J$ is computed from the logits.
# - *dlogits* (1 point): the gradient of $J$ by the logits, of shape $(N,C)$. It may use `P`.
#
# `logits` and `P` must be unchanged afterwards, for all three points: they belong to the cache.

# %% solution="loss_layer"
def loss_layer(logits, P, y, epsilon):
    """The mean cross-entropy with smoothed labels, and its gradient by the logits.

    logits, P: (N, C).   y: (N,), integers from 0 to C - 1.   epsilon: a number from 0 to 1.
    Returns (J, dlogits): one number, and an array (N, C).
    """
    ### BEGIN SOLUTION
    N, C = logits.shape
    Ys = (1 - epsilon) * np.eye(C)[y] + epsilon / C
    top = np.max(logits, axis=1, keepdims=True)
    log_P = logits - top - np.log(np.sum(np.exp(logits - top), axis=1, keepdims=True))
    return -np.sum(Ys * log_P) / N, (P - Ys) / N
    ### END SOLUTION


# %% test="loss_layer" points=3
check("loss_layer", loss_layer)
### BEGIN HIDDEN TESTS
from autograder.inprocess import grade_gradient
grade_gradient("loss_layer", loss_layer, loss=", risk_of_logits", wrt=", logits")
### END HIDDEN TESTS

# %% tags=["setup"]
def risk_of_logits(logits, y, epsilon):
    """The loss as a function of the logits: your J.  Its differences are what dlogits should be."""
    return loss_layer(logits, softmax(logits), y, epsilon)[0]


def mlp_risk(X, y, W1, b1, W2, b2, epsilon):
    """The loss as a function of data and parameters: your forward pass, then your J."""
    _, _, logits, P = mlp_forward(X, W1, b1, W2, b2)
    return loss_layer(logits, P, y, epsilon)[0]


# %% [markdown]
# **Predict, then run.** The ten samples again. Someone forgets the smoothing in `dlogits` and keeps it in `J`. By how
# many per cent is the array off, about 1, 10 or 100? And someone else forgets the $\frac1N$: which *direction* does
# that gradient have?

# %% tags=["experiment"]
my_prediction = {"smoothing forgotten, per cent": None, "direction without 1/N": ""}

# %% tags=["experiment"]
X, y, W1, b1, W2, b2, epsilon = example(10)
logits = linear(relu(linear(X, W1, b1)), W2, b2)
right, unsmoothed = yours_or_recorded(
    "two_gradients",
    lambda: np.array([loss_layer(logits, softmax(logits), y, e)[1] for e in (epsilon, 0.0)], dtype=float),
    exercise="loss_layer",
)
length = np.linalg.norm
for name, wrong in (("smoothing forgotten", unsmoothed), ("1/N forgotten", 10 * right)):
    cosine = np.sum(wrong * right) / length(wrong) / length(right)
    print(f"{name:20s} off by {100 * length(wrong - right) / length(right):5.1f} %   cosine of the angle {cosine:.4f}")
print("you predicted", my_prediction)

# %% [markdown]
# With a suitable step size a network still learns with either of them. So falling losses prove nothing about a
# gradient.
#
# ## 3 One sample backward (60 minutes)
#
# One sample, all arrays are vectors. $\mathbf g$ `= dlogits` $(C,)$ arrives at $\text{logits}=\mathbf
# a_1W_2+\mathbf b_2$. In components, $\text{logits}_j=\sum_pa_pW_{2,pj}+b_{2,j}$.
#
# **Worked example: the output layer.** $W_{2,pj}$ reaches logit $j$ alone, with the local slope $a_p$; the bias
# reaches it with slope 1; the activation $a_p$ reaches *every* logit:
#
# $$\frac{\partial J}{\partial W_{2,pj}}=a_pg_j,\qquad\frac{\partial J}{\partial b_{2,j}}=g_j,\qquad
# \frac{\partial J}{\partial a_p}=\sum_jW_{2,pj}\,g_j.$$

# %%
g, a, V = np.array([0.5, -1.0]), np.array([0.0, 2.0, 0.0]), np.array([[2.0, 0.0], [1.0, -1.0], [0.0, 3.0]])
h = 1e-5
print("a sum for unit 1:", sum(V[1, j] * g[j] for j in range(2)))
e = h * np.array([0.0, 1.0, 0.0])
print("by a difference: ", round((g @ ((a + e) @ V) - g @ ((a - e) @ V)) / (2 * h), 8))


# %% [markdown]
# ### Exercise `sample_output_backward` (1 point)
#
# The output layer of one sample. `dlogits` $(C,)$ arrives, and `a1` comes from the cache. Return `(dW2, db2, da1)`,
# each in the shape of what it belongs to.
#
# - *dW2*, *db2* (0.25 points each), *da1* (0.5 points).
#
# Read the three formulas as entries of an outer product, of a vector, of a matrix times a vector. Formulas are asked
# for here and in the next exercises, no finite differences. If several results are wrong, the message says between
# which lines to look.

# %% solution="sample_output_backward"
def sample_output_backward(dlogits, a1, W2):
    """The backward pass of the output layer for one sample.

    dlogits: (C,), the gradient that arrives at the logits.   a1: (H,).   W2: (H, C).
    Returns (dW2, db2, da1), of shapes (H, C), (C,) and (H,).
    """
    ### BEGIN SOLUTION
    # dW2_pj = a_p g_j;  db2_j = g_j;  da_p = sum_j W2_pj g_j
    return np.outer(a1, dlogits), dlogits, W2 @ dlogits
    ### END SOLUTION


# %% test="sample_output_backward" points=1
check("sample_output_backward", sample_output_backward)
### BEGIN HIDDEN TESTS
from autograder.inprocess import grade_gradient
grade_gradient("sample_output_backward", sample_output_backward, loss="output_of_sample", wrt="W2, b2, a1")
### END HIDDEN TESTS

# %% tags=["setup"]
def output_of_sample(a1, W2, b2):
    """The logits (C,) of one sample from its activations a1 (H,), for comparing with differences."""
    return linear(a1, W2, b2)


# %% [markdown]
# **Through the rectifier.** $a_p=\operatorname{relu}(z_p)$, so
#
# $$\frac{\partial J}{\partial z_p}=\frac{\partial J}{\partial a_p}\cdot\mathbb 1[z_p>0].$$
#
# A dead unit passes nothing on. At $z_p=0$ there is no slope; any number from 0 to 1 is right, and $z_p>0$ gives 0.
#
# **The same with gaps.** Which entries of `da` arrive at `z`? Put the list of the entries of `dz` in place of `None`.

# %% tags=["experiment"]
z, da = np.array([-1.0, 3.0, 0.5, -0.2]), np.array([2.0, -4.0, 0.0, 7.0])
dz = None
differences = [(da @ relu(z + e) - da @ relu(z - e)) / 2e-5 for e in 1e-5 * np.eye(4)]
print("yours:", "fill the gap first" if dz is None else dz, "   right:", np.round(differences, 6))

# %% [markdown]
# ### Exercise `first_weight_steps` (2 points)
#
# On paper first: derive the derivative by *one* weight of the first layer. Then type your lines.
#
# - *Letters:* `x` $(d)$, `W1` $(d,H)$, `b1` $(H)$, `W2` $(H,C)$, `g` $(C)$. *Given:* `z = x @ W1 + b1`, `a = relu(z)`
#   and `L = sum(g * (a @ W2))`. With its upstream `g` held fixed, `L` has the same
#   derivative as the loss.
# - *Start:* `d(L, W1[r, p])`. *End:* `x`, a condition such as `(z[p] > 0)`, and `g` with `W2`; no derivative is left.
# - Half a point each: a first step; the chain rule down to a hidden unit; the slope of the rectifier, with
#   `d(z[p], W1[r, p])` or `d(L, a[p])` still standing; the end. A slip of syntax costs nothing.

# %% solution="first_weight_steps"
# A sum is typed as sum(u[j] * v[j] for j), a derivative as d(u[p], v[r]), and 1 or 0 as (u[p] > v[r]).
# As in NumPy, U[p] is a row and U[:, r] a column of U.
first_weight_steps = """
d(L, W1[r, p])
= ...
"""
### BEGIN SOLUTION
first_weight_steps = """
d(L, W1[r, p])
= sum(g[j] * d((a @ W2)[j], W1[r, p]) for j)
= sum(g[j] * W2[p, j] * d(a[p], W1[r, p]) for j)
= sum(g[j] * W2[p, j] for j) * d(a[p], W1[r, p])
= sum(g[j] * W2[p, j] for j) * (z[p] > 0) * d(z[p], W1[r, p])
= sum(g[j] * W2[p, j] for j) * (z[p] > 0) * x[r]
"""
### END SOLUTION

# %% test="first_weight_steps" points=2
check("first_weight_steps", first_weight_steps)
### BEGIN HIDDEN TESTS
from autograder.inprocess import grade_derivation
grade_derivation("first_weight_steps", first_weight_steps)
### END HIDDEN TESTS

# %% [markdown]
# ### Exercise `sample_hidden_backward` (2 points)
#
# The hidden layer of one sample, $\mathbf z_1=\mathbf xW_1+\mathbf b_1$ and
# $\mathbf a_1=\operatorname{relu}(\mathbf z_1)$. `da1` $(H,)$ arrives, and `z1` comes from the cache. Return
# `(dz1, dW1, db1, dx)`, each in the shape of what it belongs to.
#
# - *dz1* (0.5 points).
# - *dW1*, *dx* (0.5 points each), *db1* (0.25 points). In their cases every entry of `z1` is 1 and no entry of `da1` is
#   negative. So a mask that is wrong for dead units does not touch them.
# - *with dead units* (0.25 points): the same three in networks with dead units, where they need the right `dz1`.

# %% solution="sample_hidden_backward"
def sample_hidden_backward(da1, x, W1, b1, z1):
    """The backward pass of the hidden layer for one sample.

    da1: (H,), the gradient that arrives at a1.   x: (d,).   W1: (d, H).   b1: (H,).   z1: (H,).
    Returns (dz1, dW1, db1, dx), of shapes (H,), (d, H), (H,) and (d,).
    """
    ### BEGIN SOLUTION
    dz1 = da1 * (z1 > 0)
    return dz1, np.outer(x, dz1), dz1, W1 @ dz1
    ### END SOLUTION


# %% test="sample_hidden_backward" points=2
check("sample_hidden_backward", sample_hidden_backward)
### BEGIN HIDDEN TESTS
from autograder.inprocess import grade_gradient
losses, arguments = "relu, hidden_of_sample, hidden_of_sample, hidden_of_sample", "z1, W1, b1, x"
grade_gradient("sample_hidden_backward", sample_hidden_backward, loss=losses, wrt=arguments)
### END HIDDEN TESTS

# %% tags=["setup"]
def hidden_of_sample(x, W1, b1):
    """The activations a1 (H,) of one sample x (d,), for comparing with differences."""
    return relu(linear(x, W1, b1))


# %% [markdown]
# **Predict, then run.** One sample with the input $(0,2)$, a hidden layer of three units, and only unit 1 active. Of
# the entries of `dW1` $(2,3)$ and `dW2` $(3,3)$: how many are not zero?

# %% tags=["experiment"]
my_prediction = {"dW1": None, "dW2": None}

# %% tags=["experiment"]
x, z = np.array([0.0, 2.0]), np.array([-1.0, 2.0, -3.0])
g, V1 = np.array([-0.5, -0.1, 0.6]), np.ones((2, 3))
V2 = np.array([[1.0, 2.0, 3.0], [2.0, 1.0, -1.0], [4.0, 1.0, 2.0]])


def weight_gradients():
    """dW1 and dW2 by your two functions."""
    dW2, _, da1 = sample_output_backward(g, relu(z), V2)
    return np.array(sample_hidden_backward(da1, x, V1, z - x @ V1, z)[1]), np.array(dW2)


needed = first_open("sample_output_backward", "sample_hidden_backward")
dW1, dW2 = yours_or_recorded("sparse_gradients", weight_gradients, exercise=needed)
print("dW1 =\n", dW1, "\ndW2 =\n", dW2)
print("not zero:", np.count_nonzero(dW1), np.count_nonzero(dW2), "   you predicted", my_prediction)

# %% [markdown]
# A weight learns from a sample only if its input is not zero *and* its unit is active.
#
# **Explore.** The network of the worked example in Section 1 as a graph, with class 1 as the label. Take one step at a
# time, forward and then backward. Before each step, say the next number: what is its upstream, and what is its local
# slope? Then change the input so that another unit becomes active.

# %% tags=["experiment"]
from mlp_utils import explore_backprop

explore_backprop(
    W1=[[0.5, 1.0, -1.0], [1.5, -0.5, 0.0]],
    b1=[0.5, 0.0, 0.25],
    W2=[[2.0, 0.0], [1.0, -1.0], [0.0, 3.0]],
    b2=[0.0, 0.5],
    x=[1.0, -2.0],
    y=1,
    epsilon=0.1,
)

# %% [markdown]
# ## 4 A batch (30 minutes)
#
# $J$ is a mean, and its factor $\frac1N$ is in `dlogits` already. What is left: each sample passes on its share, and
# the shares are *added*. A sum of outer products is a matrix product (03).
#
# **The same with gaps: the output layer.** $Z=A_1W_2+\mathbf b_2$ with $A_1$ $(N,H)$. Replace each `None` by an
# expression with `A1`, `dlogits` and `W2`.

# %% tags=["experiment"]
rng = np.random.default_rng(2)
A1, V2, c2 = relu(rng.normal(size=(4, 5))), rng.normal(size=(5, 3)), rng.normal(size=3)
dlogits = rng.normal(size=(4, 3))
dW2 = None
db2 = None
dA1 = None


def slope(f, at, entry, h=1e-5):
    """The central difference of f for one entry of the array at."""
    D = np.zeros(at.shape)
    D[entry] = h
    return (f(at + D) - f(at - D)) / (2 * h)


for name, mine, f, at, entry in (
    ("dW2", dW2, lambda W: np.sum(dlogits * linear(A1, W, c2)), V2, (1, 2)),
    ("db2", db2, lambda b: np.sum(dlogits * linear(A1, V2, b)), c2, (2,)),
    ("dA1", dA1, lambda A: np.sum(dlogits * linear(A, V2, c2)), A1, (3, 0)),
):
    shown = "fill the gap first" if mine is None else f"shape {np.shape(mine)}, {np.asarray(mine)[entry]:.6f}"
    print(f"{name} at {entry}: {shown}   right: shape {at.shape}, {slope(f, at, entry):.6f}")


# %% [markdown]
# ### Exercise `hidden_backward` (2 points)
#
# The hidden layer $Z_1=XW_1+\mathbf b_1$, $A_1=\operatorname{relu}(Z_1)$ for a batch. `dA1` $(N,H)$ arrives, and `Z1`
# comes from the cache. Return `(dZ1, dW1, db1, dX)` in the shapes of `Z1`, `W1`, `b1` and `X`.
#
# - *dZ1* (0.5 points).
# - *dW1*, *dX* (0.5 points each), *db1* (0.25 points). Again every entry of `Z1` is 1 and no entry of `dA1` is negative
#   in their cases, so a mask that is wrong for dead units does not touch them.
# - *with dead units* (0.25 points): the same three in networks with dead units, where they need the right `dZ1`.
#
# Where `Z1` is exactly 0, each slope from 0 to 1 is right. `dA1` is complete: the factor $\frac1N$ is in it.

# %% solution="hidden_backward"
def hidden_backward(dA1, X, W1, b1, Z1):
    """The backward pass of the hidden layer.

    dA1: (N, H), the gradient that arrives at A1.   X: (N, d).   W1: (d, H).   b1: (H,).   Z1: (N, H).
    Returns (dZ1, dW1, db1, dX), of shapes (N, H), (d, H), (H,) and (N, d).
    """
    ### BEGIN SOLUTION
    dZ1 = dA1 * (Z1 > 0)
    return dZ1, X.T @ dZ1, np.sum(dZ1, axis=0), dZ1 @ W1.T
    ### END SOLUTION


# %% test="hidden_backward" points=2
check("hidden_backward", hidden_backward)
### BEGIN HIDDEN TESTS
from autograder.inprocess import grade_gradient
grade_gradient(
    "hidden_backward",
    hidden_backward,
    loss="relu, hidden_layer, hidden_layer, hidden_layer",
    wrt="Z1, W1, b1, X",
)
### END HIDDEN TESTS

# %% tags=["setup"]
def hidden_layer(X, W1, b1):
    """The activations A1 (N, H) of the hidden layer, for comparing with differences."""
    return relu(linear(X, W1, b1))


# %% [markdown]
# ### Exercise `mlp_backward` (1 point)
#
# Now all of it in one function, from the labels back to the input, for a batch. `cache` is what `mlp_forward` returned.
# Return *all* intermediate results, `(dlogits, dW2, db2, dA1, dZ1, dW1, db1, dX)`; each of them is judged. You may call
# your functions from above.
#
# A quarter of a point each: *logits* (`dlogits`), *output layer* (`dW2`, `db2`), *hidden layer* (`dA1`, `dZ1`), *first
# layer* (`dW1`, `db1`, `dX`).
#
# Data, parameters and cache must be unchanged afterwards, and a second call must give the same.

# %% solution="mlp_backward"
def mlp_backward(X, y, W1, b1, W2, b2, epsilon, cache):
    """All gradients of the mean loss with smoothed labels.

    X: (N, d).   y: (N,).   W1: (d, H).   b1: (H,).   W2: (H, C).   b2: (C,).   epsilon: a number.
    cache: (Z1, A1, logits, P) of the same data and parameters.
    Returns (dlogits, dW2, db2, dA1, dZ1, dW1, db1, dX).
    """
    ### BEGIN SOLUTION
    Z1, A1, logits, P = cache
    _, dlogits = loss_layer(logits, P, y, epsilon)
    dA1 = dlogits @ W2.T
    dZ1, dW1, db1, dX = hidden_backward(dA1, X, W1, b1, Z1)
    return dlogits, A1.T @ dlogits, np.sum(dlogits, axis=0), dA1, dZ1, dW1, db1, dX
    ### END SOLUTION


# %% test="mlp_backward" points=1
check("mlp_backward", mlp_backward)
### BEGIN HIDDEN TESTS
from autograder.inprocess import grade_gradient
grade_gradient(
    "mlp_backward",
    mlp_backward,
    loss=", mlp_risk, mlp_risk, , , mlp_risk, mlp_risk, mlp_risk",
    wrt=", W2, b2, , , W1, b1, X",
)
### END HIDDEN TESTS

# %% tags=["setup"]
def matrix_gradients(X, y, W1, b1, W2, b2, epsilon):
    """(dW1, db1, dW2, db2) by your matrices: forward, then backward."""
    cache = mlp_forward(X, W1, b1, W2, b2)
    found = mlp_backward(X, y, W1, b1, W2, b2, epsilon, cache)
    return found[5], found[6], found[1], found[2]


# %% [markdown]
# **Predict, then run.** Thirty steps of descent with your gradients. In the second run the cache is *stale*: it is
# computed once, before the first step, and used for all steps. In the third run `W2` makes its step before the gradient
# passes through it. Which run ends with the lowest loss, and which with the highest?

# %% tags=["experiment"]
my_prediction = {"lowest": "", "highest": ""}  # "right", "stale cache", "W2 first"


# %% tags=["setup"]
def descent(kind, count=30, eta=0.05):
    """The loss before each of ``count`` steps and after the last."""
    X, y, *parameters, epsilon = example(10)
    first, losses = mlp_forward(X, *parameters), []
    for _ in range(count):
        losses.append(mlp_risk(X, y, *parameters, epsilon))
        W1, b1, W2, b2 = parameters
        cache = first if kind == "stale cache" else mlp_forward(X, W1, b1, W2, b2)
        _, dW2, db2, _, _, dW1, db1, _ = mlp_backward(X, y, W1, b1, W2, b2, epsilon, cache)
        if kind == "W2 first":
            dW1, db1 = mlp_backward(X, y, W1, b1, W2 - eta * dW2, b2, epsilon, cache)[5:7]
        parameters = [W1 - eta * dW1, b1 - eta * db1, W2 - eta * dW2, b2 - eta * db2]
    return [*losses, mlp_risk(X, y, *parameters, epsilon)]


# %% tags=["experiment"]
kinds = ("right", "stale cache", "W2 first")
curves = yours_or_recorded(
    "three_descents",
    lambda: np.reshape([descent(kind) for kind in kinds], (3, 31)).astype(float),
    exercise=first_open("mlp_forward", "loss_layer", "mlp_backward"),
)
for kind, curve in zip(kinds, curves, strict=True):
    print(f"{kind:12s} loss after 10 steps {curve[10]:.3f}   after 30 steps {curve[-1]:.3f}")
print("you predicted", my_prediction)
line_picture(
    np.arange(31),
    dict(zip(kinds, curves, strict=True)),
    "The loss against the number of steps for three runs. "
    + " ".join(f"{k}: {c[0]:.3f} at first, {c[-1]:.3f} after 30 steps." for k, c in zip(kinds, curves, strict=True)),
    title="Thirty steps of size 0.05",
    x_label="steps",
    y_label="loss J",
)

# %% [markdown]
# With the stale cache the loss is even lower after ten steps, and then it climbs. The run with `W2` first looks right
# for ever: with small steps the two $W_2$ are nearly equal. Curves do not prove a gradient; a comparison of gradients
# does.
#
# ## 5 A loop and matrices (20 minutes)
#
# The sums over the samples can also be written as a loop, one sample at a time. It is slower and easy to believe, so
# it is a good second opinion.
#
# **Worked example.** Adding up the outer products of three samples.

# %%
U, G = np.array([[1.0, 2.0], [0.0, -1.0], [3.0, 0.5]]), np.array([[1.0], [4.0], [-2.0]])
total = np.zeros((2, 1))
for u, g in zip(U, G, strict=True):
    total += np.outer(u, g)
    print("share", np.outer(u, g).ravel(), "  so far", total.ravel())
print("as one product:", (U.T @ G).ravel())


# %% [markdown]
# ### Exercise `loop_backward` (2 points)
#
# `dlogits` $(N,C)$ and `dZ1` $(N,H)$ arrive; `X` $(N,d)$ and `A1` $(N,H)$ are what entered the two layers. Add up the
# shares of the samples and return `(dW1, db1, dW2, db2)`.
#
# - *one sample* (0.5 points): $N=1$.
# - *several samples* (1.5 points), also with integers in `X`.
#
# A loop is meant, and matrices get the points too. What must not happen: that a share replaces the one before, or that
# a second call adds to the first.

# %% solution="loop_backward"
def loop_backward(dlogits, dZ1, X, A1):
    """The gradients of the parameters as sums of the samples' shares.

    dlogits: (N, C).   dZ1: (N, H).   X: (N, d).   A1: (N, H).
    Returns (dW1, db1, dW2, db2), of shapes (d, H), (H,), (H, C) and (C,).
    """
    ### BEGIN SOLUTION
    dW1, db1 = np.zeros((X.shape[1], dZ1.shape[1])), np.zeros(dZ1.shape[1])
    dW2, db2 = np.zeros((A1.shape[1], dlogits.shape[1])), np.zeros(dlogits.shape[1])
    for n in range(len(X)):
        dW1 += np.outer(X[n], dZ1[n])
        db1 += dZ1[n]
        dW2 += np.outer(A1[n], dlogits[n])
        db2 += dlogits[n]
    return dW1, db1, dW2, db2
    ### END SOLUTION


# %% test="loop_backward" points=2
check("loop_backward", loop_backward)
### BEGIN HIDDEN TESTS
from autograder.inprocess import grade_function
grade_function("loop_backward", loop_backward)
### END HIDDEN TESTS

# %% tags=["setup"]
IN_THE_LOOP = ("mlp_forward", "loss_layer", "sample_output_backward", "sample_hidden_backward", "loop_backward")


def loop_gradients(X, y, W1, b1, W2, b2, epsilon):
    """(dW1, db1, dW2, db2) one sample at a time: your functions for one sample, then your loop_backward."""
    rows = []
    for n in range(len(X)):
        Z1, A1, logits, P = mlp_forward(X[n : n + 1], W1, b1, W2, b2)
        dlogits = loss_layer(logits, P, y[n : n + 1], epsilon)[1][0] / len(X)
        da1 = sample_output_backward(dlogits, A1[0], W2)[2]
        dz1 = sample_hidden_backward(da1, X[n], W1, b1, Z1[0])[0]
        rows.append((dlogits, dz1, A1[0]))
    all_dlogits, all_dz1, all_a1 = (np.array(column) for column in zip(*rows, strict=True))
    return loop_backward(all_dlogits, all_dz1, X, all_a1)


def flat(arrays):
    """All entries of several arrays in one vector, array after array."""
    return np.concatenate([np.ravel(array) for array in arrays]).astype(float)


# %% [markdown]
# **Predict, then run.** The loop and the matrices for $K=1$ and $K=10$ samples. Are the gradients equal to the last
# bit, equal up to about $10^{-16}$, or up to about $10^{-8}$? And for an *epoch*, which is one pass over 1000 samples,
# in batches of $K$: how many times as long does the loop take for $K=100$?

# %% tags=["experiment"]
my_prediction = {"difference": None, "times as long": None}


# %% tags=["experiment"]
def largest_difference(K):
    """Between the loop and the matrices, for K samples."""
    return np.abs(flat(loop_gradients(*example(K))) - flat(matrix_gradients(*example(K)))).max()


needed = first_open(*IN_THE_LOOP, "mlp_backward")
differences = yours_or_recorded(
    "loop_against_matrices",
    lambda: np.array([largest_difference(K) for K in (1, 10)]),
    exercise=needed,
)
for K, difference in zip((1, 10), differences, strict=True):
    print(f"K = {K:2d}: largest difference {difference:.1e}")

# %% tags=["experiment"]
import time

batches = (1, 10, 100, 1000)


def seconds(gradients, K, samples=1000):
    """The time of one epoch in batches of K."""
    rng = np.random.default_rng(5)
    X, y, parameters = rng.normal(size=(samples, 4)), rng.integers(0, 3, size=samples), example(1)[2:]
    gradients(X[:K], y[:K], *parameters)  # the first call of a function is slower, so it is not timed
    start = time.perf_counter()
    for first in range(0, samples, K):
        gradients(X[first : first + K], y[first : first + K], *parameters)
    return time.perf_counter() - start


times = yours_or_recorded(
    "epoch_times",
    lambda: np.array([[seconds(g, K) for K in batches] for g in (loop_gradients, matrix_gradients)]),
    exercise=first_open(*IN_THE_LOOP, "mlp_backward"),
)
print("K              ", "".join(f"{K:>12d}" for K in batches))
for name, row in zip(("loop", "matrices"), times, strict=True):
    print(f"{name:10s} ms/epoch", "".join(f"{1000 * value:12.2f}" for value in row))
print("you predicted", my_prediction)
line_picture(
    np.array(batches, dtype=float),
    {"loop": times[0], "matrices": times[1]},
    "Seconds for one epoch of 1000 samples against the size of the batch, both axes logarithmic. "
    + " ".join(f"K = {K}: loop {a:.1e}, matrices {b:.1e}." for K, a, b in zip(batches, *times, strict=True)),
    title="One epoch: the loop does not gain from a larger batch",
    x_label="K, samples in a batch",
    y_label="seconds",
    x_decades=(0, 3),
    y_decades=(-4, 0),
)

# %% [markdown]
# For one sample both do the same arithmetic. For ten they may add the shares in another order, and the last bit may
# differ. The loop pays Python's price for each sample, the matrices once for each batch.
#
# ## 6 Proof by numbers (40 minutes)
#
# In 01 you checked the gradient by one array. A network has four, and one number for all hides mistakes: an
# error in a small `db2` drowns in a large `dW1`. So compare array by array, the claimed gradient $g$ with the numerical
# one $n$, by two numbers:
#
# $$\text{ratio}=\frac{\sum g\,n}{\sum n^2},\qquad
# \text{error}=\frac{\lVert g-n\rVert}{\lVert g\rVert+\lVert n\rVert},\qquad\lVert v\rVert=\sqrt{\textstyle\sum v^2}.$$
#
# The sums run over all entries. If $g=c\,n$, the ratio is $c$.
#
# **The same with gaps.** Replace the first `None` by the ratio of `g` and `n`, the second by their error.

# %% tags=["experiment"]
n = np.array([3.0, -4.0])
for claim, g, right in (
    ("five times", 5 * n, "5.00 and 0.67"),
    ("turned round", -n, "-1.00 and 1.00"),
    ("a right angle added", n + np.array([4.0, 3.0]), "1.00 and 0.41"),
):
    multiple = None
    distance = None
    filled = multiple is not None and distance is not None
    yours = f"{multiple:.2f} and {distance:.2f}" if filled else "fill the gaps first"
    print(f"{claim:20s} g = {g!s:12s} yours: {yours}   right: {right}")


# %% [markdown]
# ### Exercise `compare_gradients` (2 points)
#
# Write `compare_gradients(loss, parameters, gradients, h)`. `parameters` and `gradients` are tuples of arrays, pairwise
# of equal shapes. `loss` takes one list of arrays like `parameters` and returns a number.
#
# - *numerical* (1 point): one vector with the central differences
#   $\frac{\text{loss}(\dots+h)-\text{loss}(\dots-h)}{2h}$ of *every* entry, array after array, each in reading order.
# - *ratios* (0.5 points): one for each array; 0 if all entries of $n$ are zero.
# - *errors* (0.5 points): one for each array; 0 if all entries of $g$ and of $n$ are zero.
#
# The loop over the arrays stands there. Fill `measured` entry by entry with calls of `loss(points)`, then
# compute `ratio` and `error`. `points` are copies in floats: each entry must be back before the next one moves.

# %% solution="compare_gradients"
def compare_gradients(loss, parameters, gradients, h=1e-5):
    """Central differences for several arrays, and how far claimed gradients are from them.

    loss: takes a list of arrays, returns one number.   parameters, gradients: tuples of K arrays.   h: the step.
    Returns (numerical, ratios, errors): a vector of all entries, and two vectors of length K.
    """
    points = [np.array(array, dtype=float) for array in parameters]  # copies, and floats
    numerical, ratios, errors = [], [], []
    for point, claimed in zip(points, gradients, strict=True):
        measured, ratio, error = np.zeros(point.shape), None, None
        ### BEGIN SOLUTION
        for index in np.ndindex(point.shape):
            old = point[index]
            point[index] = old + h
            up = loss(points)
            point[index] = old - h
            down = loss(points)
            point[index] = old
            measured[index] = (up - down) / (2 * h)
        square = np.sum(measured**2)
        lengths = np.linalg.norm(claimed) + np.sqrt(square)
        ratio = np.sum(claimed * measured) / square if square > 0 else 0.0
        error = np.linalg.norm(claimed - measured) / lengths if lengths > 0 else 0.0
        ### END SOLUTION
        if ratio is None or error is None:
            return None  # not written yet
        numerical.extend(measured.flat)
        ratios.append(ratio)
        errors.append(error)
    return np.array(numerical), np.array(ratios), np.array(errors)


# %% test="compare_gradients" points=2
check("compare_gradients", compare_gradients)
### BEGIN HIDDEN TESTS
from autograder.inprocess import grade_function
grade_function("compare_gradients", compare_gradients)
### END HIDDEN TESTS

# %% tags=["setup"]
NAMES = ("dW1", "db1", "dW2", "db2")


def compared(gradients, K, parameters=None):
    """Your comparison of gradients (dW1, db1, dW2, db2) for K samples of the example."""
    X, y, *own, epsilon = example(K)
    at = own if parameters is None else parameters
    return compare_gradients(lambda arrays: mlp_risk(X, y, *arrays, epsilon), tuple(at), tuple(gradients), 1e-5)


# %% tags=["setup"]
def evidence(errors=False):
    """For K = 1 and 10: the loop, the matrices and the differences (2, 3, 43); or the errors of the two (2, 2, 4)."""
    table, found = [], []
    for K in (1, 10):
        both = [make(*example(K)) for make in (loop_gradients, matrix_gradients)]
        results = [compared(gradients, K) for gradients in both]
        table.append([flat(both[0]), flat(both[1]), results[0][0]])
        found.append([result[2] for result in results])
    return np.array(found if errors else table, dtype=float)


# %% [markdown]
# **Two implementations, one sample and a batch of ten.** The next cell compares the loop and the matrices with central
# differences, in numbers and in four pictures. What do you expect to see in each picture: one curve or two?

# %% tags=["experiment"]
my_prediction = None  # "one" or "two"

# %% tags=["experiment"]
from IPython.display import display

needed = first_open(*IN_THE_LOOP, "mlp_backward", "compare_gradients")
table = yours_or_recorded("evidence", evidence, exercise=needed)
errors = yours_or_recorded("evidence_errors", lambda: evidence(errors=True), exercise=needed)
for k, K in enumerate((1, 10)):
    for j, version in enumerate(("loop", "matrices")):
        row = "   ".join(f"{name} {value:.0e}" for name, value in zip(NAMES, errors[k, j], strict=True))
        print(f"K = {K:2d}, {version:8s}  errors: {row}")
        display(
            line_picture(
                np.arange(43),
                {f"backward pass, {version}": table[k, j], "central differences": table[k, 2]},
                f"The 43 entries of the gradient for K = {K}, by the {version} and by central differences. The two "
                f"curves lie on each other; their largest distance is {np.abs(table[k, j] - table[k, 2]).max():.0e}.",
                title=f"K = {K}, {version}",
                x_label="entry: dW1 0-19, db1 20-24, dW2 25-39, db2 40-42",
            )
        )
print("you predicted", my_prediction)

# %% [markdown]
# A picture shows that nothing is badly wrong. Errors near $10^{-10}$ show more: these four arrays are the gradients of
# your $J$ at this point. A mistake in $J$ itself and a wrong `dX` stay unseen.
#
# **Predict, then run.** Five claims about the ten samples:
#
# - A: without $\frac1N$. B: all signs turned. C: every array times 1.001.
# - D: each array plus an array at a right angle to it, as long as 2 % of it.
# - E: `dW1` and `db1` from a $W_2$ that made its step of 0.1 first.
#
# For which does a rule "the ratio lies between 0.99 and 1.01" raise an alarm, and for which "the error is below
# $10^{-7}$"?

# %% tags=["experiment"]
my_prediction = {"ratio": "", "error": ""}  # letters


# %% tags=["setup"]
def five_claims():
    """The ratios and errors (5, 2, 4) of the claims A to E."""
    X, y, W1, b1, W2, b2, epsilon = example(10)
    right = [np.array(g, dtype=float) for g in matrix_gradients(X, y, W1, b1, W2, b2, epsilon)]
    aside = []
    for g in right:
        v = np.random.default_rng(1).normal(size=g.shape)
        v -= np.sum(v * g) / np.sum(g * g) * g
        aside.append(g + 0.02 * np.linalg.norm(g) / np.linalg.norm(v) * v)
    early = mlp_backward(X, y, W1, b1, W2 - 0.1 * right[2], b2, epsilon, mlp_forward(X, W1, b1, W2, b2))
    scaled = [[factor * g for g in right] for factor in (10, -1, 1.001)]
    claims = (*scaled, aside, [*early[5:7], *right[2:]])
    return np.array([compared(claim, 10)[1:] for claim in claims], dtype=float)


# %% tags=["experiment"]
needed = first_open("mlp_forward", "loss_layer", "mlp_backward", "compare_gradients")
found = yours_or_recorded("five_claims", five_claims, exercise=needed)
for letter, (ratios, errors) in zip("ABCDE", found, strict=True):
    print(letter, " ratios", "".join(f"{v:9.4f}" for v in ratios), "   errors", "".join(f"{v:9.0e}" for v in errors))
print("you predicted", my_prediction)

# %% [markdown]
# A ratio of $N$ or $-1$ names the *kind* of mistake; the ratios of E name none. The error finds what the ratio lets
# pass, C and D. And the *pattern* over the arrays narrows down the place: which lines do the two right arrays of E
# need, and which lines do the wrong ones need besides?
#
# **Predict, then run: a kink on purpose.** Your gradients are right. Now `b1[0]` is moved so that one pre-activation of
# the ten samples is $2\cdot10^{-6}$, closer to the kink than $h=10^{-5}$. Which of the four errors become large?

# %% tags=["experiment"]
my_prediction = None  # names out of dW1, db1, dW2, db2


# %% tags=["setup"]
def at_a_kink():
    """The errors of the right gradients before and after b1 is moved, (2, 4)."""
    X, y, W1, b1, W2, b2, epsilon = example(10)
    moved = b1.copy()
    moved[0] -= linear(X, W1, b1)[0, 0] - 2e-6
    rows = []
    for b in (b1, moved):
        rows.append(compared(matrix_gradients(X, y, W1, b, W2, b2, epsilon), 10, (W1, b, W2, b2))[2])
    return np.array(rows, dtype=float)


# %% tags=["experiment"]
needed = first_open("mlp_forward", "loss_layer", "mlp_backward", "compare_gradients")
kink = yours_or_recorded("at_a_kink", at_a_kink, exercise=needed)
for name, row in zip(("away from the kink", "at the kink"), kink, strict=True):
    print(f"{name:20s}", "   ".join(f"{n} {v:.0e}" for n, v in zip(NAMES, row, strict=True)))
print("you predicted", my_prediction)

# %% [markdown]
# The alarm is false: the difference takes one value from each side of the kink. Test where no pre-activation is near 0.
#
# ### Exercise `explain_two_versions` (2 points, graded by a person)
#
# A student's loop and matrices agree to $10^{-16}$, for $K=1$ and $K=10$. In the pictures, both lie on the central
# differences in `dW2` and `db2`, and both are far from them in `dW1` and `db1`. The matrices need a hundredth of the
# loop's time. Explain in four to eight sentences: where is the mistake, what does the agreement prove, and which
# version do you keep for what?
#
# | points | the explanation |
# | --- | --- |
# | 2 | place with reason, what agreement does not prove, a use for each version |
# | 1 | place with reason, or both other parts |
# | 0 | neither |

# %% [markdown] manual="explain_two_versions" points=2
# **Your explanation**
#
# ### BEGIN SOLUTION
# dW2 and db2 are made of dlogits and of A1. They agree with the differences, so dlogits is right, and A1 too. The first
# layer's gradients are both wrong, so the mistake most likely lies in what they share, on the way from dlogits to
# dZ1: in the product with W2 (a lost transpose, a W2 that has been changed), in the rectifier's mask, or in that dA1
# went into both in place of dZ1. If only one of dW1 and db1 were wrong, it would lie in the last product or the sum.
# That the two versions agree proves only that the sum over the samples is the same in both; the same wrong idea has
# been written twice, once with vectors and once with matrices. The central differences are independent of the way
# back, so they decide. The matrices are kept for training, because an epoch takes a hundredth of the time: Python's
# price is paid once for each batch. The loop is kept for tests on small data, as a second opinion that is easy to
# read.
# ### END SOLUTION

# %% [markdown]
# ## 7 A published exercise with numbers (20 minutes)
#
# **Translation.** The source writes one sample as a column, $\mathbf h=W_1^\top\mathbf x+\mathbf b_1$, with $\mathbf h$
# for $\mathbf z_1$, $\mathbf z$ for the logits, $\hat{\mathbf y}$ for $\mathbf p$. Its weights have our shapes.
#
# **Predict, then run: a trap.** All its numbers are integers. What happens to a difference and to a step if the arrays
# are typed without a dot?

# %% tags=["experiment"]
my_prediction = {"3 after += 1e-5": None, "3 after -= 1e-5": None, "W -= 0.1 * dW": ""}

# %% tags=["experiment"]
W = np.array([[3, -4], [1, 2]])
above, below = W.copy(), W.copy()
above[0, 0] += 1e-5
below[0, 0] -= 1e-5
print("the entry, moved up and down:", above[0, 0], below[0, 0])
print("slope of the sum of squares: 6   forward difference:", (np.sum(above**2) - np.sum(W**2)) / 1e-5)
print(f"central difference: {(np.sum(above**2) - np.sum(below**2)) / 2e-5:.0f}")
try:
    W -= 0.1 * np.ones((2, 2))
except TypeError as error:
    print(type(error).__name__ + ":", error)
print("you predicted", my_prediction)

# %% [markdown]
# An array of integers cuts fractions off, towards 0. Moved up or down, 3 becomes 3 or 2, and $-4$ becomes $-3$ or $-4$.
# Type the next numbers with dots.
#
# ### Exercise `one_step` (1 point)
#
# $\mathbf x=(0,2)$, class 0, the first of three, $\varepsilon=0.3$, step size $0.1$, and
#
# $$W_1=\begin{pmatrix}-5&2&2\\-5&2&-1\end{pmatrix},\quad\mathbf b_1=\begin{pmatrix}-3\\-2\\-3\end{pmatrix},$$
#
# $$W_2=\begin{pmatrix}3&-4&1\\-2&-4&-2\\-4&-2&3\end{pmatrix},\quad\mathbf b_2=\begin{pmatrix}4\\5\\5\end{pmatrix}.$$
#
# Go forward, backward, and take one step with all four arrays. Answer with 28 numbers in this order, to six
# decimals or more; your functions may compute them. Rows are counted from 0.
#
# | part | points | numbers | what |
# | --- | --- | --- | --- |
# | *forward* | 0.25 | 3 + 3 + 1 | logits, probabilities, loss |
# | *gradients* | 0.5 | 3 + 3 + 1 + 3 | `dW2[1]`, `db2`, `dW1[1, 1]`, `db1` |
# | *after the step* | 0.25 | 10 + 1 | the same of `W2`, `b2`, `W1`, `b1`; the new loss |

# %% solution="one_step"
one_step = None  # 28 numbers in a list or an array
### BEGIN SOLUTION
# z1 = (-13, 2, -5), a1 = (0, 2, 0), smoothed label (0.8, 0.1, 0.1); all other entries of dW2 and dW1 are 0.
one_step = [
    *(0.0, -3.0, 1.0, 0.26538793, 0.01321289, 0.72139918, 1.52656264),
    *(-1.06922414, -0.17357423, 1.24279837, -0.53461207, -0.08678711, 0.62139918, 0.34714845, 0.0, 0.17357423, 0.0),
    *(-1.89307759, -3.98264258, -2.12427984, 4.05346121, 5.00867871, 4.93786008, 1.96528515, -3.0, -2.01735742, -3.0),
    1.21695373,
]
### END SOLUTION

# %% test="one_step" points=1
check("one_step", one_step)
### BEGIN HIDDEN TESTS
from autograder.inprocess import grade_value
grade_value("one_step", one_step)
### END HIDDEN TESTS

# %% [markdown]
# ## 8 Bug clinic (practice without points, 20 minutes)
#
# **The gradient doctor.** Choose a mistake: the explorer shows how each array is wrong, and what training makes of it.
# Then take a mystery, and make your diagnosis from the pattern alone.

# %% tags=["experiment"]
from mlp_utils import explore_gradient_doctor

explore_gradient_doctor()

# %% [markdown]
# Each of the following statements is **false**. People have written them seriously. For each one: find the mistake,
# correct it, and test your version with numbers. Each cell runs by itself.
#
# **FALSE 1.** "$\frac{\partial L}{\partial b_{1,p}}=\big(\sum_sg_sW_{2,ps}\big)\,\mathbb 1[z_p>0]\,x_r$." The formula
# holds an index that the left side does not have. In place of `None` put the right expression with `g`, `W2`, `z` and
# `p`.

# %% tags=["experiment"]
g, W2 = np.array([0.5, -0.8, 0.3]), np.array([[1.0, 2, -1], [0.5, -1, 2], [-2, 1, 1]])
x, z, p, h = np.array([1.5, -2.0]), np.array([-0.5, 0.8, 1.2]), 1, 1e-5
try:
    yours = None
except Exception as error:
    yours = f"{type(error).__name__}: {error}"
e = h * np.eye(3)[p]
print("FALSE, r = 0 and 1:", [round(float(W2[p] @ g * (z[p] > 0) * x[r]), 6) for r in range(2)])
if yours is None:
    print("your version      : not there yet")
else:
    difference = (g @ (relu(z + e) @ W2) - g @ (relu(z - e) @ W2)) / (2 * h)
    print("your version      :", yours, "   difference:", round(difference, 6))

# %% [markdown]
# **FALSE 2.** "One sample, $\mathbf h=W\mathbf x+\mathbf b$ with $W$ $(H,d)$, so $\frac{\partial h_i}{\partial
# W_{kj}}=x_k$ and $\frac{\partial h_i}{\partial b_j}=1$." For which $i$ does $W_{kj}$ occur in $h_i$, and beside which
# input? Put $\frac{\partial L}{\partial W}$ and $\frac{\partial L}{\partial\mathbf b}$ in place of the two `None`:
# expressions with the arrays `dh` and `x`.

# %% tags=["experiment"]
x, W, b = np.array([0.5, -1.0]), np.array([[1.0, 2.0], [0.0, -1.0], [3.0, 0.5]]), np.array([0.1, 0.2, 0.3])
dh, h = np.array([1.0, -2.0, 0.5]), 1e-5  # upstream
try:
    dW, db = None, None
except Exception as error:
    dW, db = f"{type(error).__name__}: {error}", None
measured = np.zeros((3, 2))
for i, j in np.ndindex(3, 2):
    D = np.zeros((3, 2))
    D[i, j] = h
    measured[i, j] = (dh @ ((W + D) @ x + b) - dh @ ((W - D) @ x + b)) / (2 * h)
print("FALSE db      :", np.sum(dh) * np.ones(3), "   differences:", dh)
print("your db       :", "not there yet" if db is None else db)
print("differences dW:\n", np.round(measured, 6))
print("your dW       :", "not there yet" if dW is None else f"\n{dW}")

# %% [markdown]
# **FALSE 3.** "With the same $W$ $(H,d)$: $\frac{\partial\mathbf h}{\partial\mathbf x}=W^\top$ and
# $\frac{\partial L}{\partial W}=\frac{\partial L}{\partial\mathbf h}\,\mathbf x$." Look at the shapes of the Jacobian
# and of `dW`. In place of `None` put the gradient by $\mathbf x$, an expression with `W` and `dh`.

# %% tags=["experiment"]
x, W, b = np.array([0.5, -1.0]), np.array([[1.0, 2.0], [0.0, -1.0], [3.0, 0.5]]), np.array([0.1, 0.2, 0.3])
dh, h = np.array([1.0, -2.0, 0.5]), 1e-5
try:
    yours = None
except Exception as error:
    yours = f"{type(error).__name__}: {error}"
jacobian = np.array([((W @ (x + e) + b) - (W @ (x - e) + b)) / (2 * h) for e in h * np.eye(2)]).T
print("shape of the Jacobian:", jacobian.shape, "   FALSE:", W.T.shape)
try:
    print("FALSE dW:", dh * x)
except ValueError as error:
    print("FALSE dW: ValueError:", error)
print("differences :", np.round([(dh @ (W @ (x + e)) - dh @ (W @ (x - e))) / (2 * h) for e in h * np.eye(2)], 6))
print("your version:", "not there yet" if yours is None else yours)

# %% [markdown]
# **FALSE 4.** "Entry (1, 1) of `dW1` is $0.3472$, since it is twice the entry $0.1736$ of `db1`." The idea is right and
# the digit is wrong. What went wrong? In place of `None` put the right number to six decimals.

# %% tags=["experiment"]
yours = None
W1, b1 = np.array([[-5.0, 2, 2], [-5, 2, -1]]), np.array([-3.0, -2, -3])
W2, b2 = np.array([[3.0, -4, 1], [-2, -4, -2], [-4, -2, 3]]), np.array([4.0, 5, 5])
x, ys, h, losses = np.array([0.0, 2.0]), np.array([0.8, 0.1, 0.1]), 1e-5, []
for move in (h, -h):
    V = W1.copy()
    V[1, 1] += move
    logits = relu(x @ V + b1) @ W2 + b2
    losses.append(np.sum(ys * (np.logaddexp.reduce(logits) - logits)))
print("FALSE       ", 0.3472)
if yours is None:
    print("your version not there yet")
else:
    print("your version", yours, "   difference", round((losses[0] - losses[1]) / (2 * h), 6))

# %% [markdown]
# ## To remember
#
# - Forward, cache, then the same lines backwards: upstream × local, sums where a number reaches several results.
# - The rectifier passes on what arrives where $Z_1>0$, and nothing else. The mask comes from the cache.
# - $\frac1N$ comes in once, at `dlogits`; after that, shares are added.
# - A cache is for reading. Gradients first, steps afterwards.
# - Compare array by array with central differences, away from kinks, with floats. The pattern of right and wrong arrays
#   tells where to look.
# - Two versions that agree may share a mistake. Which number would *you* believe?
#
# Before you hand in: save the notebook, run the last cell, and read its list.

# %% tags=["experiment"]
summary("04_mlp_backprop")
