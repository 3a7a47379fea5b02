# %% [markdown]
# # 01 Activations and their derivatives
#
# A unit of a network computes a number $z$ and sends on $a=\phi(z)$, where $\phi$ is its activation. Training needs
# gradients. They are computed from the last unit back to the first, in the *backward pass*: the gradient that arrives
# at $a$ is multiplied by the slope $\phi'(z)$ and passed on. If the slope is almost 0, almost nothing is passed on. If
# the slope is NaN ("not a number", as 0/0), NaN is passed on to all earlier units.
#
# So for each activation: is its value right for every $z$? Is its slope right? And how can a program check a slope?
#
# Run the next cell first. It loads what this notebook uses.

# %% tags=["setup"]
import numpy as np
from mlp_utils import check, hint, line_picture, made_for, summary, yours_or_recorded

# Your solutions use NumPy alone. While this notebook is graded, these modules of mlp_utils are missing:
# `explorers`, `gradients`, `networks.network`, `networks.training`, `special`.


def relu(x):
    """The rectifier max(0, x), entry by entry; the result has the shape of x."""
    return np.maximum(x, 0.0)


made_for("0.3.0")

# %% tags=["experiment"]
from mlp_utils import curve_values

z = np.linspace(-6, 6, 121)
line_picture(
    z,
    {name: curve_values(name, z) for name in ("sigmoid", "tanh", "relu")},
    "Three activations for z from -6 to 6. The sigmoid rises from 0 to 1 and tanh from -1 to 1; both are steep near "
    "0 and almost flat for |z| > 4. ReLU is 0 for z < 0 and z itself for z > 0.",
    title="Three activations: where are they flat?",
    x_label="z",
    y_label="a",
    y_limits=(-1.3, 2.3),
)

# %% [markdown]
# **You need** the chain rule, the quotient rule, and NumPy arrays.
#
# **At the end you can**
#
# - compute the sigmoid, softplus and log-sigmoid without overflow for $|x|\le1000$,
# - derive the slopes of the sigmoid and tanh, and say where they are largest,
# - say what holds at a kink, and which convention this course uses,
# - write a gradient check and explain its errors.
#
# **Time.** Sections 1 to 6 give the 20 points. Plan 200 minutes, or up to 260. Section 7 is practice.
# Only exercises give points.
#
# **Checks.** Run the check of an exercise as often as you like. If it fails, run `hint()`: it names the kind of mistake
# and costs nothing. The grading uses other numbers of the same kind.

# %%
Z = np.array([[-1.0, 2.0, 0.5], [3.0, -0.2, 0.0]])
print("relu acts on each entry:", relu(Z).tolist(), "  shape", Z.shape, "->", relu(Z).shape)

# %% [markdown]
# | name | shape | meaning |
# | --- | --- | --- |
# | `x`, `z` | any | input of an activation; `z` inside a network |
# | `sigmoid(x)`, `relu(x)`, … | the shape of `x` | acts on each entry by itself |
# | `f(x)` | one number | a function of one number or of a whole array |
# | gradient of `f` at `x` | the shape of `x` | entry $k$ is $\partial f/\partial x_k$; for one number: the slope |
# | `h` | one number | the step of a finite difference |
#
# All logarithms are natural, $\ln$. Results are float64; inputs may hold integers.
#
# ## 1 The sigmoid and tanh (15 minutes)
#
# $$\sigma(x)=\frac1{1+e^{-x}},\qquad\tanh(x)=\frac{e^x-e^{-x}}{e^x+e^{-x}}$$
#
# **Worked example.** Write $q(x)=\frac{e^{2x}-1}{e^{2x}+1}$ with tanh. Multiply numerator and denominator by
# $e^{-x}$: the value stays, and the form is $\frac{e^x-e^{-x}}{e^x+e^{-x}}=\tanh(x)$. Then check with numbers.

# %%
x = np.array([-1.5, 0.0, 0.7])
print("q(x)    ", (np.exp(2 * x) - 1) / (np.exp(2 * x) + 1))
print("tanh(x) ", np.tanh(x))

# %% [markdown]
# **The same with gaps.** In $r(x)=\frac{1-e^{-x}}{1+e^{-x}}$ multiply numerator and denominator by $e^{x/2}$. The
# result is $\tanh(c\,x)$. Replace `None` by the number $c$.

# %% tags=["experiment"]
c = None
x = np.array([-1.5, 0.0, 0.7])
print("r(x)      ", (1 - np.exp(-x)) / (1 + np.exp(-x)))
print("tanh(c x) ", "fill the gap first" if c is None else np.tanh(c * x))

# %% [markdown]
# ### Exercise `sigmoid_from_tanh` (1 point)
#
# Write $\sigma(x)$ with tanh as its only function. Derive it on paper first.
#
# The answer is a text that contains a formula in `x`: numbers, `+ - * / **`, brackets and `tanh(...)`. It looks like
# `"3 * tanh(x - 1)"`.

# %% solution="sigmoid_from_tanh"
sigmoid_from_tanh = None  # a text with a formula in x
### BEGIN SOLUTION
# (1 - e^(-x)) / (1 + e^(-x)) = tanh(x/2) and (1 + e^(-x)) / (1 + e^(-x)) = 1; their sum is 2 / (1 + e^(-x)).
sigmoid_from_tanh = "(tanh(x / 2) + 1) / 2"
### END SOLUTION

# %% test="sigmoid_from_tanh" points=1
check("sigmoid_from_tanh", sigmoid_from_tanh)
### BEGIN HIDDEN TESTS
from autograder.inprocess import grade_formula
grade_formula("sigmoid_from_tanh", sigmoid_from_tanh)
### END HIDDEN TESTS

# %% tags=["experiment"]
hint()  # the kind of mistake that the last check points to

# %% [markdown]
# ## 2 Values: numbers that a computer can hold (40 minutes)
#
# The largest float64 is about $1.8\cdot10^{308}$. So $e^x$ becomes `inf` for $x>709.78$, and `inf / inf` is NaN. For
# $x<-745.2$ it becomes 0, which does no harm in a sum with 1.
#
# **Worked example.** The definition of tanh fails at $x=1000$. For $x\ge0$ multiply numerator and denominator by
# $e^{-x}$:
#
# $$\tanh(x)=\frac{1-e^{-2x}}{1+e^{-2x}}.$$
#
# For $x<0$ use $\tanh(x)=-\tanh(-x)$. Let $\operatorname{sign}(x)$ be $-1$ for $x<0$, 0 for $x=0$ and 1 for $x>0$. With
# $t=e^{-2|x|}\le1$ both cases together are $\tanh(x)=\operatorname{sign}(x)\,\frac{1-t}{1+t}$. Here `exp` never gets a
# positive number.

# %%
x = np.array([-1000.0, -2.0, 0.5, 1000.0])
with np.errstate(all="ignore"):
    print("definition", (np.exp(x) - np.exp(-x)) / (np.exp(x) + np.exp(-x)))
t = np.exp(-2 * np.abs(x))
print("rearranged", np.sign(x) * (1 - t) / (1 + t))

