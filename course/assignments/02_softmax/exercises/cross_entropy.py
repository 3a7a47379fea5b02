"""Cross-entropy of integer classes, from logits."""

import numpy as np

from autograder.authoring import Exercise, case, labels, sizes, spread, whole

cross_entropy = Exercise(
    "cross_entropy",
    title="Cross-entropy from logits",
    parts={"losses": 1, "risk": 1, "large logits": 1},
    outputs=("losses", "risk"),
    invariants=("losses: nonnegative", "risk: nonnegative"),
    covers=("S002-15", "S002-16"),
)


@cross_entropy.cases
def _(rng):
    n, c, m = sizes(rng, 3, 3)
    for pick, part in enumerate(("losses", "risk")):
        mine = {"part": part, "pick": pick, "entrywise": True}
        y = labels(rng, n, c)
        unsure = spread(rng, n, c)
        # One right class is very improbable: a number added to p shows, however small.
        unsure[0, y[0]] = unsure[0].min() - rng.uniform(14.0, 17.0)
        yield case("one class is very wrong", unsure, y, **mine)
        equal = spread(rng, m, n)
        equal[1] = equal[1, 0]
        yield case("a row of equal logits", equal, labels(rng, m, n), **mine)
        yield case("integer logits", whole(rng, c * m).reshape(c, m), labels(rng, c, m), **mine)
    for pick in (0, 1):
        mine = {"part": "large logits", "pick": pick, "entrywise": True}
        y = labels(rng, 5, c)
        far = spread(rng, 5, c) + np.array([[995.0], [-995.0], [0.0], [0.0], [0.0]])
        far[2, y[2]] -= 800.0
        far[3, y[3]], far[3, y[3] - 1] = -1000.0, 1000.0
        # Between 24 and 27 a clip at 1e-12 is not yet reached, and 1e-12 added to p shows.
        far[4, y[4]] = np.delete(far[4], y[4]).max() - rng.uniform(24.0, 27.0)
        order = rng.permutation(5)
        yield case("rows near 1000 and -1000, gaps up to 2000", far[order], y[order], **mine)


@cross_entropy.accepted("logaddexp", says="NumPy's logaddexp.reduce")
def _(logits, y):
    losses = np.logaddexp.reduce(logits, axis=1) - logits[np.arange(len(y)), y]
    return losses, losses.mean()


@cross_entropy.accepted("loop", says="a loop over the samples with the math module")
def _(logits, y):
    import math

    losses = []
    for z, k in zip(np.asarray(logits, dtype=float), y, strict=True):
        top = max(z)
        losses.append(top - z[k] + math.log(sum(math.exp(v - top) for v in z)))
    return np.array(losses), sum(losses) / len(losses)


@cross_entropy.accepted("differences", says="the log-sum-exp of the differences to the right logit")
def _(logits, y):
    gaps = logits - np.take_along_axis(logits, y[:, None], axis=1)
    top = gaps.max(axis=1)
    losses = top + np.log(np.exp(gaps - top[:, None]).sum(axis=1))
    return losses, np.mean(losses)


@cross_entropy.accepted("one_hot", says="the logarithms of all probabilities, picked by a one-hot matrix")
def _(logits, y):
    low = logits - logits.max(axis=1, keepdims=True)
    logs = low - np.log(np.exp(low).sum(axis=1, keepdims=True))
    losses = -np.sum(np.eye(logits.shape[1])[y] * logs, axis=1)
    return losses, np.sum(losses) / len(y)


@cross_entropy.accepted("einsum", says="the right logits by einsum")
def _(logits, y):
    hot = (y[:, None] == np.arange(logits.shape[1])).astype(float)
    top = np.max(logits, axis=1)
    losses = top + np.log(np.einsum("nk->n", np.exp(logits - top[:, None]))) - np.einsum("nk,nk->n", hot, logits)
    return losses, losses.sum() / losses.size


LARGEST = "Take the largest term of each row out of the sum, so that exp gets no positive number."


