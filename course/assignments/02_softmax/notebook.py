# %% [markdown]
# # 02 Softmax, cross-entropy and their gradients
#
# A network that classifies ends in $C$ numbers for each sample, the *logits*. Softmax makes probabilities of them, and
# the cross-entropy says how bad these are for the right class. Every backward pass begins with the gradient of this
# loss: a mistake here spoils the gradients of all layers.
#
# Two things go wrong in practice: the gradient (a lost sum, a lost $1/N$, a wrong index) and the numbers (overflow).
# So what is this gradient, and how do you compute it and the loss for logits of any size?
#
# Run the next cell first. It loads what this notebook uses.

# %% tags=["setup"]
import numpy as np
from mlp_utils import check, hint, line_picture, made_for, passed, summary, yours_or_recorded

# Your solutions use NumPy alone. While this notebook is graded, these modules of mlp_utils are missing:
# `explorers`, `gradients`, `networks.network`, `networks.training`, `special`.


def smoothed_loss(p, ys):
    """The loss of one sample: minus the sum of ys[i] * ln(p[i]); p and ys have the shape (C,)."""
    return -np.sum(ys * np.log(p))


def first_open(*exercises):
    """The first of these exercises whose check has not passed, or the last one."""
    return next((name for name in exercises if not passed(name)), exercises[-1])


made_for("0.3.0")

# %% tags=["experiment"]
z = np.linspace(-8, 8, 121)
line_picture(
    z,
    {"probability of the right class": np.exp(z) / (np.exp(z) + 2), "its loss": np.log(np.exp(z) + 2) - z},
    "Three classes. The logit z of the right class runs from -8 to 8, the two others are 0. The probability of the "
    "right class rises from 0 to 1; it is 1/3 at z = 0. The loss falls: almost a straight line of slope -1 on the "
    "left, about 1.1 at z = 0, almost 0 on the right.",
    title="Where is the loss steep, and where is it flat?",
    x_label="logit z of the right class (the two others are 0)",
    y_limits=(-0.2, 9),
)

# %% [markdown]
# On the left the loss stays steep: its gradient does not die out.
#
# **You need** assignment 01 (chain and quotient rule, overflow, central differences) and sums over an axis.
#
# **At the end you can**
#
# - compute softmax and cross-entropy for logits of any size,
# - derive the Jacobian of softmax and the gradient of a smoothed loss, for a batch,
# - check a gradient without knowing the answer.
#
# **Time.** Sections 1 to 5 give the 20 points. Plan 185 minutes, or up to 240. Section 6 is practice.
# Only exercises give points.
#
# **Checks.** Run a check as often as you like. If it fails, run `hint()`: it names the kind of mistake and costs
# nothing. The grading uses other numbers of the same kind.

# %%
logits = np.array([[2.0, 1.0, -1.0, 0.0], [0.5, 0.5, 0.5, 0.5]])
y = np.array([0, 3])
print("N, C =", logits.shape, "  the logit of the right class of sample 1 is", logits[1, y[1]])

# %% [markdown]
# | name | shape | meaning |
# | --- | --- | --- |
# | `logits`, `z` | `(N, C)`, `(C,)` | N samples with C logits each; one row |
# | `P`, `p` | `(N, C)`, `(C,)` | probabilities: softmax of each row; one row |
# | `y` | `(N,)` | right classes, integers from 0 to C − 1; for one sample an integer |
# | `Y`, `Ys` | `(N, C)` | one-hot labels; smoothed labels (section 4) |
# | `ys` | `(C,)` | one row of `Ys`; in formulas $Y^s$, with one index |
# | `epsilon`, $\varepsilon$ | one number | strength of the smoothing, from 0 to 1 |
#
# Classes count from 0. $\delta_{ij}$ is 1 for $i=j$ and 0 otherwise. $\ln$ is the natural logarithm. Logits may be
# integers; results are float64. No function changes its inputs.

# %%
print("delta as a matrix:", np.eye(3).tolist())

# %% [markdown]
# ## 1 Softmax (35 minutes)
#
# $$P_{nk}=\frac{e^{z_{nk}}}{\sum_{j=0}^{C-1}e^{z_{nj}}}$$
#
# $z_{nk}$ is the logit of sample $n$ and class $k$; these two indices are *free*, one for each axis of the result. $j$
# is a *summation index*: it runs over all classes of the same row and means nothing outside the sum.
#
# **Worked example.** The logits $(0,-3,1)$ are those of a homework of a machine-learning course. Each number gets the
# weight $e^z$. A probability is its share of all weights.

# %%
weights = [np.exp(0.0), np.exp(-3.0), np.exp(1.0)]
total = weights[0] + weights[1] + weights[2]
print("weights      ", *(f"{w:.6f}" for w in weights), "  total", f"{total:.6f}")
print("probabilities", *(f"{w / total:.6f}" for w in weights))

# %% [markdown]
# **The same with gaps.** The logits are $(\ln2,\,0,\,\ln5)$. Compute the weights, the total and the first and last
# probability by hand. Replace both `None`.

# %% tags=["experiment"]
first, last = None, None
print("your three probabilities:", first, 1 / 8, last)
print("their sum:", "fill the gaps first" if None in (first, last) else first + 1 / 8 + last)

# %% [markdown]
# **Worked example: shares of a whole batch.** Take squares instead of exponentials, so that $Q_{nk}$ is the share of
# $A_{nk}^2$ in its row: $Q_{nk}=A_{nk}^2/\sum_jA_{nj}^2$.
#
# A sum over axis 1 has one number for each row, shape $(N,)$. To divide a matrix $(N,C)$ by it row by row, it has to
# be a column $(N,1)$: `keepdims=True` keeps the axis. The last axis of any array has the number $-1$.

# %%
A = np.array([[1.0, 2.0, 2.0, 4.0], [3.0, 0.0, 1.0, 0.0]])
squares = A**2
print("sum over axis 0 ", squares.sum(axis=0).shape)
print("sum over axis 1 ", squares.sum(axis=1).shape, "  with keepdims", squares.sum(axis=1, keepdims=True).shape)
shares = squares / squares.sum(axis=1, keepdims=True)
print(shares)
print("row sums", shares.sum(axis=1))

# %% [markdown]
# **Predict, then run.** Without `keepdims` the sum has the shape $(N,)$. What happens when a matrix $(2,4)$ is divided
# by it, and what for a matrix $(3,3)$? Choose each time from "right", "a wrong result, no message" and "an exception".

# %% tags=["experiment"]
my_prediction = {"(2, 4)": None, "(3, 3)": None}

# %% tags=["experiment"]
for table in (squares, np.array([[1.0, 1.0, 2.0], [6.0, 1.0, 3.0], [2.0, 2.0, 4.0]])):
    try:
        print(table.shape, "row sums of the shares:", (table / table.sum(axis=1)).sum(axis=1))
    except ValueError as error:
        print(table.shape, "exception:", error)
    print("    you predicted", my_prediction[str(table.shape)])

