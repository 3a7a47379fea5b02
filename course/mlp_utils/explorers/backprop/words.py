"""What the explorer of backpropagation says: the formula of a step, with letters and with numbers, and the rest.

Plain text and HTML only: no picture, no widget.
"""

from __future__ import annotations

import html
import math
from collections.abc import Iterable
from typing import Final

import numpy as np

from mlp_utils.explorers.backprop.model import STAGES, BackpropState, Factor, Quantity, WalkStep
from mlp_utils.explorers.backprop.network import Numbers, TinyNetwork, evaluate
from mlp_utils.explorers.text import readout_frame, table_row

__all__ = ["describe", "formula", "four_digits", "heading", "notes", "question", "readout_html", "six_decimals"]

_ORDER: Final = ("x", "W1", "b1", "z", "a", "W2", "b2", "logits", "P", "J")


def six_decimals(value: float) -> str:
    """A number with six decimals and no zeros at its end; a small or large one with four digits."""
    if value != 0 and (abs(value) < 1e-3 or abs(value) >= 1e7):
        return _power(f"{value:.4g}")
    return _plain(f"{value:.6f}")


def four_digits(value: float) -> str:
    """A number in little room: four decimals or fewer, at most seven characters and a sign."""
    if value != 0 and (abs(value) < 5e-4 or abs(value) >= 1e5):
        return _power(f"{value:.1e}")
    decimals = 4 if abs(value) < 10 else max(0, 4 - int(math.log10(abs(value))))
    return _plain(f"{value:.{decimals}f}")


def _plain(text: str) -> str:
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in {"0", "-0"} else text.replace("-", "−")


def _power(text: str) -> str:
    digits, _, exponent = text.partition("e")
    if not exponent:
        return _plain(text)
    return f"{_plain(digits)}e{int(exponent)}".replace("-", "−")


# -- one step --------------------------------------------------------------------------------


_SENTENCES: Final = {
    "z": "Pre-activation: inputs times weights, and the bias.",
    "a": "Activation: relu lets a positive z pass and makes 0 of any other.",
    "logits": "Logit: activations times weights, and the bias.",
    "P": "Probability: exp of the logit, divided by the sum of exp over all classes.",
    "J": "Loss: cross-entropy with the smoothed label Ys = (1 − ε) Y + ε/C. Of one sample the mean is the loss itself.",
    "dJ": "The way back begins: the derivative of J by itself is 1.",
    "dP": "Upstream is dJ, local ∂J/∂P[k] = −Ys[k]/P[k]. P[k] is used in the loss alone.",
    "dlogits": "Upstream is dP[m], local ∂P[m]/∂logits[k]. "
    "A logit changes every probability m, so the products are added.",
    "dW2": "Upstream is dlogits[k], local ∂logits[k]/∂W2[p, k] = a[p]. With one sample, a weight is used once.",
    "db2": "Upstream is dlogits[k], local 1: the bias is added.",
    "da": "Upstream is dlogits[k], local ∂logits[k]/∂a[p] = W2[p, k]. "
    "An activation feeds every logit k, so the products are added.",
    "dz": "Upstream is da[j], local the slope of relu, the mask: 1 where z[j] > 0, else 0.",
    "dW1": "Upstream is dz[j], local ∂z[j]/∂W1[i, j] = x[i]. With one sample, a weight is used once.",
    "db1": "Upstream is dz[j], local 1: the bias is added.",
    "dx": "Upstream is dz[j], local ∂z[j]/∂x[i] = W1[i, j]. "
    "An input feeds every hidden unit j, so the products are added.",
    "step": "A step of gradient descent: each weight and bias minus η times its gradient; then forward again.",
}
"""What happens in each stage."""


def _shape_of(entry: Quantity, n: Numbers) -> str:
    shape = n.values[entry.symbol].shape
    return f"({', '.join(map(str, shape))}{',' if len(shape) == 1 else ''})" if shape else "one number"


def heading(state: BackpropState) -> str:
    """Where the walk is: "Step 17 of 50, backward: da[1]"."""
    count = len(state.steps)
    if state.made is None:
        return f"Start, 0 of {count} steps: input and parameters are given"
    direction = {stage.name: stage.direction for stage in STAGES}[state.made.stage]
    what = "gradient descent" if direction == "update" else direction
    return f"Step {state.position} of {count}, {what}: {state.made.entry.name}"