@cross_entropy.misconception(
    "logarithm_of_softmax",
    says="The probability is formed first. At a gap of 800 it is 0, and its logarithm is infinite.",
    hint="Write -ln p_y with logits alone, before you program it.",
)
def _(logits, y):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    losses = -np.log(e[np.arange(len(y)), y] / e.sum(axis=1))
    return losses, losses.mean()


@cross_entropy.misconception(
    "no_shift",
    says="The log-sum-exp is computed as it stands: exp of 1000 is infinite, and of -1000 it is 0.",
    hint=LARGEST,
)
def _(logits, y):
    losses = np.log(np.exp(logits).sum(axis=1)) - logits[np.arange(len(y)), y]
    return losses, losses.mean()


@cross_entropy.misconception(
    "quotient_without_shift",
    says="The probability is formed without a shift: inf / inf is NaN, and the logarithm of 0 is infinite.",
    hint=LARGEST,
)
def _(logits, y):
    e = np.exp(logits)
    losses = -np.log(e[np.arange(len(y)), y] / e.sum(axis=1))
    return losses, losses.mean()


@cross_entropy.misconception(
    "one_maximum_for_all",
    says="The maximum of the whole batch is taken away; in a row far below it the sum is 0, its logarithm infinite.",
    hint="Each row has a largest term of its own. Print the shape of your maximum.",
)
def _(logits, y):
    top = logits.max()
    losses = top + np.log(np.exp(logits - top).sum(axis=1)) - logits[np.arange(len(y)), y]
    return losses, losses.mean()


CLIPPED = (
    "The probability is clipped before the logarithm, so the loss of a very wrong class stops growing.",
    "The loss of a gap of 800 is 800. Print yours. Which form needs no probability?",
)
ADDED = (
    "A small number is added to the probability before the logarithm: every loss is off, and the loss of a very wrong "
    "class stops growing.",
    "The loss of a gap of 800 is 800. Print yours. Which form needs no probability?",
)


def cured(answer_id, says_and_hint, cure):
    """-ln of a probability that has been treated so that it is not 0; cure is Python text with p."""
    says, hint = says_and_hint
    inner = f"(lambda v: (v, v.mean()))((lambda p: -np.log({cure}))(softmax(logits)[np.arange(len(y)), y]))"
    cross_entropy.misconception(answer_id, says=says, hint=hint, source=f"lambda logits, y: {inner}")


for digits in (7, 8, 9, 10, 12, 15):
    cured(f"clipped_1e_{digits}", CLIPPED, f"np.clip(p, 1e-{digits}, 1)")
    cured(f"added_1e_{digits}", ADDED, f"p + 1e-{digits}")
cured("clipped_epsilon", CLIPPED, "np.maximum(p, np.finfo(float).eps)")
cured("added_epsilon", ADDED, "p + np.finfo(float).eps")


def losses(answer_id, says, hint):
    """Decorator: other losses from (logits, y), and their mean as the risk."""

    def add(losses_of):
        def change(right):
            def wrong(logits, y):
                found = losses_of(np.asarray(logits, dtype=float), y)
                return found, np.mean(found)

            return wrong

        cross_entropy.transform(answer_id, says=says, hint=hint)(change)
        return losses_of

    return add


def risk(answer_id, says, hint):
    """Decorator: the right losses, and another risk from (losses, logits, y)."""

    def add(risk_of):
        def change(right):
            def wrong(logits, y):
                found = right(logits, y)[0]
                return found, risk_of(found, np.asarray(logits, dtype=float), y)

            return wrong

        cross_entropy.transform(answer_id, says=says, hint=hint)(change)
        return risk_of

    return add


def log_sum_exp(z):
    """(N, C) -> (N,)."""
    return np.logaddexp.reduce(z, axis=1)


def of_class(z, y):
    """One entry of each row: (N, C), (N,) -> (N,)."""
    return z[np.arange(len(y)), y]


def probabilities(z):
    """Row-wise softmax, (N, C)."""
    return np.exp(z - log_sum_exp(z)[:, None])


# --- other losses