# %% [markdown]
# **The same with gaps.** $s(x)=\frac{2}{e^x+e^{-x}}$ is even, $s(-x)=s(x)$, so it is enough to look at $|x|$.
# Multiply numerator and denominator by $e^{-|x|}$:
#
# $$s(x)=\frac{2\,e^{-|x|}}{1+e^{\,p\,|x|}}.$$
#
# Replace `None` by the number $p$.

# %% tags=["experiment"]
p = None
x = np.array([-1000.0, -2.0, 0.5, 1000.0])
with np.errstate(all="ignore"):
    print("definition", 2 / (np.exp(x) + np.exp(-x)))
    print("rearranged", "fill the gap first" if p is None else 2 * np.exp(-np.abs(x)) / (1 + np.exp(p * np.abs(x))))


# %% [markdown]
# ### Exercise `sigmoid` (2 points)
#
# A sigmoid unit adds up what the units that send to it (its *parents*) send: $z=\sum_uw_ua_u$. Then it sends on
# $a=\sigma(z)$. Write `sigmoid(x)` for a number or an array of any shape, integers included. The result has the shape
# of `x`, and `x` stays as it is.
#
# - *values* (1 point): moderate numbers.
# - *large inputs* (1 point): for $|x|\le1000$ the result is a number between 0 and 1, never NaN. Tiny results keep
#   their digits: $\sigma(-700)=9.859676\ldots\cdot10^{-305}$, not 0. (For $x<-709$ any number from 0 to
#   $10^{-300}$ is right.)
#
# A warning costs nothing; a wrong number does. If the check fails, run `hint()` in a new cell.

# %% solution="sigmoid"
def sigmoid(x):
    """The sigmoid 1 / (1 + exp(-x)), entry by entry.

    x: a number or an array of any shape.
    Returns floats in the shape of x.
    """
    ### BEGIN SOLUTION
    x = np.asarray(x, dtype=float)
    t = np.exp(-np.abs(x))  # at most 1: this cannot overflow
    return np.where(x >= 0, 1.0, t) / (1.0 + t)
    ### END SOLUTION


# %% test="sigmoid" points=2
check("sigmoid", sigmoid)
### BEGIN HIDDEN TESTS
from autograder.inprocess import grade_function
grade_function("sigmoid", sigmoid)
### END HIDDEN TESTS

# %% [markdown]
# **Predict, then run.** On the right the sigmoid comes closer and closer to 1, on the left closer and closer to 0.
# Near which $x$ does your `sigmoid(x)` become *exactly* 1 in float64? Near which $x$ does `sigmoid(-x)` become
# *exactly* 0? Choose each time from 10, 40, 100 and 700, before you run the second cell.

# %% tags=["experiment"]
my_prediction = {"sigmoid(x) is exactly 1 from x =": None, "sigmoid(-x) is exactly 0 from x =": None}

# %% tags=["experiment"]
x = np.arange(0.0, 801.0)
right, left = yours_or_recorded(
    "sigmoid_saturation",
    lambda: np.reshape([sigmoid(x), sigmoid(-x)], (2, x.size)).astype(float),
    exercise="sigmoid",
)
for sentence, reached in zip(my_prediction, (right == 1, left == 0), strict=True):
    print(sentence, f"{x[np.argmax(reached)]:.0f}" if reached.any() else "(not up to 800)")
    print("    you predicted", my_prediction[sentence])
print("the float before 1 is 1 -", 1 - np.nextafter(1, 0))
print("the float after 1 is 1 +", np.nextafter(1, 2) - 1)
print("the float after 0 is", np.nextafter(0, 1))

# %% [markdown]
# Floats lie close together near 0 and $10^{-16}$ apart near 1. So $1-\sigma(40)$ has lost every digit, and
# $\sigma(-40)$, which is the same number, has all of them.
#
# The exact integers depend on the formula.
#
# - $1/(1+e^{-x})$ is 1 from 37 on: $1+t$ is rounded to 1 when $t$ is below half the spacing above 1, which is
#   $1.1\cdot10^{-16}$. The true $\sigma(x)$, correctly rounded, is 1 from 38 on.
# - $e^{-x}$ is 0 from 746 on. But $1/(1+e^x)$ is 0 from 710 on, where $e^x$ is `inf`.
#
# **Luck.** Two formulas for the sigmoid with an `exp` that overflows:

# %%
x = np.array([-1000.0, 1000.0])
with np.errstate(all="ignore"):
    print("x                      ", x)
    print("1 / (1 + exp(-x))      ", 1 / (1 + np.exp(-x)))
    print("exp(x) / (1 + exp(x))  ", np.exp(x) / (1 + np.exp(x)))

# %% [markdown]
# The first one passes the check, but by luck: $1/\infty=0$ is right, and NumPy only warns. The second one gives
# $\infty/\infty$, NaN.
#
# **Worked example.** $\ln\cosh(x)=\ln\frac{e^x+e^{-x}}2$ overflows too. Take the largest term out of the sum:
#
# $$\ln\cosh(x)=\ln\frac{e^{|x|}\left(1+e^{-2|x|}\right)}2=|x|+\ln\left(1+e^{-2|x|}\right)-\ln2.$$
#
# Forming $1+t$ loses the digits of a small $t$; NumPy's `log1p(t)`, which is $\ln(1+t)$, avoids it.

# %%
x = np.array([-800.0, -1.0, 0.0, 3.0])
with np.errstate(all="ignore"):
    print("definition", *(f"{value:11.6f}" for value in np.log(np.cosh(x))))
rearranged = np.abs(x) + np.log1p(np.exp(-2 * np.abs(x))) - np.log(2)
print("rearranged", *(f"{value:11.6f}" for value in rearranged))
print("t = 1e-20: log(1 + t) =", np.log(1 + 1e-20), "  log1p(t) =", np.log1p(1e-20))

# %% [markdown]
# **The same with gaps.** Take the largest term out of $\ln(e^x+e^{-x})$ at $x=-3$: it becomes $u+\ln(1+e^v)$ with a
# positive $u$ and a negative $v$. Replace both `None`.

# %% tags=["experiment"]
u, v = None, None
print("definition", np.log(np.exp(-3.0) + np.exp(3.0)))
print("rearranged", "fill the gaps first" if None in (u, v) else u + np.log1p(np.exp(v)))


# %% [markdown]
# ### Exercise `softplus_and_log_sigmoid` (3 points)
#
# The *softplus* is $\operatorname{softplus}(x)=\ln(1+e^x)$. Show on paper that $\ln\sigma(x)$ can be written with the
# softplus alone. Then write a function that returns both, `(softplus, log_sigmoid)`, each in the shape of `x`. Again,
# `x` may be a number or an array, with integers or floats.
#
# To rearrange, read the 1 as $e^0$: which of 0 and $x$ is larger?
#
# - *softplus* and *log-sigmoid* (1 point each): moderate numbers.
# - *large inputs* (1 point): for $|x|\le1000$ both results are right, so neither is infinite or NaN. Tiny results keep
#   their digits: $\operatorname{softplus}(-50)=1.928749\ldots\cdot10^{-22}$, not 0.

