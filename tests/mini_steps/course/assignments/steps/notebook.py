# %% [markdown]
# # A derivation for the tests

# %% tags=["setup"]
import numpy as np

from mlp_utils import check, hint

# %% [markdown]
# Letters: logits `z[i]`, smoothed labels `ys[i]`, probabilities `p = softmax(z)`.

# %% solution="loss_by_logits"
loss_by_logits = """
d(L, z[j])
= ...
"""
### BEGIN SOLUTION
loss_by_logits = """
d(L, z[j])
= sum(d(L, p[i]) * d(p[i], z[j]) for i)
= sum(-ys[i] / p[i] * p[i] * (delta(i, j) - p[j]) for i)
= -ys[j] + sum(ys[i] * p[j] for i)
= p[j] - ys[j]
"""
### END SOLUTION

# %% test="loss_by_logits" points=4
check("loss_by_logits", loss_by_logits)
### BEGIN HIDDEN TESTS
from autograder.inprocess import grade_derivation

grade_derivation("loss_by_logits", loss_by_logits)
### END HIDDEN TESTS