# %% [markdown]
# A square batch hides the mistake, so use $N\ne C$ when you try things out.
#
# **Shift.** Add the same number $c$ to all logits of a row. Every weight is multiplied by $e^c$, and so is the total:
#
# $$\frac{e^{z_k+c}}{\sum_je^{z_j+c}}=\frac{e^c\,e^{z_k}}{e^c\sum_je^{z_j}}=p_k.$$
#
# No probability changes. Softmax sees differences of logits only.

# %%
for c in (0.0, 5.0, -3.0):
    weights = [np.exp(2.0 + c), np.exp(-1.0 + c), np.exp(0.5 + c)]
    print(f"c = {c:4.1f}  weights", np.round(weights, 4), " first probability", weights[0] / sum(weights))

# %% [markdown]
# **The same with gaps.** For the logits $(1000,1001,999)$ each $e^z$ is `inf`, and `inf / inf` is NaN. For
# $(-1000,-1001)$ each $e^z$ is 0, and 0/0 is NaN, too. A shift cures both. Choose $c$ so that the largest exponent of
# the first row is 0. Replace `None`.

# %% tags=["experiment"]
c = None
with np.errstate(all="ignore"):
    raw = np.exp([1000.0, 1001.0, 999.0])
    print("without a shift", raw / raw.sum())
if c is None:
    print("with your shift  fill the gap first")
else:
    raw = np.exp([1000.0 + c, 1001.0 + c, 999.0 + c])
    print("with your shift", np.round(raw / raw.sum(), 4))


# %% [markdown]
# ### Exercise `softmax` (3 points)
#
# Show on paper that all $P_{nk}$ are positive and that each row sums to 1. Then write `softmax(logits)` for a matrix
# $(N,C)$ and for one row $(C,)$. The result has the shape of `logits`.
#
# - *matrix* (1 point): moderate logits, shape $(N,C)$.
# - *one row* (1 point): moderate logits, shape $(C,)$.
# - *large logits* (1 point): matrices with logits from $-1000$ to $1000$, also in the same row or with a large gap
#   between rows. The result is never NaN.
#
# What could the shift of a row be, so that no exponent is positive and not all weights become 0?

# %% solution="softmax"
def softmax(logits):
    """Row-wise softmax: P[n, k] = exp(z[n, k]) / sum over j of exp(z[n, j]).

    logits: (N, C), or one row (C,); floats or integers.
    Returns floats in the same shape; each row sums to 1.
    """
    ### BEGIN SOLUTION
    # After the shift the largest exponent of each row is 0: no weight overflows, and the total is at least 1.
    weights_of_rows = np.exp(logits - np.max(logits, axis=-1, keepdims=True))
    return weights_of_rows / np.sum(weights_of_rows, axis=-1, keepdims=True)
    ### END SOLUTION


# %% test="softmax" points=3
check("softmax", softmax)
### BEGIN HIDDEN TESTS
from autograder.inprocess import grade_function
grade_function("softmax", softmax)
### END HIDDEN TESTS

# %% tags=["experiment"]
hint()  # the kind of mistake that the last check points to

# %% [markdown]
# **Predict, then run.** By the formula every probability is positive. And in float64? Two logits are $0$ and
# $-\text{gap}$. For which of the gaps 40, 700 and 800 is the smaller probability *exactly* 0? For which is the larger
# one *exactly* 1?

# %% tags=["experiment"]
my_prediction = {"exactly 0": [], "exactly 1": []}

# %% tags=["experiment"]
gaps = np.array([1.0, 40.0, 700.0, 800.0])
pairs = yours_or_recorded(
    "softmax_of_gaps",
    lambda: np.reshape(softmax(np.stack([0 * gaps, -gaps], axis=1)), (4, 2)).astype(float),
    exercise="softmax",
)
for gap, (larger, smaller) in zip(gaps, pairs, strict=True):
    print(f"gap {gap:3.0f}   smaller {smaller:.3g}   is 0: {smaller == 0}   larger is 1: {larger == 1}")
print("you predicted", my_prediction)

# %% [markdown]
# ## 2 Cross-entropy from logits (35 minutes)
#
# One sample has the logits $z$, the probabilities $p$ and the right class $y$. Its loss is
#
# $$L=-\ln p_y,$$
#
# 0 for $p_y=1$ and without bound for $p_y\to0$. The *empirical risk* $J$ of a batch is the mean of its $N$ losses.
#
# **Worked example.** Two classes with the logits $a$ and $b$, and the class of $a$ is right. The logarithm of a
# quotient is a difference, and no probability is left:
#
# $$L=-\ln\frac{e^a}{e^a+e^b}=-a+\ln(e^a+e^b).$$
#
# The last term is called a *log-sum-exp*.

# %%
a, b = 0.0, 1.0
print("-ln p                 ", -np.log(np.exp(a) / (np.exp(a) + np.exp(b))))
print("-a + log-sum-exp      ", -a + np.log(np.exp(a) + np.exp(b)))

# %% [markdown]
# **Predict, then run.** The gap between two logits is 800, and the right class has the smaller one. So $L=800$ to all
# digits. What does `-np.log(p)` give? People "repair" it with `np.log(p + 1e-8)`. What does that give? Choose from 0,
# 18.4, 800 and `inf`.

# %% tags=["experiment"]
my_prediction = {"-log(p)": None, "-log(p + 1e-8)": None}

# %% tags=["experiment"]
with np.errstate(all="ignore"):
    p = np.exp(-800.0) / (np.exp(-800.0) + np.exp(0.0))
    print("-log(p)       ", -np.log(p))
    print("-log(p + 1e-8)", round(-np.log(p + 1e-8), 4))
print("you predicted", my_prediction)
p = 0.001
print("and at p = 0.001 the repair is off by", -np.log(p) + np.log(p + 1e-8))

# %% [markdown]
# Once $p$ is 0, the gap is lost: no repair can bring it back. The added number is also wrong where nothing was broken.
# The cure is log-sum-exp.
#
# **Worked example.** $\ln(e^{1000}+e^{1001})$ overflows. Take the larger term out of the sum:
#
# $$\ln\left(e^{1001}\left(e^{-1}+1\right)\right)=1001+\ln\left(1+e^{-1}\right).$$

# %%
with np.errstate(all="ignore"):
    print("definition", np.log(np.exp(1000.0) + np.exp(1001.0)))
print("rearranged", 1001 + np.log(1 + np.exp(-1.0)))

# %% [markdown]
# **The same with gaps.** $\ln(e^{-800}+e^{-802}+e^{-803})=u+\ln(1+e^v+e^w)$ with negative $v$ and $w$. Replace the
# three `None`.