# %% solution="softplus_and_log_sigmoid"
def softplus_and_log_sigmoid(x):
    """ln(1 + exp(x)) and ln(sigmoid(x)), entry by entry.

    x: a number or an array of any shape.
    Returns (softplus, log_sigmoid), both floats in the shape of x.
    """
    ### BEGIN SOLUTION
    # ln(sigmoid(x)) = -ln(1 + exp(-x)) = -softplus(-x); both contain ln(1 + exp(-|x|)).
    x = np.asarray(x, dtype=float)
    rest = np.log1p(np.exp(-np.abs(x)))
    return np.maximum(x, 0.0) + rest, np.minimum(x, 0.0) - rest
    ### END SOLUTION


# %% test="softplus_and_log_sigmoid" points=3
check("softplus_and_log_sigmoid", softplus_and_log_sigmoid)
### BEGIN HIDDEN TESTS
from autograder.inprocess import grade_function
grade_function("softplus_and_log_sigmoid", softplus_and_log_sigmoid)
### END HIDDEN TESTS

# %% [markdown]
# **Predict, then run.** The right output of a sigmoid unit is 1, so its loss is $-\ln\sigma(z)$. But $z=-800$. What
# does the loss in two steps print, `-np.log(1 / (1 + np.exp(-z)))`, and what does your function give? Choose from 0,
# 800 and `inf`.

# %% tags=["experiment"]
my_prediction = {"two steps": None, "-log_sigmoid": None}

# %% tags=["experiment"]
z = np.array([-800.0, -30.0, 0.0, 30.0])
with np.errstate(all="ignore"):
    two_steps = -np.log(1 / (1 + np.exp(-z)))
    one_step = -yours_or_recorded(
        "log_sigmoid",
        lambda: np.reshape(softplus_and_log_sigmoid(z)[1], z.size).astype(float),
        exercise="softplus_and_log_sigmoid",
    )
print("     z   two steps   -log_sigmoid")
for row in zip(z, two_steps, one_step, strict=True):
    print("{:6.0f} {:11.4g} {:14.4g}".format(*row))
print("you predicted", my_prediction)

# %% [markdown]
# At $z=30$ both numbers look fine, but in the one made in two steps only the first two digits are right.
#
# ## 3 Slopes (60 minutes)
#
# Let $f$ be a function of one number. Its slope at $x$ is the limit of $\frac{f(x+h)-f(x)}h$ for $h\to0$. A program
# takes a small $h$ instead and gets a *finite difference*. Two of them:
#
# $$\text{forward: }\frac{f(x+h)-f(x)}h,\qquad\text{central: }\frac{f(x+h)-f(x-h)}{2h}.$$
#
# **Worked example.** $f(x)=\arctan(x)$ has the slope $f'(x)=\frac1{1+x^2}$. At $x=0.7$ that is
# $\frac1{1.49}=0.671\ldots$ With $h=10^{-5}$ both differences are close, and the central one is far closer. Section 5
# says why.

# %%
x, h = 0.7, 1e-5
forward = (np.arctan(x + h) - np.arctan(x)) / h
central = (np.arctan(x + h) - np.arctan(x - h)) / (2 * h)
truth = 1 / (1 + x**2)
print(f"formula {truth:.12f}")
print(f"forward {forward:.12f}   error {abs(forward - truth):.0e}")
print(f"central {central:.12f}   error {abs(central - truth):.0e}")

# %% [markdown]
# **Worked example.** $q(x)=\frac1{1+x^2}=u^{-1}$ with $u=1+x^2$. The names of the steps are the same in the whole
# course.
#
# - *forward*: compute the value $q(x)$.
# - *cache*: the values of the forward pass that are kept; here $q(x)$.
# - *local*: the slope of one step alone. Outer step: $\frac{dq}{du}=-u^{-2}=-q^2$. Inner step: $\frac{du}{dx}=2x$.
# - The chain rule multiplies them: $q'(x)=-2x\,q(x)^2$. The slope is written with the cached value.
# - *check*: compare with a central difference.

# %%
x, h = np.array([-1.0, 0.3, 2.0]), 1e-5
cache = 1 / (1 + x**2)
slope = -2 * x * cache**2
central = (1 / (1 + (x + h) ** 2) - 1 / (1 + (x - h) ** 2)) / (2 * h)
print("formula", slope)
print("central", central)

# %% [markdown]
# **The same with gaps.** $g(x)=\frac1{1+x^4}$ has the slope $g'(x)=-c\,x^3\,g(x)^2$. Replace `None` by the number
# $c$.

# %% tags=["experiment"]
c = None
x, h = np.array([-1.0, 0.3, 2.0]), 1e-5
print("central", (1 / (1 + (x + h) ** 4) - 1 / (1 + (x - h) ** 4)) / (2 * h))
print("formula", "fill the gap first" if c is None else -c * x**3 / (1 + x**4) ** 2)

# %% [markdown]
# **Derivations as text.** In some exercises you type a derivation, line by line. A check puts numbers into each line
# and into the line above it. It has no answer key: it only sees whether the two are equal.
#
# | on paper | as text |
# | --- | --- |
# | $\frac d{dx}\,\frac1{1+x^2}$ | `d(1 / (1 + x**2), x)` |
# | $=-2x\,q(x)^2$ | `= -2 * x * q**2` |
# | $e^{-x}$, $\ln x$, $\sigma(x)$, $\tanh x$ | `exp(-x)`, `log(x)`, `sigmoid(x)`, `tanh(x)` |
#
# Each product needs its `*`. A formula stays on one line, and letters of your own cannot be named. In the next cell
# `x=()` says that `x` is one number, and `q` is defined by a formula. Lines are counted from the first formula.

# %% tags=["experiment"]
from mlp_utils import show_lines

q = {"q": "1 / (1 + x**2)"}
show_lines("""
d(1 / (1 + x**2), x)
= -1 / (1 + x**2)**2 * d(1 + x**2, x)
= -1 / (1 + x**2)**2 * 2 * x
= -2 * x * q**2
""", x=(), definitions=q)

# %% [markdown]
# **Predict, then run.** One of these lines is false. Which one? And what does the table say about the line below it?

# %% tags=["experiment"]
my_prediction = None  # a line, from 2 to 5

# %% tags=["experiment"]
show_lines("""
d(1 / (1 + x**2), x)
= -1 / (1 + x**2)**2 * d(1 + x**2, x)
= -2 * x / (1 + x**2)
= -2 * x * q
""", x=(), definitions=q)
print("you predicted", my_prediction)

# %% [markdown]
# The mark ✘ stands at the false line, with a place where the two values differ. The line below it *follows*, though
# it is no slope of $q$, either. So the first ✘ is the place to look at.
#
# ### Exercise `false_line` (1 point)
#
# Exactly one line of this derivation does not follow from the line above it. Answer with its number, from 2 to 7.
#
# $$\begin{aligned}
# 1\quad&\ln\sigma(x)\\
# 2\quad&=\ln\frac{e^{x/2}}{e^{x/2}+e^{-x/2}}\\
# 3\quad&=\tfrac x2-\ln\left(e^{x/2}+e^{-x/2}\right)\\
# 4\quad&=\tfrac x2-\ln\left(e^{x/2}\left(1+e^{-x}\right)\right)\\
# 5\quad&=\tfrac x2-\tfrac x2+\ln\left(1+e^{-x}\right)\\
# 6\quad&=\ln\left(1+e^{-x}\right)\\
# 7\quad&=\operatorname{softplus}(-x)
# \end{aligned}$$
#
# Read it on paper first. Then type the lines into a cell of your own and run `show_lines` on them.