def formula(step: WalkStep, network: TinyNetwork) -> list[str]:
    """The formula of a step in lines: with names, with numbers, and the value."""
    n, name, value = evaluate(network), step.entry.name, six_decimals(step.value)
    first = step.terms[0][0]
    match step.stage, step.entry.index:
        case "a", _:
            return [f"{name} = relu({first.name})", f"= max(0, {six_decimals(first.value)})", f"= {value}"]
        case "P", _:
            names = " + ".join(f"exp({term[0].name})" for term in _in_order(step))
            numbers = " + ".join(f"exp({six_decimals(term[0].value)})" for term in _in_order(step))
            return [
                f"{name} = exp({first.name}) / ({names})",
                f"= exp({six_decimals(first.value)}) / ({numbers})",
                f"= {value}",
            ]
        case "J", _:
            pairs = list(zip(n.ys, n.values["P"], strict=True))
            names = " + ".join(f"Ys[{k}] · ln(P[{k}])" for k in range(network.C))
            numbers = " + ".join(f"{six_decimals(float(y))} · ln({six_decimals(float(p))})" for y, p in pairs)
            return [f"{name} = −({names})", f"= −({numbers})", *_added_up(step), f"= {value}"]
        case "dJ", _:
            return [f"{name} = ∂J/∂J", f"= {value}"]
        case "dP", (k,):
            y, p = six_decimals(float(n.ys[k])), six_decimals(float(n.values["P"][k]))
            return [f"{name} = dJ · (−Ys[{k}] / P[{k}])", f"= 1 · (−{y} / {p})", f"= {value}"]
        case "step", _:
            names = ", ".join(f"{p} − η d{p}" for p in ("W1", "b1", "W2", "b2"))
            return [f"{name} = J({names})", f"with η = {six_decimals(network.eta)}", f"= {value}"]
    return [
        f"{name} = " + " + ".join(" · ".join(factor.name for factor in term) for term in step.terms),
        "= " + " + ".join(" · ".join(_in_brackets(factor.value) for factor in term) for term in step.terms),
        *_added_up(step),
        f"= {value}",
    ]


def _added_up(step: WalkStep) -> list[str]:
    """The line with the products worked out, if there are several."""
    if len(step.terms) == 1:
        return []
    return ["= " + " + ".join(_in_brackets(math.prod(factor.value for factor in term)) for term in step.terms)]


def _in_order(step: WalkStep) -> list[tuple[Factor, ...]]:
    return sorted(step.terms, key=lambda term: term[0].name)


def _in_brackets(value: float) -> str:
    text = six_decimals(value)
    return f"({text})" if text.startswith("−") else text


def notes(state: BackpropState) -> list[str]:
    """Sentences about the step that was made."""
    step, network = state.made, state.network
    if step is None:
        return [
            "Forward: each number from those on its left. Backward: each gradient from those on its right, "
            "upstream × local, added where several arrive.",
        ]
    n = evaluate(network)
    said = [_SENTENCES[step.stage]]
    if step.entry.is_gradient and step.entry.index:
        said.append(f"d{step.entry.symbol} has the shape of {step.entry.symbol}: {_shape_of(step.entry, n)}.")
    match step.stage, step.entry.index:
        case "dlogits", (k,):
            p, ys = six_decimals(float(n.values["P"][k])), six_decimals(float(n.ys[k]))
            said.append("∂P[m]/∂logits[k] is P[m] (1 − P[m]) where m = k, and −P[m] P[k] elsewhere.")
            said.append(f"The sum is P[{k}] − Ys[{k}] = {p} − {ys}: what softmax and cross-entropy give together.")
        case "dz", (j,) if n.values["z"][j] == 0:
            said.append("z is exactly 0: any slope from 0 to 1 is right there, and z > 0 gives 0.")
        case "dz", (j,) if n.values["z"][j] < 0:
            said.append(f"Unit {j} is off: nothing passes, so its weights and its bias get the gradient 0.")
        case (("dW2" | "dW1"), _) if step.terms[0][1].value == 0 and step.terms[0][0].value != 0:
            said.append("The local factor is 0: this weight was multiplied by 0, so it has no effect on the loss.")
        case "step", _:
            fall = network.eta * sum(float((n.gradients[name] ** 2).sum()) for name in ("W1", "b1", "W2", "b2"))
            before, change = float(n.values["J"]), "smaller" if step.value < n.values["J"] else "not smaller"
            said += [
                f"J was {six_decimals(before)} and is {change} now.",
                f"The slopes alone promise a fall of η · (sum of the squares of all gradients of weights and biases) = "
                f"{six_decimals(fall)}: about right for a small η only.",
            ]
    return said