# %% tags=["experiment"]
u, v, w = None, None, None
with np.errstate(all="ignore"):
    print("definition", np.log(np.exp(-800.0) + np.exp(-802.0) + np.exp(-803.0)), "  wanted -799.8302")
print("rearranged", "fill the gaps first" if None in (u, v, w) else u + np.log(1 + np.exp(v) + np.exp(w)))

# %% [markdown]
# **Worked example: one entry of each row.** `scores` has the shape $(3,4)$, and `chosen` holds one column for each row.
# `scores[np.arange(3), chosen]` pairs row 0 with `chosen[0]`, row 1 with `chosen[1]`, and so on: shape $(3,)$. But
# `scores[:, chosen]` takes these columns from *every* row.

# %%
scores = np.array([[7.0, 1.0, 4.0, 2.0], [5.0, 8.0, 0.0, 3.0], [6.0, 9.0, 2.0, 1.0]])
chosen = np.array([2, 0, 2])
print("one of each row ", scores[np.arange(3), chosen])
print("columns of all  ", scores[:, chosen].tolist())


# %% [markdown]
# ### Exercise `cross_entropy` (3 points)
#
# Write the loss of one sample with its logits alone, on paper. Then write `cross_entropy(logits, y)`. It returns
# `(losses, risk)`: the loss of each sample, shape $(N,)$, and the empirical risk, one number. `logits` has the shape
# $(N,C)$, and `y` holds $N$ integers from 0 to $C-1$.
#
# - *losses* and *risk* (1 point each): logits for which nothing overflows. Some losses are large.
# - *large logits* (1 point): logits from $-1000$ to $1000$, also in the same row. Losses and risk are finite and right.
#   (Errors below $10^{-12}$ do not matter.)
#
# After a failed check: `hint()`.

# %% solution="cross_entropy"
def cross_entropy(logits, y):
    """Cross-entropy of integer classes, from logits: -ln(probability of the right class) for each row.

    logits: (N, C), floats or integers.  y: (N,), integers from 0 to C - 1.
    Returns (losses, risk): an array (N,), and one number, the mean loss.
    """
    ### BEGIN SOLUTION
    # -ln(e^z_y / sum_j e^z_j) = ln(sum_j e^z_j) - z_y.
    shifted_rows = logits - np.max(logits, axis=1, keepdims=True)  # the shift leaves the loss as it is
    losses_of_rows = np.log(np.sum(np.exp(shifted_rows), axis=1)) - shifted_rows[np.arange(len(y)), y]
    return losses_of_rows, np.mean(losses_of_rows)
    ### END SOLUTION


# %% test="cross_entropy" points=3
check("cross_entropy", cross_entropy)
### BEGIN HIDDEN TESTS
from autograder.inprocess import grade_function
grade_function("cross_entropy", cross_entropy)
### END HIDDEN TESTS

# %% [markdown]
# **Predict, then run.** A batch has $N=4$ samples and $C=3$ classes. All logits are 0, except that sample 3 is very
# sure of a wrong class, with a logit of 1000. How large is the risk, about: 1, 250 or 1000? And without sample 3?

# %% tags=["experiment"]
my_prediction = {"all four": None, "without sample 3": None}

# %% tags=["experiment"]
logits, y = np.zeros((4, 3)), np.array([0, 2, 2, 1])
logits[3, 0] = 1000.0
risks = yours_or_recorded(
    "risk_with_an_outlier",
    lambda: np.array([cross_entropy(logits, y)[1], cross_entropy(logits[:3], y[:3])[1]], dtype=float),
    exercise="cross_entropy",
)
for name, risk in zip(my_prediction, risks, strict=True):
    print(f"{name:17s} risk {risk:9.4f}   you predicted {my_prediction[name]}")

# %% [markdown]
# One label that is wrong, or one sample far out, can outweigh all others.
#
# ## 3 The Jacobian (45 minutes)
#
# Softmax takes $C$ numbers and returns $C$ numbers, and each result depends on each logit. So there are $C\cdot C$
# derivatives, the *Jacobian*: entry $(i,j)$ is $\frac{\partial p_i}{\partial z_j}$, shape $(C,C)$.
#
# The quotient rule is $\left(\frac ab\right)'=\frac{a'\,b-a\,b'}{b^2}$, here with derivatives with respect to $z_j$.
# The numerator of $p_i$ contains $z_i$ alone, the denominator every logit. So $i=j$ and $i\ne j$ are two cases.

# %% [markdown]
# **Worked example.** The shares of squares again, $q_i=z_i^2/S$ with $S=\sum_kz_k^2$ and
# $\frac{\partial S}{\partial z_j}=2z_j$ (one term of the sum contains $z_j$).
#
# - $i=j$: $\frac{2z_iS-z_i^2\cdot2z_i}{S^2}=\frac{2z_i}S(1-q_i)$.
# - $i\ne j$: $\frac{0\cdot S-z_i^2\cdot2z_j}{S^2}=-\frac{2z_j}S\,q_i$.
# - Both together: $\frac{2z_j}S(\delta_{ij}-q_i)$.
#
# *shape*: $(C,C)$, row $i$ for the share, column $j$ for the number that moves. *check*: one column by a central
# difference.

# %%
z = np.array([1.0, -2.0, 3.0])
S = np.sum(z**2)
D = np.zeros((3, 3))
for i in range(3):
    for j in range(3):
        D[i, j] = 2 * z[j] / S * ((i == j) - z[i] ** 2 / S)
e = np.array([0.0, 1e-6, 0.0])  # moves z[1] alone
above, below = (z + e) ** 2 / np.sum((z + e) ** 2), (z - e) ** 2 / np.sum((z - e) ** 2)
print("column 1, formula ", D[:, 1])
print("column 1, measured", (above - below) / 2e-6)

# %% [markdown]
# **The same with gaps.** The shares of the numbers themselves, $r_i=z_i/S$ with $S=\sum_kz_k$, at $z=(1,2,5)$. Compute
# $\frac{\partial r_0}{\partial z_0}$ and $\frac{\partial r_0}{\partial z_1}$ by the two cases. Replace both `None`.

# %% tags=["experiment"]
same, other = None, None
share = lambda z0, z1, z2: z0 / (z0 + z1 + z2)
h = 1e-6
if None in (same, other):
    print("fill the gaps first")
else:
    print("error of same ", round(same - (share(1 + h, 2, 5) - share(1 - h, 2, 5)) / (2 * h), 6))
    print("error of other", round(other - (share(1, 2 + h, 5) - share(1, 2 - h, 5)) / (2 * h), 6))

# %% [markdown]
# **The worked example as text**, as in assignment 01. `z="C"` says that `z` has the shape $(C,)$. A sum has its index
# behind `for`, and `delta(i, j)` is $\delta_{ij}$: it holds both cases in one line. Indices count from 0.