# %% solution="false_line"
false_line = None  # the number of a line
### BEGIN SOLUTION
# ln(u v) = ln u + ln v, and the minus in front of the bracket belongs to both: x/2 - x/2 - ln(1 + e^(-x)).
false_line = 5
### END SOLUTION

# %% test="false_line" points=1
check("false_line", false_line)
### BEGIN HIDDEN TESTS
from autograder.inprocess import grade_value
grade_value("false_line", false_line)
### END HIDDEN TESTS

# %% [markdown]
# ### Exercise `sigmoid_slope_steps` (1 point)
#
# Derive $\sigma'(x)$ on paper first. Then put a formula in place of each `...`.
#
# - *Letter:* `x`, one number.
# - *Start:* `d(1 / (1 + exp(-x)), x)` or `d(sigmoid(x), x)`. *End:* nothing but `sigmoid(...)` is left.
# - The check compares neighbouring lines, without an answer key. You may change, add or leave out lines.
# - A quarter each: a first step; a rule for the quotient or the power; the derivatives worked out; the end. So a jump
#   from the first line to the last costs half, and a false line costs no more than leaving it out.
# - A slip of syntax costs nothing: the message names its place, and a person reads the line.

# %% solution="sigmoid_slope_steps"
sigmoid_slope_steps = """
d(1 / (1 + exp(-x)), x)
= -1 / (1 + exp(-x))**2 * ...
= ... / (1 + exp(-x))**2
= 1 / (1 + exp(-x)) * ...
= sigmoid(x) * ...
"""
### BEGIN SOLUTION
sigmoid_slope_steps = """
d(1 / (1 + exp(-x)), x)
= -1 / (1 + exp(-x))**2 * d(1 + exp(-x), x)
= exp(-x) / (1 + exp(-x))**2
= 1 / (1 + exp(-x)) * exp(-x) / (1 + exp(-x))
= sigmoid(x) * (1 - sigmoid(x))
"""
### END SOLUTION

# %% test="sigmoid_slope_steps" points=1
check("sigmoid_slope_steps", sigmoid_slope_steps)
### BEGIN HIDDEN TESTS
from autograder.inprocess import grade_derivation
grade_derivation("sigmoid_slope_steps", sigmoid_slope_steps)
### END HIDDEN TESTS

# %% [markdown]
# ### Exercise `sigmoid_and_tanh_slopes` (3 points)
#
# Derive $\sigma'(x)$ and $\tanh'(x)$ on paper. Bring each into a form that contains nothing but the value,
# $\sigma(x)$ or $\tanh(x)$. On the way you may need $\frac{e^{-x}}{1+e^{-x}}=1-\sigma(x)$. Then write the function that
# returns both slopes, `(dsigmoid, dtanh)`, each in the shape of the array `x`, integers included.
#
# - *sigmoid* and *tanh* (1 point each): moderate numbers.
# - *far out* (1 point): for $|x|\le1000$ both slopes are right to twelve decimals, and never NaN.
#
# A formula is asked for. A finite difference keeps its points, but the feedback remarks on it. The function is
# checked by itself: you may call your `sigmoid`, but then its mistakes count here too. After a failed check: `hint()`.

# %% solution="sigmoid_and_tanh_slopes"
def sigmoid_and_tanh_slopes(x):
    """The derivatives of the sigmoid and of tanh at x, entry by entry.

    x: an array of any shape.
    Returns (dsigmoid, dtanh), both in the shape of x.
    """
    ### BEGIN SOLUTION
    # sigmoid = u^(-1) with u = 1 + exp(-x): -u^(-2) * (-exp(-x)) = exp(-x) / u^2 = sigmoid * (1 - sigmoid).
    # The slope is even in x, so |x| may stand for x, and exp cannot overflow.
    t = np.exp(-np.abs(x))
    # tanh = (p - m) / (p + m) with p' = p, m' = -m: ((p + m)^2 - (p - m)^2) / (p + m)^2 = 1 - tanh^2.
    return t / (1.0 + t) ** 2, 1.0 - np.tanh(x) ** 2
    ### END SOLUTION


# %% test="sigmoid_and_tanh_slopes" points=3
check("sigmoid_and_tanh_slopes", sigmoid_and_tanh_slopes)
### BEGIN HIDDEN TESTS
from autograder.inprocess import grade_gradient
grade_gradient("sigmoid_and_tanh_slopes", sigmoid_and_tanh_slopes, loss="sigmoid, tanh", wrt="x")
### END HIDDEN TESTS

# %% [markdown]
# **Predict, then run.** A sigmoid unit has three parents. They send $(a_0,a_1,a_2)=(0.2,\,-1.5,\,0.9)$, and the weights
# are $(w_0,w_1,w_2)=(2,\,0.1,\,-0.4)$. Which of the three weights has the largest
# $\left|\frac{\partial a}{\partial w_u}\right|$, where $a$ is what the unit itself sends?
#
# - *forward*: $z=\sum_uw_ua_u$, $a=\sigma(z)$. The $a_u$ and $z$ go to the cache.
# - *upstream* (the gradient that arrives at $z$): $\frac{\partial a}{\partial z}=\sigma'(z)$, the same for all weights.
# - *local*: $\frac{\partial z}{\partial w_u}=a_u$.
# - Upstream times local: $\frac{\partial a}{\partial w_u}=\sigma'(z)\,a_u$.
# - *check*: central differences.

# %% tags=["experiment"]
my_prediction = None  # 0, 1 or 2

# %% tags=["experiment"]
parents = np.array([0.2, -1.5, 0.9])  # a_u, shape (3,)
weights = np.array([2.0, 0.1, -0.4])  # w_u, shape (3,)
by_formula = yours_or_recorded(
    "gradient_of_a_unit",
    lambda: np.reshape(sigmoid_and_tanh_slopes(np.array([weights @ parents]))[0] * parents, 3).astype(float),
    exercise="sigmoid_and_tanh_slopes",
)
steps = 1e-5 * np.eye(3)  # row u moves weight u alone
above = 1 / (1 + np.exp(-(weights + steps) @ parents))
below = 1 / (1 + np.exp(-(weights - steps) @ parents))
print("formula    ", np.round(by_formula, 8))
print("difference ", np.round((above - below) / 2e-5, 8))
print("largest: weight", np.argmax(np.abs(by_formula)))
print("    you predicted", my_prediction)

# %% [markdown]
# A weight matters for its own gradient only through $z$. What counts is what the parent sends.
#
# **Worked example: extrema.** $q(x)=\frac1{1+x^2}$ with $q'(x)=-2x\,q(x)^2$.
#
# - Largest value: $q'(x)=0$ only at $x=0$; $q$ rises before and falls after. So the maximum is $q(0)=1$.
# - Smallest value: $q(x)>0$ everywhere, and $q(x)\to0$ for $x\to\pm\infty$. So the *infimum* (the largest lower
#   bound) is 0. No $x$ attains it: $q$ has no minimum.