def question(state: BackpropState) -> str:
    """What comes next: the name of the entry, or "" at the end."""
    return "" if state.next is None else state.next.entry.name


# -- all that is known -----------------------------------------------------------------------


def _known(symbol: str, gradient: bool, n: Numbers, reached: frozenset[Quantity]) -> Iterable[tuple[str, list[str]]]:
    """The rows of a variable or of its gradient: a name and its entries, "·" for those that are not known yet."""
    array = (n.gradients if gradient else n.values)[symbol]
    rows = [()] if array.ndim < 2 else list(np.ndindex(array.shape[:-1]))
    for row in rows:
        part = np.atleast_1d(array[row])
        index = [(*row, k) for k in range(part.size)] if array.ndim else [()]
        name = f"{symbol}[{row[0]}, :]" if row else symbol
        cells = [
            six_decimals(float(value)) if Quantity(symbol, at, gradient) in reached else "·"
            for at, value in zip(index, part, strict=True)
        ]
        yield name, cells


def describe(state: BackpropState) -> str:
    """The text alternative of the picture: where the walk is, its formula, and every number that is known."""
    network, n, reached = state.network, evaluate(state.network), state.reached
    parts = [
        f"Graph of a network with {network.d} inputs, {network.H} hidden units and {network.C} classes. "
        f"The sample has class {network.label}; ε = {six_decimals(network.epsilon)}, smoothed label "
        f"Ys = {', '.join(six_decimals(float(v)) for v in n.ys)}.",
        f"{heading(state)}.",
    ]
    if state.made is not None:
        parts.append(" ".join(formula(state.made, network)) + ".")
    if state.next is not None:
        parts.append(f"Next: {question(state)}.")
    for gradient, title in ((False, "Values"), (True, "Gradients")):
        rows = [
            f"{'d' if gradient else ''}{name} = {', '.join(cells)}"
            for symbol in _ORDER
            for name, cells in _known(symbol, gradient, n, reached)
            if any(cell != "·" for cell in cells)
        ]
        if rows:
            parts.append(f"{title}: {'; '.join(rows)}.")
    return " ".join(parts)


def readout_html(state: BackpropState) -> str:
    """The formula of the last step, sentences about it, and a table of all numbers that are known."""
    n, reached = evaluate(state.network), state.reached
    rows = [table_row("", ["value", "gradient"], header=True)]
    for symbol in _ORDER:
        pairs = zip(_known(symbol, False, n, reached), _known(symbol, True, n, reached), strict=True)
        rows += [
            table_row(name, [", ".join(values), ", ".join(slopes)], wrap=True) for (name, values), (_, slopes) in pairs
        ]
    return _step_html(state) + readout_frame(_facts(state), rows, [])


def _facts(state: BackpropState) -> str:
    ys = ", ".join(six_decimals(float(v)) for v in evaluate(state.network).ys)
    return f"class {state.network.label}, ε = {six_decimals(state.network.epsilon)}, Ys = ({ys}); · is not known yet"


def _step_html(state: BackpropState) -> str:
    """The step that was made: heading, formula, sentences."""
    lines = formula(state.made, state.network) if state.made else []
    body = "".join(f"<div>{html.escape(line)}</div>" for line in lines)
    said = " ".join(notes(state))
    return (
        f'<div style="line-height:1.5;contain:inline-size"><strong>{html.escape(heading(state))}</strong>'
        f'<div style="font-family:monospace;padding-left:2em;text-indent:-1em">{body}</div>{html.escape(said)}</div>'
    )