# %% tags=["experiment"]
from mlp_utils import show_lines

show_lines("""
d(z[i]**2 / S, z[j])
= (d(z[i]**2, z[j]) * S - z[i]**2 * d(S, z[j])) / S**2
= (2 * z[i] * delta(i, j) * S - z[i]**2 * 2 * z[j]) / S**2
= 2 * z[j] / S * (delta(i, j) - q[i])
""", z="C", definitions={"S": "sum(z[k]**2 for k)", "q": "z**2 / S"})
# With like="jacobian_steps" instead, show_lines knows the letters of that exercise.

# %% [markdown]
# ### Exercise `jacobian_steps` (1 point)
#
# Derive $\frac{\partial p_i}{\partial z_j}$ on paper first, both cases. Then put a formula in place of each `...`.
#
# - *Letter:* `z`, shape $(C,)$. *Given:* `S = sum(exp(z[k]) for k)` and `p = softmax(z)`.
# - *Start:* `d(exp(z[i]) / S, z[j])` or `d(p[i], z[j])`. *End:* nothing but entries of `p` and `delta` is left.
# - The check compares neighbouring lines, without an answer key. You may change, add or leave out lines.
# - A quarter each: a first step; the quotient rule; the derivatives worked out; the end. So a jump costs half.
# - A slip of syntax costs nothing: the message names its place, and a person reads the line.

# %% solution="jacobian_steps"
jacobian_steps = """
d(exp(z[i]) / S, z[j])
= (d(exp(z[i]), z[j]) * S - exp(z[i]) * ...) / S**2
= (delta(i, j) * exp(z[i]) * S - exp(z[i]) * ...) / S**2
= delta(i, j) * exp(z[i]) / S - ...
= p[i] * ...
"""
### BEGIN SOLUTION
jacobian_steps = """
d(exp(z[i]) / S, z[j])
= (d(exp(z[i]), z[j]) * S - exp(z[i]) * d(S, z[j])) / S**2
= (delta(i, j) * exp(z[i]) * S - exp(z[i]) * exp(z[j])) / S**2
= delta(i, j) * exp(z[i]) / S - exp(z[i]) / S * exp(z[j]) / S
= p[i] * (delta(i, j) - p[j])
"""
### END SOLUTION

# %% test="jacobian_steps" points=1
check("jacobian_steps", jacobian_steps)
### BEGIN HIDDEN TESTS
from autograder.inprocess import grade_derivation
grade_derivation("jacobian_steps", jacobian_steps)
### END HIDDEN TESTS

# %% [markdown]
# ### Exercise `softmax_jacobian` (2 points)
#
# Derive $\frac{\partial p_i}{\partial z_j}$ for softmax with the quotient rule, for $i=j$ and for $i\ne j$. Bring both
# cases into a form that contains nothing but probabilities: the *forward* pass has put $p$ into the *cache*, and the
# backward pass needs no logits.
#
# Write `softmax_jacobian(p)`. `p` has the shape $(C,)$ and holds the probabilities of one row. The result has the shape
# $(C,C)$, with $\frac{\partial p_i}{\partial z_j}$ in row $i$ and column $j$.
#
# - *diagonal* (1 point): the entries with $i=j$.
# - *off the diagonal* (1 point): the entries with $i\ne j$.

# %% solution="softmax_jacobian"
def softmax_jacobian(p):
    """The Jacobian of softmax at one row, from its probabilities.

    p: (C,), positive, with sum 1.
    Returns (C, C); entry (i, j) is the derivative of p[i] with respect to logit j.
    """
    ### BEGIN SOLUTION
    # i = j: (e_i S - e_i e_i) / S^2 = p_i (1 - p_i).  i != j: (0 - e_i e_j) / S^2 = -p_i p_j.
    return np.diag(p) - np.outer(p, p)
    ### END SOLUTION


# %% test="softmax_jacobian" points=2
check("softmax_jacobian", softmax_jacobian)
### BEGIN HIDDEN TESTS
from autograder.inprocess import grade_gradient
grade_gradient("softmax_jacobian", softmax_jacobian, loss="probabilities_after", wrt="moves")
### END HIDDEN TESTS

# %% [markdown]
# **Predict, then run.** Let $M$ be the Jacobian at $p=(\frac12,\frac14,\frac18,\frac18)$. Fill in, before you run the
# second cell: is $M$ symmetric? What are its row sums, $M\,\mathbf 1$ ($\mathbf 1$ is a vector of ones)? What are its
# column sums?

# %% tags=["experiment"]
my_prediction = {"symmetric": None, "row sums": None, "column sums": None}

# %% tags=["experiment"]
p4 = np.array([0.5, 0.25, 0.125, 0.125])
M = yours_or_recorded(
    "jacobian_of_four",
    lambda: np.reshape(softmax_jacobian(p4), (4, 4)).astype(float),
    exercise="softmax_jacobian",
)
print("symmetric    ", np.allclose(M, M.T))
print("row sums     ", M.sum(axis=1))
print("column sums  ", M.sum(axis=0))
print("you predicted", my_prediction)


# %% [markdown]
# These are *invariants*: they hold for every $p$, and a test of them needs no answer. A gradient check tells more.
# For it the next cell defines a function with your `softmax`. Its sum has the gradient $M$ with respect to `moves` at
# `moves = 0`, because row $i$ of `moves` moves nothing but $p_i$.

# %% tags=["setup"]
def probabilities_after(p, moves):
    """One row of probabilities after its logits have moved; p[i] is computed with the shift moves[i].

    p: (C,).  moves: (C, C).  ln(p) are logits of p: softmax(ln p) = p. Uses your softmax.
    Returns (C,); entry i depends on row i alone.
    """
    return np.sum(np.eye(len(p)) * softmax(np.log(p) + moves), axis=1)


# %% [markdown]
# **Predict, then run.** Two claims are checked by the checker of `mlp_utils`: your $M$, and its diagonal alone. A
# relative error is 0 for a right gradient and at most 1. How large is it for the diagonal alone, about 0.001, 0.03 or
# 0.3?

# %% tags=["experiment"]
my_prediction = None

# %% tags=["experiment"]
from mlp_utils import check_gradient


def error_of(claim):
    """The relative error of a claimed Jacobian at p4."""
    result = check_gradient(lambda moves: np.sum(probabilities_after(p4, moves)), np.zeros((4, 4)), claim)
    return result.arrays[0].relative_error


errors = yours_or_recorded(
    "jacobian_errors",
    lambda: np.array([error_of(M), error_of(np.diag(np.diag(M)))]),
    exercise=first_open("softmax", "softmax_jacobian"),
)
print(f"M                  relative error {errors[0]:.0e}")
print(f"its diagonal alone relative error {errors[1]:.2f}")
print("    you predicted", my_prediction)