# %%
x = np.array([-1000.0, -10.0, -0.1, 0.0, 0.1, 10.0, 1000.0])
for pair in zip(x, 1 / (1 + x**2), strict=True):
    print("x = {:7.1f}   q(x) = {:.1e}".format(*pair))

# %% [markdown]
# ### Exercise `slope_extrema` (1 point)
#
# Now the slope of the sigmoid, $\sigma'$. Where is it largest, how large is it there, and what is its infimum?
# Answer with a list of three numbers,
#
# `[the x at which the slope is largest, the largest slope, the infimum of the slope]`.
#
# Give at least four decimals.

# %% solution="slope_extrema"
slope_extrema = None  # a list of three numbers
### BEGIN SOLUTION
# s (1 - s) with 0 < s < 1 is largest at s = 1/2, that is at x = 0; it tends to 0 on both sides and stays positive.
slope_extrema = [0.0, 0.25, 0.0]
### END SOLUTION

# %% test="slope_extrema" points=1
check("slope_extrema", slope_extrema)
### BEGIN HIDDEN TESTS
from autograder.inprocess import grade_value
grade_value("slope_extrema", slope_extrema)
### END HIDDEN TESTS

# %% [markdown]
# **Predict, then run.** A gradient passes backwards through ten sigmoid units in a row, with all weights 1. Each unit
# multiplies it by its slope. Which share arrives *at most*: about $10^{-1}$, $10^{-3}$, $10^{-6}$ or $10^{-12}$? And
# through ten tanh units (any number)?

# %% tags=["experiment"]
my_prediction = {"sigmoid": None, "tanh": None}

# %% tags=["experiment"]
x = np.linspace(-8, 8, 161)
dsigmoid, dtanh = yours_or_recorded(
    "slopes",
    lambda: np.reshape(sigmoid_and_tanh_slopes(x), (2, x.size)).astype(float),
    exercise="sigmoid_and_tanh_slopes",
)
for name, slope in (("sigmoid", dsigmoid), ("tanh", dtanh)):
    print(f"ten {name} units: at most {slope.max() ** 10:.1e}")
    print("    you predicted", my_prediction[name])
line_picture(
    x,
    {"slope of the sigmoid": dsigmoid, "slope of tanh": dtanh},
    "The slopes of the sigmoid and of tanh for x from -8 to 8, on a logarithmic axis. "
    + " ".join(f"At x = {x[k]:.0f}: {dsigmoid[k]:.2g} and {dtanh[k]:.2g}." for k in range(0, 161, 20)),
    title="Slopes of the sigmoid and of tanh",
    x_label="x",
    y_decades=(-8, 1),
)


# %% [markdown]
# ## 4 Kinks (25 minutes)
#
# The *indicator* $\mathbb 1[\text{condition}]$ is 1 where the condition holds and 0 elsewhere. With it, a function with
# cases is one formula.
#
# **Worked example.** The hat $\max(0,1-|x|)$ rises from $-1$ to 0 and falls from 0 to 1. Its slope is
# $\mathbb 1[-1<x<0]-\mathbb 1[0<x<1]$, except at the three *kinks* $-1$, 0 and 1. At a kink the slope on the left
# differs from the slope on the right, so there is no derivative.

# %%
def hat(x):
    """max(0, 1 - |x|), entry by entry."""
    return np.maximum(0, 1 - np.abs(x))


x, h = np.array([-2.0, -0.5, 0.0, 0.5, 1.0]), 1e-6
print("x               ", x)
print("slope, left     ", np.round((hat(x) - hat(x - h)) / h, 6))
print("slope, right    ", np.round((hat(x + h) - hat(x)) / h, 6))
print("with indicators ", 1.0 * ((x > -1) & (x < 0)) - 1.0 * ((x > 0) & (x < 1)))

# %% [markdown]
# **The same with gaps.** The leaky rectifier $\max(x,0.1\,x)$ has the slope $\mathbb 1[x>0]+c\,\mathbb 1[x<0]$ for
# $x\ne0$. Replace `None` by the number $c$.

# %% tags=["experiment"]
c = None
x, h = np.array([-3.0, -0.2, 0.2, 3.0]), 1e-6
leaky = lambda x: np.maximum(x, 0.1 * x)
print("central        ", np.round((leaky(x + h) - leaky(x - h)) / (2 * h), 6))
print("with indicators", "fill the gap first" if c is None else 1.0 * (x > 0) + c * (x < 0))

# %% [markdown]
# ### Exercise `sign_formula` (1 point)
#
# $\operatorname{sign}(x)$ is $-1$ for $x<0$, $0$ for $x=0$ and $1$ for $x>0$. Write it with indicators, so that it is
# right for every $x$.
#
# The answer is a text such as `"2 * indicator(x > 3) + indicator(x <= 1)"`. Inside the brackets of `indicator` stands
# one condition.

# %% solution="sign_formula"
sign_formula = None  # a text with a formula in x
### BEGIN SOLUTION
sign_formula = "indicator(x > 0) - indicator(x < 0)"
### END SOLUTION

# %% test="sign_formula" points=1
check("sign_formula", sign_formula)
### BEGIN HIDDEN TESTS
from autograder.inprocess import grade_formula
grade_formula("sign_formula", sign_formula)
### END HIDDEN TESTS

# %% [markdown]
# **Conventions at a kink.** A program must return some number there. In this course $\operatorname{sign}(0)=0$, and
# the derivative of $|x|$ at 0 is taken as 0. For $\operatorname{relu}'(0)$ any number in $[0,1]$ is accepted.
#
# **Worked example: the gradient of a sum.** $f(\mathbf x)=\sum_{i=1}^nx_i^3$ with $\mathbf x$ of shape $(n,)$. In
# $\frac{\partial f}{\partial x_k}$ every term with $i\ne k$ is constant, so one term of the sum is left:
# $\frac{\partial f}{\partial x_k}=3x_k^2$. All $n$ of them form the gradient, of shape $(n,)$:
# $\nabla f=3\mathbf x^2$, entry by entry.

# %%
x, h = np.array([1.0, -2.0, 0.5]), 1e-5
gradient = 3 * x**2
e = np.array([0.0, 1.0, 0.0])  # moves entry 1 only
central = (np.sum((x + h * e) ** 3) - np.sum((x - h * e) ** 3)) / (2 * h)
print("gradient", gradient, "  shape", gradient.shape)
print("entry 1 by a central difference", round(central, 8))


# %% [markdown]
# ### Exercise `kink_gradients` (2 points)
#
# `x` has the shape $(n,)$ and may hold integers. Return four arrays of shape $(n,)$:
#
# | result | what it is |
# | --- | --- |
# | `d_abs` | the derivative of $\lvert x_k\rvert$ in each entry |
# | `d_rect` | the derivative of $\operatorname{relu}(x_k)=\max(0,x_k)$ in each entry |
# | `grad_l2_squared` | the gradient of $\lVert\mathbf x\rVert_2^2=\sum_kx_k^2$ |
# | `grad_l1` | the gradient of $\lVert\mathbf x\rVert_1=\sum_k\lvert x_k\rvert$ |
#
# Exact zeros occur: use the conventions above. Each array is a part of its own (0.5 points). `x` stays as it is.