losses(
    "minus_missing",
    "The minus sign is missing: the logarithm of a probability is negative, and a loss is not.",
    "What is the sign of the logarithm of a number below 1?",
)(lambda z, y: of_class(z, y) - log_sum_exp(z))
losses(
    "softmax_twice",
    "The probabilities are treated as logits, so softmax is applied twice; no loss can become large.",
    "How often does exp occur on the way from the logits to your losses?",
)(lambda z, y: log_sum_exp(probabilities(z)) - of_class(probabilities(z), y))
losses(
    "maximum_not_put_back",
    "The maximum is taken out of the sum and its logarithm is not added again.",
    "Compare ln(e^1000 + e^1001) with what your log-sum-exp gives for (1000, 1001).",
)(lambda z, y: log_sum_exp(z - z.max(axis=1, keepdims=True)) - of_class(z, y))
losses(
    "maximum_put_back_twice",
    "The right logit is shifted, and the maximum is added again as well: it stands in the loss once too often.",
    "Where did the maximum leave your formula, and where does it come back?",
)(lambda z, y: log_sum_exp(z) - of_class(z, y) + z.max(axis=1))
losses(
    "right_logit_missing",
    "This is the log-sum-exp alone: the logit of the right class is missing.",
    "Does your loss depend on y?",
)(lambda z, y: log_sum_exp(z))
losses(
    "log_sum_exp_missing",
    "This is the negative right logit alone: the log-sum-exp is missing, so all logits together can make it smaller.",
    "Add 5 to all logits. Does your loss change?",
)(lambda z, y: -of_class(z, y))
losses(
    "largest_logit_for_log_sum_exp",
    "The log-sum-exp is replaced by the largest logit: a row of equal logits gets the loss 0.",
    "Which terms are left in the sum after the largest one has been taken out?",
)(lambda z, y: z.max(axis=1) - of_class(z, y))
losses(
    "right_logit_added",
    "The right logit is added; a larger logit of the right class must make the loss smaller.",
    "Raise the right logit. Does your loss fall?",
)(lambda z, y: log_sum_exp(z) + of_class(z, y))
losses(
    "labels_from_one",
    "The classes are counted from 1, so each sample gets the loss of the class before (y - 1, and -1 is the last).",
    "Which column belongs to class 0?",
)(lambda z, y: log_sum_exp(z) - of_class(z, y - 1))
losses(
    "predicted_class",
    "The loss is that of the class with the largest probability and not of the right one.",
    "Does your loss depend on y?",
)(lambda z, y: log_sum_exp(z) - z.max(axis=1))
losses(
    "first_labels_column",
    "Every row is read at the column of the first sample's class.",
    "Which column is read in the last row?",
)(lambda z, y: log_sum_exp(z) - z[:, y[0]])
losses(
    "logarithm_to_base_two",
    "The logarithm has base 2; in this course all logarithms are natural.",
    "What is the loss of a row of two equal logits? Compute it by hand and with your function.",
)(lambda z, y: (log_sum_exp(z) - of_class(z, y)) / np.log(2))
losses(
    "logarithm_to_base_ten",
    "The logarithm has base 10; in this course all logarithms are natural.",
    "What is the loss of a row of two equal logits? Compute it by hand and with your function.",
)(lambda z, y: (log_sum_exp(z) - of_class(z, y)) / np.log(10))
losses(
    "logarithm_missing",
    "This is 1 - p_y: the logarithm is missing, so no loss exceeds 1.",
    "How large is the loss of a class with the probability 0.001?",
)(lambda z, y: 1 - of_class(probabilities(z), y))
losses(
    "weighted_by_the_probability",
    "-ln p_y is multiplied by p_y; the weight of the right class is its label, 1.",
    "How large is the loss when p_y comes close to 0?",
)(lambda z, y: of_class(probabilities(z), y) * (log_sum_exp(z) - of_class(z, y)))
losses(
    "entropy",
    "This is the entropy of the prediction, with p as weights; the weights are the labels.",
    "Does your loss depend on y?",
)(lambda z, y: np.sum(probabilities(z) * (log_sum_exp(z)[:, None] - z), axis=1))
losses(
    "all_classes_counted",
    "-ln p is added up over all classes; only the right class counts.",
    "Which terms of the sum does a one-hot label leave?",
)(lambda z, y: np.sum(log_sum_exp(z)[:, None] - z, axis=1))
losses(
    "mean_over_classes",
    "The loss of a sample is divided by C, as if it were a mean over the classes.",
    "What is the loss of a row of two equal logits? Compute it by hand and with your function.",
)(lambda z, y: (log_sum_exp(z) - of_class(z, y)) / z.shape[1])
losses(
    "squared_error",
    "This is the squared distance of the probabilities from the one-hot label, another loss.",
    "How large can your loss become?",
)(lambda z, y: np.sum((probabilities(z) - np.eye(z.shape[1])[y]) ** 2, axis=1))
losses(
    "one_sum_for_all",
    "The sum runs over all logits of the batch; each row has a log-sum-exp of its own.",
    "Which shape does your log-sum-exp have?",
)(lambda z, y: np.logaddexp.reduce(z.ravel()) - of_class(z, y))
losses(
    "softmax_over_the_samples",
    "Softmax runs over the samples (axis 0): the columns compete and not the classes of one row.",
    "Which axis counts the classes?",
)(lambda z, y: of_class(np.logaddexp.reduce(z, axis=0) - z, y))
losses(
    "every_pair",
    "`[:, y]` takes the columns of all samples from every row: a table (N, N), of which only the diagonal is meant.",
    "Print the shape of what you pick. How does one read column y[n] in row n?",
)(lambda z, y: log_sum_exp(z)[:, None] - z[:, y])
losses(
    "column_minus_vector",
    "A column (N, 1) and a vector (N,) are combined, and broadcasting makes a table (N, N) of it.",
    "Print the shape of both terms before they are combined.",
)(lambda z, y: log_sum_exp(z)[:, None] - of_class(z, y))
losses(
    "sum_over_the_samples",
    "The sum in log-sum-exp runs over the samples: its shape is (C,), and it does not fit to N losses.",
    "Which axis of the logits counts the classes?",
)(lambda z, y: np.logaddexp.reduce(z, axis=0) - of_class(z, y))