# %% [markdown]
# ### Exercise `explain_row_sums` (2 points, graded by a person)
#
# Explain in four to eight sentences, without the formula of the Jacobian: why is the sum of each row of $M$ equal to 0?
# Why is the sum of each column 0? Two networks give the same probabilities for every input: must their logits be the
# same?
#
# | points | the explanation |
# | --- | --- |
# | 2 | gives the reason for the rows and for the columns, and answers the last question with its reason |
# | 1 | gives one of the two reasons, or both without saying what a row and a column stand for |
# | 1 | gives both reasons, but no reasoned answer to the last question |
# | 0 | gives neither, or only computes that the sums are 0 |

# %% [markdown] manual="explain_row_sums" points=2
# **Your explanation**
#
# ### BEGIN SOLUTION
# Row $i$ holds the derivatives of one probability $p_i$ with respect to all logits. Their sum is the slope of $p_i$
# when all logits move together by the same amount, in the direction $\mathbf 1$. Softmax is shift invariant: this
# changes no probability, so the slope is 0, and $\mathbf 1$ is a null vector of $M$. Column $j$ holds the derivatives
# of all probabilities with respect to one logit $z_j$. Their sum is the derivative of $\sum_ip_i$, which is always 1,
# so it vanishes. The logits need not be the same: in each row they may differ by a number that is the same for all
# classes. The probabilities fix the differences of the logits and nothing more.
# ### END SOLUTION

# %% [markdown]
# ## 4 Labels and their smoothing (20 minutes)
#
# The *one-hot* row of the class $y$ is 1 in column $y$ and 0 elsewhere. With it $-\ln p_y=-\sum_iY_i\ln p_i$.
#
# *Label smoothing* takes a part $\varepsilon$ of the label away and spreads it evenly over all $C$ classes, the right
# one included:
#
# $$Y^s=(1-\varepsilon)\,Y+\frac\varepsilon C,\qquad L=-\sum_iY^s_i\ln p_i.$$
#
# A row of $Y^s$ still sums to 1, and now no logit has to become infinite: the best $p$ is $Y^s$ itself.
#
# **Worked example** (the homework again): $C=3$, $y=0$, $\varepsilon=0.3$. The right class gets $0.7\cdot1+0.1=0.8$,
# each other one $0.7\cdot0+0.1=0.1$.

# %%
p = np.array([0.265388, 0.013213, 0.721399])  # rounded, from section 1
ys = np.array([0.8, 0.1, 0.1])
print("the three terms", -ys * np.log(p))
print("their sum, the loss", round(smoothed_loss(p, ys), 5))

# %% [markdown]
# **The same with gaps.** $C=4$ and $\varepsilon=0.2$. What stands in the column of the right class, and what in each
# other column? Replace both `None`. Only the right pair passes both tests.

# %% tags=["experiment"]
right, wrong = None, None
if None in (right, wrong):
    print("fill the gaps first")
else:
    print("sum of the row  ", round(right + 3 * wrong, 6), "  wanted 1")
    print("right - wrong   ", round(right - wrong, 6), "  wanted 1 - epsilon = 0.8")


# %% [markdown]
# ### Exercise `smooth_labels` (2 points)
#
# Write `smooth_labels(y, C, epsilon)`. `y` has the shape $(N,)$ and holds classes from 0 to $C-1$; a class may be
# missing in `y`. The result $Y^s$ has the shape $(N,C)$ and holds floats.
#
# - *one-hot* (1 point): $\varepsilon=0$.
# - *smoothed* (1 point): $0<\varepsilon\le1$.

# %% solution="smooth_labels"
def smooth_labels(y, C, epsilon):
    """Smoothed one-hot labels: (1 - epsilon) * Y + epsilon / C.

    y: (N,), integers from 0 to C - 1.  C: the number of classes.  epsilon: from 0 to 1.
    Returns floats (N, C); each row sums to 1.
    """
    ### BEGIN SOLUTION
    is_right = np.asarray(y)[:, None] == np.arange(C)  # (N, 1) against (C,) gives (N, C)
    return (1.0 - epsilon) * is_right + epsilon / C
    ### END SOLUTION


# %% test="smooth_labels" points=2
check("smooth_labels", smooth_labels)
### BEGIN HIDDEN TESTS
from autograder.inprocess import grade_function
grade_function("smooth_labels", smooth_labels)
### END HIDDEN TESTS

# %% [markdown]
# **Worked example.** The loss of the prediction $p=(\frac12,\frac14,\frac14)$ for $Y^s=(0.8,0.1,0.1)$:
# $-0.8\ln\frac12-0.1\ln\frac14-0.1\ln\frac14=0.8\ln2+0.2\ln4=1.2\ln2$.

# %%
print(smoothed_loss(np.array([0.5, 0.25, 0.25]), np.array([0.8, 0.1, 0.1])), 1.2 * np.log(2))

# %% [markdown]
# ### Exercise `uniform_loss` (1 point)
#
# A network that knows nothing gives each class the same probability. What is its loss with label smoothing? Simplify as
# far as you can. A network with small weights starts near this loss: a first test of a training program.
#
# The answer is a text with a formula. It may contain `C`, `epsilon`, numbers, `+ - * / **`, brackets, `exp(...)` and
# `log(...)` (which is ln). It looks like `"(1 - epsilon) * exp(C) / 2"`.

# %% solution="uniform_loss"
uniform_loss = None  # a text with a formula in C and epsilon
### BEGIN SOLUTION
# Every ln p_i is -ln C, and the labels of a row sum to 1.
uniform_loss = "log(C)"
### END SOLUTION

# %% test="uniform_loss" points=1
check("uniform_loss", uniform_loss)
### BEGIN HIDDEN TESTS
from autograder.inprocess import grade_formula
grade_formula("uniform_loss", uniform_loss)
### END HIDDEN TESTS

# %% [markdown]
# ## 5 The gradient of the loss (50 minutes)
#
# Two steps, from the back: first $\frac{\partial L}{\partial p_i}$, then $\frac{\partial L}{\partial z_j}$.
#
# **Worked example.** $f(p)=-\sum_ka_k\sqrt{p_k}$. In $\frac{\partial f}{\partial p_i}$ the index $i$ is fixed. Every
# term with $k\ne i$ is constant, so one term is left and no sum:
# $\frac{\partial f}{\partial p_i}=-\frac{a_i}{2\sqrt{p_i}}$. All of them form the gradient, shape $(C,)$.

# %%
a, p, h = np.array([3.0, 1.0, 2.0]), np.array([0.25, 0.64, 0.11]), 1e-6
f = lambda p: -np.sum(a * np.sqrt(p))
e = np.array([1.0, 0.0, 0.0])  # moves p[0] alone
print("formula", -a / (2 * np.sqrt(p)))
print("entry 0, measured", (f(p + h * e) - f(p - h * e)) / (2 * h))