# %% solution="kink_gradients"
def kink_gradients(x):
    """Derivatives of |x| and relu(x), and gradients of the squared 2-norm and of the 1-norm.

    x: a vector of shape (n,).
    Returns (d_abs, d_rect, grad_l2_squared, grad_l1), each of shape (n,).
    """
    ### BEGIN SOLUTION
    sign = 1.0 * (x > 0) - 1.0 * (x < 0)
    return sign, 1.0 * (x > 0), 2.0 * x, sign.copy()
    ### END SOLUTION


# %% test="kink_gradients" points=2
check("kink_gradients", kink_gradients)
### BEGIN HIDDEN TESTS
from autograder.inprocess import grade_gradient
grade_gradient("kink_gradients", kink_gradients, loss="abs, relu, square, abs", wrt="x")
### END HIDDEN TESTS

# %% [markdown]
# **Predict, then run.** What do finite differences say *at* a kink? Fill in the six numbers for $x=0$: forward,
# backward $\frac{f(x)-f(x-h)}h$ and central, for $|x|$ and for relu. Do they change with $h$?

# %% tags=["experiment"]
my_prediction = {"abs": [None, None, None], "relu": [None, None, None]}  # forward, backward, central

# %% tags=["experiment"]
for name, f in (("abs", np.abs), ("relu", relu)):
    for h in (1e-1, 1e-8):
        slopes = [(f(h) - f(0.0)) / h, (f(0.0) - f(-h)) / h, (f(h) - f(-h)) / (2 * h)]
        print(f"{name:4s}  h = {h:.0e}  forward, backward, central:", [float(s) for s in slopes])
    print(f"{name:4s}  you predicted               ", my_prediction[name])

# %% [markdown]
# The forward difference sees the right side, the backward one the left side; the central one is their mean. None of
# them warns you.
#
# ## 5 The errors of a finite difference (20 minutes)
#
# Taylor: $f(x\pm h)=f(x)\pm hf'(x)+\frac{h^2}2f''(x)\pm\frac{h^3}6f'''(x)+\dots$ Hence
#
# - *truncation*: the forward difference is off by $\frac h2f''$, the central one by $\frac{h^2}6f'''$.
# - *round-off*: each value of $f$ is off by up to $\varepsilon|f|$ with $\varepsilon\approx10^{-16}$. After the
#   division by $h$ this error is up to $\varepsilon|f|/h$.
#
# When $h$ falls, truncation falls and round-off grows. Their sum $\frac h2|f''|+\frac{\varepsilon|f|}h$ has the
# derivative 0 with respect to $h$ at $h=\sqrt{2\varepsilon|f|/|f''|}$. If $f$ and its derivatives are of size about 1,
# this is near $10^{-8}$. For the central difference the same steps lead to $h\approx\varepsilon^{1/3}$, near $10^{-5}$.

# %%
f, x = np.exp, 0.7
print("    h   forward  central")
for h in (1e-1, 1e-3, 1e-5, 1e-8, 1e-11, 1e-14):
    forward = abs((f(x + h) - f(x)) / h - f(x))
    central = abs((f(x + h) - f(x - h)) / (2 * h) - f(x))
    print(f"{h:.0e}  {forward:.0e}    {central:.0e}")

# %% [markdown]
# **The complex step.** For a smooth formula $f$, put $ih$ with $i^2=-1$ into the series:
#
# $$f(x+ih)=f(x)+ihf'(x)-\frac{h^2}2f''(x)-\dots$$
#
# $$\frac{\operatorname{Im}f(x+ih)}h=f'(x)-\frac{h^2}6f'''(x)+\dots$$
#
# $f(x)$ stands in the real part, the slope in the imaginary part. Nothing is subtracted, so no digits cancel. With
# $h=10^{-30}$ the truncation is about $10^{-60}$.
#
# The trap: every operation must be differentiable for complex numbers. `np.abs`, `np.sign` and `np.linalg.norm` are
# not. `np.abs`, for example, returns the length of a complex number, a real number.
#
# **Predict:** what does the complex step give for `np.abs` at $x=-2$, where the slope is $-1$?

# %% tags=["experiment"]
my_prediction = None

# %% tags=["experiment"]
x, h = 0.7, 1e-30
print("exp, complex step:   ", np.imag(np.exp(x + 1j * h)) / h, "  formula:", np.exp(x))
print("arctan, complex step:", np.imag(np.arctan(x + 1j * h)) / h, "  formula:", 1 / (1 + x**2))
print("abs at -2:           ", np.imag(np.abs(-2 + 1j * h)) / h, "  and no warning")
print("    you predicted    ", my_prediction)

# %% [markdown]
# **Predict, then explore.** Before you run the explorer, decide for the sigmoid at $x=1$:
#
# 1. Move $h$ from $10^{-1}$ to $10^{-2}$: by which factor do the forward and the central error fall?
# 2. At $h=10^{-12}$, which of the three slopes is the best?
# 3. Now choose ReLU and $x=0.1$: from which $h$ on is the central difference wrong?

# %% tags=["experiment"]
my_predictions = {1: None, 2: None, 3: None}

# %% tags=["experiment"]
from mlp_utils import explore_activations

explore_activations(log10_h=-1)

# %% tags=["experiment"]
# The three answers, computed. Run this cell after you have played with the explorer.
logistic = lambda x: 1 / (1 + np.exp(-x))
truth = np.imag(logistic(1 + 1e-30j)) / 1e-30


def three_slopes(h):
    forward = (logistic(1 + h) - logistic(1)) / h
    central = (logistic(1 + h) - logistic(1 - h)) / (2 * h)
    return np.array([forward, central, np.imag(logistic(1 + 1j * h)) / h])


errors = {h: np.abs(three_slopes(h) - truth) for h in (1e-1, 1e-2, 1e-12)}
print("1. errors fall by the factors (forward, central):", np.round((errors[1e-1] / errors[1e-2])[:2], 1))
print("2. errors at h = 1e-12 (forward, central, complex):", *(f"{error:.0e}" for error in errors[1e-12]))
for h in (0.05, 0.1, 0.2):
    print(f"3. ReLU at 0.1, h = {h}: central difference {(relu(0.1 + h) - relu(0.1 - h)) / (2 * h):.3f}")
print("you predicted", my_predictions)



# %% [markdown]
# ## 6 A gradient check (40 minutes)
#
# For a function of an array, a difference is made for one entry at a time; all others stay.
#
# **Worked example.** $f(X)=\sum_{ij}X_{ij}^2+X_{01}X_{10}$ with $X$ of shape $(2,2)$. Then
# $\frac{\partial f}{\partial X_{01}}=2X_{01}+X_{10}$. The program works on a copy, moves entry $(0,1)$ to both sides,
# and never touches the caller's array.

# %%
def f(X):
    """One number from X (2, 2)."""
    return np.sum(X**2) + X[0, 1] * X[1, 0]