# --- another risk


risk(
    "sum_for_mean",
    "The risk is the sum of the losses; it is their mean.",
    "How should the risk change when each sample occurs twice in the batch?",
)(lambda found, z, y: found.sum())
risk(
    "divided_by_entries",
    "The sum of the losses is divided by N·C; there are N losses.",
    "How many losses are there?",
)(lambda found, z, y: found.sum() / z.size)
risk(
    "divided_by_classes",
    "The sum of the losses is divided by the number of classes and not by the number of samples.",
    "How many losses are there?",
)(lambda found, z, y: found.sum() / z.shape[1])
risk(
    "mean_of_the_probabilities",
    "This is the logarithm of the mean probability and not the mean of the logarithms.",
    "In which order do the mean and the logarithm come?",
)(lambda found, z, y: -np.log(np.mean(np.exp(-found))))
risk(
    "median",
    "The risk is the median of the losses; it is their mean.",
    "Does your risk change when the largest loss grows?",
)(lambda found, z, y: np.median(found))
risk(
    "one_less_in_the_mean",
    "The sum of the losses is divided by N - 1.",
    "How many losses are there?",
)(lambda found, z, y: found.sum() / (len(found) - 1))
risk(
    "half_the_mean",
    "The risk has an additional factor 1/2.",
    "What is the risk when all N losses are 1?",
)(lambda found, z, y: found.mean() / 2)
risk(
    "error_rate",
    "This is the share of samples with a wrong class and not the mean loss.",
    "Does your risk change when a logit changes a little?",
)(lambda found, z, y: np.mean(z.argmax(axis=1) != y))


@cross_entropy.transform(
    "order_of_results",
    says="The two results are returned in the other order.",
    hint="Read the docstring: which one comes first?",
)
def _(right):
    return lambda logits, y: right(logits, y)[::-1]


@cross_entropy.misconception(
    "shifted_in_place",
    says="The maximum is taken away from the caller's own array (`logits -= ...`), which is changed for everybody.",
    hint="Print the logits before and after a call.",
)
def _(logits, y):
    logits -= np.max(logits, axis=1, keepdims=True)
    losses = np.log(np.sum(np.exp(logits), axis=1)) - logits[np.arange(len(y)), y]
    return losses, losses.mean()