# %% [markdown]
# ### Exercise `probability_gradient` (1 point)
#
# One sample, $L=-\sum_kY^s_k\ln p_k$. Write `probability_gradient(p, ys)`, the gradient of $L$ with respect to the
# probabilities, $\frac{\partial L}{\partial p_i}$ for all $i$. Here the $p_i$ are independent numbers; that they sum
# to 1 comes in with the next step. `p`, `ys` and the result have the shape $(C,)$. Each entry must be right to ten
# digits, also where $p_i$ is small, about $10^{-3}$.

# %% solution="probability_gradient"
def probability_gradient(p, ys):
    """The gradient of smoothed_loss(p, ys) with respect to p.

    p: (C,), positive.  ys: (C,), smoothed labels.
    Returns (C,).
    """
    ### BEGIN SOLUTION
    return -ys / p
    ### END SOLUTION


# %% test="probability_gradient" points=1
check("probability_gradient", probability_gradient)
### BEGIN HIDDEN TESTS
from autograder.inprocess import grade_gradient
grade_gradient("probability_gradient", probability_gradient, loss="smoothed_loss", wrt="p")
### END HIDDEN TESTS

# %% [markdown]
# **The chain rule needs every path.** $z_j$ moves *all* probabilities, and each of them moves the loss:
#
# $$\frac{\partial L}{\partial z_j}=\sum_{i=0}^{C-1}\frac{\partial L}{\partial p_i}\,\frac{\partial p_i}{\partial z_j}$$
#
# The first factor is *upstream*, shape $(C,)$, the second *local*, shape $(C,C)$. The *sum* runs over the rows $i$, and
# the result has the *shape* $(C,)$: `upstream @ local`.
#
# **Worked example.** $L=\sum_ia_iq_i$ with the shares of squares $q$ of section 3 and their Jacobian `D`. The sum is
# compared with the single product $\frac{\partial L}{\partial q_j}\frac{\partial q_j}{\partial z_j}$.

# %%
z, a, h = np.array([1.0, -2.0, 3.0]), np.array([3.0, 1.0, 2.0]), 1e-6
L = lambda z: np.sum(a * z**2) / np.sum(z**2)
print("full sum      ", a @ D)
print("single product", a * np.diag(D))
print("measured      ", [round(float(L(z + h * e) - L(z - h * e)) / (2 * h), 8) for e in np.eye(3)])


# %% [markdown]
# ### Exercise `softmax_gradient` (1 point)
#
# One sample with the right class $y$ and $L=-\ln p_y$. Put your two results into the full sum. Which terms of the sum
# are left? Simplify until no quotient is left.
#
# Write `softmax_gradient(p, y)`, the gradient of $L$ with respect to the *logits*, computed from the probabilities `p`
# of shape $(C,)$ and the integer `y`. The result has the shape $(C,)$. Some $p_i$ are as small as $10^{-9}$.

# %% solution="softmax_gradient"
def softmax_gradient(p, y):
    """The gradient of the cross-entropy -ln(p[y]) with respect to the logits of one sample.

    p: (C,), the probabilities.  y: the right class, an integer from 0 to C - 1.
    Returns (C,).
    """
    ### BEGIN SOLUTION
    # Only i = y is left of the sum: -1/p_y * p_y (delta_yj - p_j) = p_j - delta_yj.
    return p - (np.arange(len(p)) == y)
    ### END SOLUTION


# %% test="softmax_gradient" points=1
check("softmax_gradient", softmax_gradient)
### BEGIN HIDDEN TESTS
from autograder.inprocess import grade_gradient
grade_gradient("softmax_gradient", softmax_gradient, loss="loss_after", wrt="dz")
### END HIDDEN TESTS

# %% [markdown]
# ### Exercise `logit_gradient_steps` (1 point)
#
# Now smoothed labels: every term of the sum stays. Derive $\frac{\partial L}{\partial z_j}$ on paper first, by the full
# sum over $i$. Then fill each `...`.
#
# - *Letters:* `z` and `ys`, shape $(C,)$; `ys` sums to 1. *Given:* `p = softmax(z)` and
#   `L = -sum(ys[i] * log(p[i]) for i)`.
# - *Start:* `d(L, z[j])`. *End:* nothing but entries of `p` and `ys`, and no sum.
# - The check compares neighbouring lines, without an answer key. You may change, add or leave out lines.
# - A quarter each: a first step; the chain rule with its sum; the derivatives worked out; the end. A jump costs half.
# - A slip of syntax costs nothing: the message names its place, and a person reads the line.

# %% solution="logit_gradient_steps"
logit_gradient_steps = """
d(L, z[j])
= sum(d(L, p[i]) * ... for i)
= sum(... * ... for i)
= -ys[j] + sum(... for i)
= ...
"""
### BEGIN SOLUTION
logit_gradient_steps = """
d(L, z[j])
= sum(d(L, p[i]) * d(p[i], z[j]) for i)
= sum(-ys[i] / p[i] * p[i] * (delta(i, j) - p[j]) for i)
= -ys[j] + sum(ys[i] * p[j] for i)
= p[j] - ys[j]
"""
### END SOLUTION

# %% test="logit_gradient_steps" points=1
check("logit_gradient_steps", logit_gradient_steps)
### BEGIN HIDDEN TESTS
from autograder.inprocess import grade_derivation
grade_derivation("logit_gradient_steps", logit_gradient_steps)
### END HIDDEN TESTS

# %% [markdown]
# **Check it without an answer.** The next cell defines two losses with your own functions. `smoothed_risk` uses that a
# smoothed loss is a mean over classes: $-\sum_kY^s_k\ln p_k$ gives the weight $Y^s_k$ to the loss that the sample
# would have if $k$ were its class.

# %% tags=["setup"]
def loss_after(p, y, dz):
    """The loss of one sample after its logits have moved by dz (C,); p (C,) belongs to dz = 0. Uses your softmax."""
    return -np.log(softmax(np.log(p) + dz)[y])


def smoothed_risk(logits, y, epsilon):
    """The mean loss with label smoothing, one number, made of your cross_entropy and your smooth_labels.

    Column k of the losses (N, C) is the loss that each sample would have if k were its class.
    """
    N, C = logits.shape
    losses = np.stack([cross_entropy(logits, np.full(N, k))[0] for k in range(C)], axis=1)
    return np.sum(smooth_labels(y, C, epsilon) * losses) / N


# %% [markdown]
# **Predict, then run.** A sample has $p=(0.7,\,0.2,\,0.1)$ and the right class 1. A descent step moves $z$ against the
# gradient. Which logits rise? What is the sum of the gradient's entries, and why? (See section 3.)

# %% tags=["experiment"]
my_prediction = {"logits that rise": [], "sum": None}