X, h = np.array([[1.0, -2.0], [0.5, 3.0]]), 1e-5
above, below = X.copy(), X.copy()
above[0, 1] += h
below[0, 1] -= h
print("central", (f(above) - f(below)) / (2 * h), "  formula", 2 * X[0, 1] + X[1, 0])

# %% [markdown]
# **Predict, then run.** `b` and `c` hold integers. 0.00001 is added to `b[0]` and subtracted from `c[0]`. What are
# `b[0]` and `c[0]` afterwards, and does Python complain?

# %% tags=["experiment"]
my_prediction = {"b[0]": None, "c[0]": None}

# %% tags=["experiment"]
b, c = np.array([1, 2, 3]), np.array([1, 2, 3])
b[0] += 1e-5
c[0] -= 1e-5
print("b[0] =", b[0], "  c[0] =", c[0], "  dtype", b.dtype)
print("    you predicted", my_prediction)
print("a float copy:", np.array(b, dtype=float))

# %% [markdown]
# An array of integers cuts off every fraction, without a word. In a gradient check the step up is lost, and the step
# down becomes a step of $-1$: the result is nonsense.
#
# **The relative error.** Let $\mathbf g$ be the claimed gradient and $\mathbf n$ the numerical one. Compare
#
# $$\text{error}=\frac{\lVert\mathbf g-\mathbf n\rVert}{\lVert\mathbf g\rVert+\lVert\mathbf n\rVert},\qquad
# \lVert\mathbf a\rVert=\sqrt{\textstyle\sum_ka_k^2}.$$
#
# The sum runs over all entries, whatever the shape. The error lies between 0 and 1. It does not change when $f$ and
# the claimed gradient are multiplied by the same number $\ne0$. A right gradient gives about $10^{-10}$.
#
# **The same with gaps.** $\mathbf g=(3,4)$ and $\mathbf n=(3,-4)$: compute the error by hand, and replace `None` by it.

# %% tags=["experiment"]
error = None
g, n = np.array([3.0, 4.0]), np.array([3.0, -4.0])
length = lambda v: np.sqrt(v[0] ** 2 + v[1] ** 2)  # of a vector with two entries
print("your error    ", error)
print("by the formula", "fill the gap first" if error is None else length(g - n) / (length(g) + length(n)))



# %% [markdown]
# ### Exercise `gradient_check` (3 points)
#
# Write `gradient_check(f, gradient, x, h)`. It returns `(numerical, error)`.
#
# - `f(x)` gives one number, `gradient(x)` an array in the shape of `x`.
# - `x` is an array with at least one axis. If it holds integers, the function works with floats. `x` must be unchanged
#   afterwards, to the last bit.
# - *numerical gradient* (2 points): for each entry the central difference
#   $\frac{f(x+h\,e)-f(x-h\,e)}{2h}$, where $e$ is 1 in that entry and 0 elsewhere; in the shape of `x`. `h` is the step
#   to be used. At $h=0.1$ the check notices another step and another formula.
# - *relative error* (1 point): the number defined above; 0 if both gradients are zero.
#
# After a failed check: `hint()`.

# %% solution="gradient_check"
def gradient_check(f, gradient, x, h=1e-5):
    """Central differences of f at x, and how far the claimed gradient is from them.

    f:        a function that takes an array in the shape of x and returns one number.
    gradient: a function that takes the same array and returns an array in its shape.
    x:        an array with at least one axis.
    Returns (numerical, error): an array in the shape of x, and one number.
    """
    ### BEGIN SOLUTION
    point = np.array(x, dtype=float)  # a copy, and float
    numerical = np.zeros(point.shape)
    for index in np.ndindex(point.shape):
        old = point[index]
        point[index] = old + h
        above = f(point)
        point[index] = old - h
        below = f(point)
        point[index] = old
        numerical[index] = (above - below) / (2.0 * h)
    claimed = gradient(point)
    size = np.linalg.norm(claimed) + np.linalg.norm(numerical)
    error = 0.0 if size == 0.0 else np.linalg.norm(claimed - numerical) / size
    return numerical, error
    ### END SOLUTION


# %% test="gradient_check" points=3
check("gradient_check", gradient_check)
### BEGIN HIDDEN TESTS
from autograder.inprocess import grade_function
grade_function("gradient_check", gradient_check)
### END HIDDEN TESTS

# %% [markdown]
# **Predict, then run.** Entries are numbered $x_0,x_1,\dots$ in reading order, and $A$ is a matrix that is not
# symmetric. Which of these claimed gradients are wrong? And which of them do not agree with central differences at
# $\mathbf x=(0.9,\,-0.4,\,1.7,\,0.999998)$ with $h=10^{-5}$?
#
# | | $f(\mathbf x)$ | claimed gradient, entry $k$ |
# | --- | --- | --- |
# | A | $\sum_k(k+1)\sin x_k$ | $(k+1)\cos x_k$ |
# | B | $\mathbf x^\top A\,\mathbf x$ | $2(A\mathbf x)_k$ |
# | C | $\ln(1+\sum_ix_i^2)$ | $2x_k/(1+\sum_ix_i^2)$ |
# | D | $\sum_kx_kx_{k+1}$ | $x_{k+1}$, and 0 for the last |
# | E | $e^{-\sum_ix_i^2/2}$ | $-1.001\,x_k\,e^{-\sum_ix_i^2/2}$ |
# | F | $\sum_kx_k^4/4$ | $x_k^3$, but $x_0^2$ in entry 0 |
# | G | $\sum_k\max(0,1-x_k)$ | $-\mathbb 1[x_k<1]$ |

# %% tags=["experiment"]
my_prediction = {"wrong": "", "does not agree": ""}  # letters

# %% tags=["experiment"]
from mlp_utils import testbed as t

claims = {
    "A": (t.wave, t.wave_gradient_b),
    "B": (t.tilted_bowl, t.tilted_bowl_gradient_b),
    "C": (t.well, t.well_gradient_c),
    "D": (t.chain, t.chain_gradient_a),
    "E": (t.bell, t.bell_gradient_b),
    "F": (t.quartic, t.quartic_gradient_a),
    "G": (t.hinge, t.hinge_gradient_a),
}
x = np.array([0.9, -0.4, 1.7, 0.999998])
errors = yours_or_recorded(
    "planted_bugs",
    lambda: np.reshape([gradient_check(*pair, x, 1e-5)[1] for pair in claims.values()], 7).astype(float),
    exercise="gradient_check",
)
for letter, error in zip(claims, errors, strict=True):
    print(letter, f"{error:.1e}", "" if error < 1e-7 else "  does not agree")
print("you predicted", my_prediction)

# %% [markdown]
# Three results need a second look.
#
# - E is off by a tenth of a per cent. It shows half of that, $5\cdot10^{-4}$, because both lengths stand below.
# - F is wrong in one entry of four and shows $8\cdot10^{-3}$. A tolerance of $10^{-2}$ would let E and F pass; a right
#   gradient gives $10^{-10}$.
# - G is right. But $x_3=0.999998$ lies closer to the kink at 1 than $h$, so the central difference takes one value
#   from each side. Before you believe an alarm, ask whether a step crosses a kink.
#
# **Predict, then run.** You check a *right* gradient with $h$ from $10^{-15}$ to $10^{-1}$. Which form does the
# curve of errors have, and where is it lowest?

