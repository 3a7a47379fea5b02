"""A derivation to try out, outside of any exercise: each line is compared with the line above it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mlp_utils.assessing.tasks import visible_task
from mlp_utils.derivations.route import Form, Route, mark
from mlp_utils.derivations.setting import Letter, Setting
from mlp_utils.derivations.show import LineTable, lines_of
from mlp_utils.messages import show

_NOTHING_ASKED = Route((), Form("anything"))


def show_lines(
    text: str,
    *,
    definitions: Mapping[str, str] | None = None,
    like: str = "",
    **letters: Sequence[str] | str | Letter,
) -> None:
    """Show the lines of a derivation, each with its typeset form and whether it follows from the line above.

        show_lines('''
        d(x**2 * exp(x), x)
        = 2 * x * exp(x) + x**2 * exp(x)
        ''', x=())

    text:        the lines; a false line does not make this raise, nor one that cannot be read.
    definitions: names that stand for formulas: {"p": "softmax(z)"}.
    like:        the id of an exercise whose letters and definitions are used; no others are needed then.
    letters:     the variables by name, each with its shape: x=() a number, z="C" a vector, W=("n", "q") a matrix; or a
                 ``Letter`` for numbers of another domain.

    Raises ``ValueError`` for a shape that is none and for an exercise that is no derivation.
    """
    known = {name: _letter(name, shape) for name, shape in letters.items()}
    given = _setting_of(like) if like else Setting({})
    setting = Setting({**given.letters, **known}, {**given.definitions, **(definitions or {})}, given.indices)
    show(LineTable(lines_of(mark(str(text), setting, _NOTHING_ASKED), setting)))


def _setting_of(exercise_id: str) -> Setting:
    task = visible_task(exercise_id)
    if not task.derivation:
        raise ValueError(f"The exercise {exercise_id} is no derivation, so it has no letters.")
    return Setting.from_json(task.derivation["setting"])


def _letter(name: str, shape: Sequence[str] | str | Letter) -> Letter:
    if isinstance(shape, Letter):
        return shape
    lengths = [shape] if isinstance(shape, str) and shape else shape
    if not isinstance(lengths, Sequence) or not all(isinstance(n, str) and n.isalnum() for n in lengths):
        raise ValueError(
            f'{name}={shape!r} is no shape: write {name}=() for a number, {name}="C" for a vector or '
            f'{name}=("n", "q") for a matrix; a formula is given as definitions={{"{name}": "..."}}.'
        )
    return Letter(tuple(lengths))