# %% tags=["experiment"]
p, h = np.array([0.7, 0.2, 0.1]), 1e-5
g = yours_or_recorded(
    "gradient_of_three",
    lambda: np.reshape(softmax_gradient(p, 1), 3).astype(float),
    exercise="softmax_gradient",
)
measured = yours_or_recorded(
    "measured_of_three",
    lambda: np.array([(loss_after(p, 1, h * e) - loss_after(p, 1, -h * e)) / (2 * h) for e in np.eye(3)]),
    exercise="softmax",
)
print("largest distance to a central difference", f"{np.abs(g - measured).max():.0e}")
print("logits that rise:", np.flatnonzero(g < 0), "  sum", round(abs(float(g.sum())), 12))
print("you predicted", my_prediction)

# %% [markdown]
# **A batch.** $J=\frac1N\sum_nL_n$ is the mean of the losses. Row $n$ of the logits occurs in $L_n$ alone.
#
# **Worked example.** $f(Z)=\frac1N\sum_n\sum_kZ_{nk}^3$. One term of the double sum contains $Z_{nk}$, and the factor
# $\frac1N$ stays: $\frac{\partial f}{\partial Z_{nk}}=\frac1N\,3Z_{nk}^2$, shape $(N,C)$. The $N$ is the number of
# samples, not $N\cdot C$.

# %%
Z, h = np.array([[1.0, -2.0, 0.5], [3.0, 0.0, -1.0]]), 1e-6
f = lambda Z: np.sum(Z**3) / len(Z)
e = np.zeros((2, 3))
e[1, 0] = h  # moves entry (1, 0) alone
print("formula")
print(3 * Z**2 / 2)
print("entry (1, 0), measured", round((f(Z + e) - f(Z - e)) / (2 * h), 6))

# %% [markdown]
# **The same with gaps.** $L=-\sum_kY^s_k\ln p_k$ has $C$ terms, and the gradient of $-\ln p_k$ is what you found in
# `softmax_gradient`. Add the $C$ gradients with the weights $Y^s_k$, on paper; use that $\sum_kY^s_k=1$. Replace `None`
# by an expression with `p` and `ys`. Two tests: for $p=Y^s$ it must be 0, because this $p$ is the best one. Some wrong
# results pass that, so a second $p$ is compared with central differences of the loss in $z$.

# %% tags=["experiment"]
ys, h = np.array([0.5, 0.3, 0.2]), 1e-5
loss = lambda z: smoothed_loss(np.exp(z) / np.sum(np.exp(z)), ys)
for name, p in (("p = ys", ys), ("p = (0.1, 0.2, 0.7)", np.array([0.1, 0.2, 0.7]))):
    gradient = None
    z = np.log(p)  # logits of p
    measured = np.array([(loss(z + h * e) - loss(z - h * e)) / (2 * h) for e in np.eye(3)])
    print(name, "  distance:", "fill the gap first" if gradient is None else np.round(np.abs(gradient - measured), 6))


# %% [markdown]
# ### Exercise `smoothed_gradient` (3 points)
#
# Write `smoothed_gradient(logits, y, epsilon)`, the gradient of the mean loss of a batch with label smoothing with
# respect to the logits, shape $(N,C)$. In the next notebooks it is called `dZ`, and every backward pass begins with it.
#
# - *epsilon = 0*, *smoothed* (1 point each): moderate logits.
# - *large logits* (1 point): logits from $-1000$ to $1000$, also in the same row.
#
# You may call functions that you wrote above, but then their mistakes count here too. `logits` and `y` stay as they
# are. After a failed check: `hint()`.

# %% solution="smoothed_gradient"
def smoothed_gradient(logits, y, epsilon):
    """The gradient of smoothed_risk(logits, y, epsilon) with respect to the logits.

    logits: (N, C).  y: (N,), integers from 0 to C - 1.  epsilon: from 0 to 1.
    Returns (N, C); each row sums to 0.
    """
    ### BEGIN SOLUTION
    N, C = logits.shape
    # Upstream times local, summed, gives P - Ys for the loss of one sample; the mean brings 1/N.
    return (softmax(logits) - smooth_labels(y, C, epsilon)) / N
    ### END SOLUTION


# %% test="smoothed_gradient" points=3
check("smoothed_gradient", smoothed_gradient)
### BEGIN HIDDEN TESTS
from autograder.inprocess import grade_gradient
grade_gradient("smoothed_gradient", smoothed_gradient, loss="smoothed_risk", wrt="logits")
### END HIDDEN TESTS

# %% [markdown]
# **Predict, then run.** Your gradient $G$ is spoilt in four ways. Which of them does the test "each row sums to 0" see?
# Which does a gradient check with the tolerance 0.1 let pass? The check differentiates `smoothed_risk`, so it needs
# your `cross_entropy` and `smooth_labels`, too. Until all three are right, recorded numbers are shown.
#
# | | claim |
# | --- | --- |
# | A | $N\cdot G$: the mean is forgotten |
# | B | the labels are smoothed in the loss, not in the gradient |
# | C | $-G$ |
# | D | $G$ with one entry 30 per cent too large |

# %% tags=["experiment"]
my_prediction = {"row sums see": "", "tolerance 0.1 lets pass": ""}  # letters

# %% tags=["experiment"]
from mlp_utils import check_gradient

logits = np.array([[2.0, 1.0, -1.0], [0.5, 1.5, 0.0], [-1.0, 0.2, 0.3], [0.1, 3.0, 1.0], [0.4, 0.0, 0.9]])
y, epsilon = np.array([0, 2, 2, 1, 2]), 0.1


def two_tests(claim):
    """The largest row sum, and the relative error of a gradient check."""
    result = check_gradient(lambda at: smoothed_risk(at, y, epsilon), logits, claim)
    return [np.abs(claim.sum(axis=1)).max(), result.arrays[0].relative_error]


def all_claims():
    G = np.asarray(smoothed_gradient(logits, y, epsilon), dtype=float)
    unsmoothed = np.asarray(smoothed_gradient(logits, y, 0.0), dtype=float)
    spoilt = G.copy()
    spoilt[0, 0] *= 1.3
    claims = (G, len(y) * G, unsmoothed, -G, spoilt)
    return np.reshape([two_tests(claim) for claim in claims], (5, 2)).astype(float)


needed = first_open("cross_entropy", "smooth_labels", "smoothed_gradient")
table = yours_or_recorded("tests_of_claims", all_claims, exercise=needed)
print("        row sums      relative error")
for name, (row_sum, error) in zip(("yours", "A", "B", "C", "D"), table, strict=True):
    error_text = "below 1e-9" if error < 1e-9 else f"{error:.0e}"
    print(f"{name:6s}  {'all 0' if row_sum < 1e-12 else f'up to {row_sum:.3f}':12s}  {error_text}")
print("you predicted", my_prediction)

