"""Where in a chain of steps a mistake must lie, from which results are right and which are wrong.

A function that returns several gradients computes one from the other.  If dW2 and db2 are right and dW1 and db1 are
not, then the mistake lies between dZ2 and dZ1, whatever it is.  An author writes such rows as ``Located``; they need
no code.
"""

from __future__ import annotations

from mlp_utils.assessing.assess import Outcome
from mlp_utils.assessing.compare import MISSING, compare, pieces_of
from mlp_utils.assessing.tasks import Located


def located(outcome: Outcome) -> str:
    """What the first row of ``outcome.task.locate`` that fits says; empty if none does."""
    right = right_outputs(outcome) if outcome.task.locate else {}
    return next((row.says for row in outcome.task.locate if _fits(row, right)), "")


def right_outputs(outcome: Outcome) -> dict[str, bool]:
    """For each named result whether it is right in all the cases that judge it, compared by itself.

    A result that no case judges is not listed.  Empty if a case raised an exception, lacks a result or has too many:
    then nothing is known of the place.
    """
    names = outcome.task.outputs
    found: dict[str, bool] = {}
    for result in outcome.results:
        case = result.case
        pieces = pieces_of(result.got, case) if isinstance(case.want, tuple) else []
        if result.error is not None or len(pieces) != len(names):
            return {}
        for k, name in enumerate(names):
            if case.pick in (None, k):
                problem = compare(pieces[k], case.want[k], case, name)
                if problem is not None and problem.kind == MISSING:
                    return {}
                found[name] = found.get(name, True) and problem is None
    return found


def _fits(row: Located, right: dict[str, bool]) -> bool:
    return all(right.get(name) is True for name in row.right_names) and all(
        right.get(name) is False for name in row.wrong_names
    )


__all__ = ["located", "right_outputs"]
