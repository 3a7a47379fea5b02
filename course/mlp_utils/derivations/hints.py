"""What a hint says about a derivation: the kind of the first mistake, and which rule to look at; never the line."""

from __future__ import annotations

from collections.abc import Sequence

from mlp_utils.derivations.route import Marked, Route
from mlp_utils.derivations.show import Line
from mlp_utils.derivations.steps import FALSE, UNDEFINED

BY_KIND = {
    "sign": "Count the minus signs: which rule gives one here, and is each of them still there?",
    "one sign": "Which rule puts a minus between two terms or before an inner derivative?",
    "factor": "A constant factor stays in front of a derivative. Which one was lost, or came in twice?",
    "transpose": "Compare the shapes: (A @ B).T is B.T @ A.T.",
    "index": "Say for each index what it stands for: that of the derivative is fixed, that of a sum runs.",
    "number": "Do the arithmetic of this line once more, number by number.",
    "exponent": "In the power rule the exponent drops by 1; in the quotient rule the denominator is squared.",
    "path": "The chain rule adds up one product for each quantity in between that the variable moves.",
    "sum lost": "An index that is not of the derivative has to be summed over: which entries take part?",
    "sum kept": "In a derivative by one entry most terms of a sum are constant. Which are not?",
    "index lost": "The result has one number for each value of a free index. Where did it go?",
    "new index": "Every index is either one of the first line or bound by a sum.",
    "missing": "In a product rule or chain rule each factor stays, or its derivative takes its place. Compare factor "
    "by factor with the line above.",
    "undivided": "Compare the denominators of this line and of the line above.",
    "extra": "Compare factor by factor with the line above: what was cancelled, and what was not?",
    "square lost": "The derivative of 1/u has u squared below, and so has the quotient rule.",
    "not differentiated": "In a chain rule every factor is a derivative; in each term of a product or quotient rule "
    "exactly one is. Which one here?",
    "inner derivative": "The chain rule: the outer derivative is multiplied by that of what is inside.",
    "differentiated": "In each term of a product or quotient rule exactly one factor is differentiated. Which one?",
    "condition": "For which values of the index does the term stand in the sum?",
    "turned": "Put in one number on each side of the border: on which side does the term count?",
    "positive": "Which rule that you used holds on one side of 0 only?",
    "negative": "Which rule that you used holds on one side of 0 only?",
    "zero": "What happens at the kink itself?",
    "equal indices": "There are two cases, equal and different indices. Which term stands in one of them alone?",
    "different indices": "There are two cases, equal and different indices. What is missing where they are equal?",
    "square": "Which of the two lengths counts the terms that are summed?",
    "shape": "Write the shape of each factor below it; in A @ B the inner two must be equal and vanish.",
    "undefined": "Where has this line no value: a division by 0, a logarithm or a root of a negative number?",
}
_OTHER = (
    "None of the small changes that were tried mends this line. Use one rule at a time, with a line for each, and see "
    "which of them fails."
)
_SLIP = (
    "Compare the line with the table of typed formulas in assignment 01, sign by sign, from the position named. "
    "One formula stands in one line, each product has its *, an entry is written z[i]."
)


def hint_of(marked: Marked, route: Route, lines: Sequence[Line]) -> str:
    """The kind of the first mistake and the rule that belongs to it, then the next waypoint that is missing.

    lines: as ``show.lines_of`` gives them.
    """
    if not marked.started and not marked.checked.slips:
        return f"Begin with {' or '.join(route.start)}."
    said: list[str] = []
    false = next((line for line in lines if line.state in (FALSE, UNDEFINED)), None)
    if false is not None:
        said.append(f"Line {false.number}: {BY_KIND.get(false.kind, _OTHER)}")
    if marked.checked.slips:
        said.append(f"Line {marked.checked.slips[0].line}: {_SLIP}")
    missing = [name for name in marked.way if name not in marked.reached]
    if missing:
        hint = route.waypoints[missing[0]].hint
        said.append(f"Still missing: {missing[0]}. {hint}".rstrip())
    elif not marked.ended and false is None:
        said.append(f"At the end, {route.end.says}.")
    return " ".join(said) or "Look at the first line that is marked."


__all__ = ["hint_of"]