# %% [markdown]
# An invariant costs nothing and sees some mistakes at once, but a factor, a sign or wrong labels keep it. A loose
# tolerance lets B and D pass. With the right gradient the error is below $10^{-9}$: ask for $10^{-7}$.
#
# **Predict, then explore.** The logits are $(2,1,-1)$, and the right class is 0. Before you run the explorer:
#
# 1. Add a *shift* to all logits. What changes: probabilities, loss, gradient? Beyond which shift does the formula
#    without the maximum break: about 70, 700 or 7000?
# 2. Set $\varepsilon=0.3$. Which logits does a descent step raise now?
# 3. The *temperature* $T$ divides all logits, $p=\operatorname{softmax}(z/T)$. What is $p$ for a very large $T$?

# %% tags=["experiment"]
my_predictions = {1: None, 2: None, 3: None}

# %% tags=["experiment"]
from mlp_utils import explore_softmax

explore_softmax(logits=(2.0, 1.0, -1.0), label=0)

# %% tags=["experiment"]
# The three answers, computed. Run this cell after you have played with the explorer.
z = np.array([2.0, 1.0, -1.0])
with np.errstate(all="ignore"):
    broken = [shift for shift in range(1001) if not np.isfinite(np.exp(z + shift)).all()]
print("1. the largest exp is inf from the shift", broken[0], "on; otherwise a shift changes nothing")
both = yours_or_recorded(
    "explorer_gradients",
    lambda: np.reshape([smoothed_gradient(z[None], np.array([0]), eps) for eps in (0.0, 0.3)], (2, 3)).astype(float),
    exercise="smoothed_gradient",
)
for eps, g in zip((0.0, 0.3), both, strict=True):
    print(f"2. epsilon {eps}: a descent step raises the logits", np.flatnonzero(g < 0))
hot = yours_or_recorded("hot_softmax", lambda: np.reshape(softmax(z / 1e6), 3).astype(float), exercise="softmax")
print("3. T = 1e6: p =", np.round(hot, 5))
print("you predicted", my_predictions)


# %% [markdown]
# With smoothed labels, a wrong class with a probability below $\varepsilon/C$ is raised, too.
#
# ## 6 Bug clinic (practice without points, 20 minutes)
#
# Each of the following statements is **false**. People have written them seriously. For each one: find the mistake,
# correct it, and test your version with numbers.
#
# **FALSE 1.** "Softmax is $p_k=\dfrac{e^{z_k}}{\sum_{k}e^{z_k}}$, and the program says the same." Which letter does two
# jobs? What does the second loop do to the first? Put the name of a mended function in place of `None`.

# %% tags=["experiment"]
def false_softmax(z):
    p = np.zeros(len(z))
    for k in range(len(z)):
        total = 0.0
        for k in range(len(z)):
            total += np.exp(z[k])
        p[k] = np.exp(z[k]) / total
    return p


mended = None
z = np.array([0.0, -3.0, 1.0])
truth = yours_or_recorded("clinic_softmax", lambda: np.reshape(softmax(z), 3).astype(float), exercise="softmax")
print("FALSE ", false_softmax(z), "  sum", false_softmax(z).sum())
print("difference of your version:", "not there yet" if mended is None else mended(z) - truth)

# %% [markdown]
# **FALSE 2.** "$L=-\sum_iY^s_i\ln p_i$, so $\frac{\partial L}{\partial p_i}=-\sum_i\frac{Y^s_i}{p_i}$." What does $i$
# mean on the left, and what on the right? How many numbers does each side hold? In place of `None` put a right
# gradient, an expression with `p` and `ys`. It is compared with central differences.

# %% tags=["experiment"]
p, ys, h = np.array([0.265388, 0.013213, 0.721399]), np.array([0.8, 0.1, 0.1]), 1e-7
measured = [(smoothed_loss(p + h * e, ys) - smoothed_loss(p - h * e, ys)) / (2 * h) for e in np.eye(3)]
false_gradient = -10.7214  # the right side of the statement
mended = None
print("FALSE, for every i:", false_gradient)
print("distances of the FALSE one   ", np.round(np.abs(false_gradient - np.array(measured)), 4))
print("distances of your version    ", "not there yet" if mended is None else np.round(np.abs(mended - measured), 4))

# %% [markdown]
# **FALSE 3.** "$\frac{\partial L}{\partial z_j}=\frac{\partial L}{\partial p_j}\,\frac{\partial p_j}{\partial z_j}$,
# and that is $-\frac{Y_j}{p_j}\,p_j(1-p_j)=-Y_j(1-p_j)$." Which paths from $z_j$ to $L$ are missing? Which invariant
# shows the mistake at once? In place of `None` put a right gradient: an expression with `p` and `Y`, here one row,
# shape $(C,)$.

# %% tags=["experiment"]
p, Y = np.array([0.265388, 0.013213, 0.721399]), np.array([1.0, 0.0, 0.0])
truth = yours_or_recorded(
    "clinic_gradient", lambda: np.reshape(softmax_gradient(p, 0), 3).astype(float), exercise="softmax_gradient"
)
false_gradient = np.array([-0.734612, 0.0, 0.0])  # the right side of the statement
mended = None
print("FALSE", false_gradient, "  sum", round(false_gradient.sum(), 6))
print("distance of the FALSE one", np.abs(false_gradient - truth).max())
print("distance of your version ", "not there yet" if mended is None else np.abs(mended - truth).max())

# %% [markdown]
# **FALSE 4.** "`S[:, chosen] -= 5` takes 5 from one entry of each row, that of column `chosen[n]` in row $n$." No
# exception, the shape is right. Compute the row sums by hand for `chosen = [2, 0, 2]`. Which entries lose 5? Mend the
# line that is marked. In which of your functions would this mistake spoil a gradient?

# %% tags=["experiment"]
S, chosen = np.full((3, 4), 10.0), np.array([2, 0, 2])
S[:, chosen] -= 5  # this line
print(S)
print("row sums", S.sum(axis=1), "  wanted [35. 35. 35.]")

# %% [markdown]
# ## To remember
#
# - Softmax sees differences of logits. Take the maximum of each *row* away. The loss comes from the logits, by
#   log-sum-exp; a small number added to $p$ is no cure.
# - $z_j$ moves all $p_i$: the chain rule has a sum over $i$, and the Jacobian is not diagonal.
# - Softmax and cross-entropy together have a gradient without any quotient. The mean brings $\frac1N$; smoothed labels
#   go into the loss *and* the gradient.
# - Invariants need no answer: rows of probabilities sum to 1, rows of the gradient to 0, and you know the loss of a
#   uniform prediction. They do not see factors and signs; a gradient check does.
#
# Before you hand in: save the notebook, run the last cell, and read its list.

# %% tags=["experiment"]
summary("02_softmax")