# %% tags=["experiment"]
my_prediction = None

# %% tags=["experiment"]
from mlp_utils import testbed as t

steps = np.logspace(-15, -1, 57)
x = np.array([0.9, -0.4, 1.7])
errors = yours_or_recorded(
    "error_against_h",
    lambda: np.reshape([gradient_check(t.wave, t.wave_gradient_b, x, h)[1] for h in steps], 57).astype(float),
    exercise="gradient_check",
)
print(f"smallest error {errors.min():.0e} at h = {steps[np.argmin(errors)]:.0e}")
print("    you predicted", my_prediction)
line_picture(
    steps,
    {"relative error of a right gradient": np.maximum(errors, 1e-16)},
    "The relative error of a right gradient against h, both axes logarithmic. "
    + " ".join(f"At h = {steps[k]:.0e}: {errors[k]:.0e}." for k in range(0, 57, 8)),
    title="The gradient is right; the error is the check's own",
    x_label="h",
    x_decades=(-15, -1),
    y_decades=(-13, 0),
)

# %% [markdown]
# ### Exercise `explain_step_size` (2 points, graded by a person)
#
# A right gradient is checked by central differences in float64. The relative error is $3\cdot10^{-11}$ at
# $h=10^{-5}$ and $3\cdot10^{-4}$ at $h=10^{-12}$. Explain in four to eight sentences: why is the smaller $h$ worse,
# why is there a best $h$, and why does a complex step with $h=10^{-30}$ not suffer?
#
# | points | the explanation |
# | --- | --- |
# | 2 | names both errors, says how each changes with $h$, and says what the complex step avoids |
# | 1 | gets one error right with its dependence on $h$, or names both without saying how they change |
# | 0 | names neither, or says only "rounding" |

# %% [markdown] manual="explain_step_size" points=2
# **Your explanation**
#
# ### BEGIN SOLUTION
# A central difference has two errors. Truncation comes from the terms of the Taylor series that the formula leaves
# out; it is about $\frac{h^2}6|f'''|$ and falls when $h$ falls. Round-off comes from the subtraction: $f(x+h)$ and
# $f(x-h)$ agree in nearly all of their digits, each is stored with an error of about $\varepsilon|f|$ with
# $\varepsilon\approx10^{-16}$, and the division by $2h$ makes $\varepsilon|f|/h$ of it, which grows when $h$ falls.
# At $h=10^{-12}$ round-off is about $10^{-4}$ and truncation is nothing; at $h=10^{-5}$ both are about $10^{-11}$.
# The best $h$ is where the two are equal, $h\approx\varepsilon^{1/3}\approx10^{-5}$. The complex step reads the slope
# from the imaginary part and subtracts nothing, so there is no round-off in $1/h$; $h$ can be so small that
# truncation vanishes.
# ### END SOLUTION

# %% [markdown]
# ## 7 Bug clinic (practice without points, 25 minutes)
#
# Each of the following statements is **false**. People have written them seriously. For each one: find the mistake,
# correct it, and test your version with numbers.
#
# **FALSE 1.** "$\ln\sigma(x)=-\operatorname{softmax}(-x)$", where
# $\operatorname{softmax}(\mathbf v)_k=e^{v_k}/\sum_je^{v_j}$. In place of `None` put your right-hand side: an
# expression with NumPy functions of the array `x`.

# %% tags=["experiment"]
x = np.array([-2.0, 0.0, 1.3])
left = yours_or_recorded(
    "clinic_log_sigmoid", lambda: np.reshape(np.log(sigmoid(x)), 3).astype(float), exercise="sigmoid"
)
false_right = -np.exp(-x) / np.sum(np.exp(-x))
mended = None
print("left side  ", left)
print("FALSE      ", false_right)
print("difference of your version:", "not there yet" if mended is None else left - mended)

# %% [markdown]
# **FALSE 2.** "$\operatorname{sign}(x)=-1+2\cdot\mathbb 1[x>0]$, and the gradient of $\lVert\mathbf x\rVert_1$ is
# $\operatorname{sign}(\mathbf x)$; so a descent step on the 1-norm moves a weight that is exactly 0." For which $x$ is
# the formula of the sign wrong? In place of `None` put a right sign: an expression with the array `w`.

# %% tags=["experiment"]
w, step = np.array([-0.5, 0.0, 0.5]), 0.1
false_sign = -1 + 2 * (w > 0)
mended = None
print("weights                  ", w)
print("step with the FALSE sign ", w - step * false_sign)
print("step with your version   ", "not there yet" if mended is None else w - step * mended)

# %% [markdown]
# **FALSE 3.** "The slope $\sigma'(x)$ has a maximum at 0, and it tends to $-\infty$ for $x\to\pm\infty$." Collect
# values that refute the second half. $\sigma$ always rises: what does this say about the sign of $\sigma'$? Complete
# the sentence in the cell.

# %% tags=["experiment"]
x = np.array([-100.0, -20.0, -5.0, 0.0, 5.0, 20.0, 100.0])
slopes = yours_or_recorded(
    "clinic_slopes", lambda: np.reshape(sigmoid(x) * sigmoid(-x), 7).astype(float), exercise="sigmoid"
)
mended = "sigma'(x) tends to ... , and it is always ..."
for pair in zip(x, slopes, strict=True):
    print("x = {:5.0f}   sigmoid(x) sigmoid(-x) = {:.2e}".format(*pair))
print(mended)

# %% [markdown]
# **FALSE 4.** "$\sigma(0.378436)=0.4065$." You need no calculator to see that this is false: which values can the
# sigmoid take at a positive number? Find the slip that produces 0.4065: put a number in place of `None` at which the
# sigmoid really is 0.4065.

# %% tags=["experiment"]
value = yours_or_recorded("clinic_value", lambda: float(sigmoid(0.378436)), exercise="sigmoid")
mended = None
print("sigmoid(0.378436) =", round(value, 6))
print("at your number    =", "not there yet" if mended is None else round(float(1 / (1 + np.exp(-mended))), 6))

# %% [markdown]
# ## To remember
#
# - Rearrange so that `exp` gets no positive number. $1-\sigma(x)$ keeps absolute, not relative accuracy;
#   $\sigma(-x)$, and so the slope $\sigma(x)\,\sigma(-x)$, keeps both.
# - The slopes of the sigmoid and tanh are written with the cached value. Far out both are almost 0, and a row of
#   sigmoid units passes on less with each unit.
# - At a kink there is a convention: $\operatorname{sign}(0)=0$, and any $\operatorname{relu}'(0)\in[0,1]$.
# - Central differences: $h\approx10^{-5}$, relative error about $10^{-10}$. Complex step: exact to round-off, but
#   silently wrong for `abs`, `sign` and `norm`.
# - An alarm may be a kink; a tolerance of $10^{-2}$ hides mistakes; integers have no small steps.
#
# Before you hand in: save the notebook, run the last cell, and read its list.

# %% tags=["experiment"]
summary("01_activations")
