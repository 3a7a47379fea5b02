"""A derivation to try out, outside of any exercise: each line is compared with the line above it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mlp_utils.derivations.route import Form, Route, mark
from mlp_utils.derivations.setting import Letter, Setting
from mlp_utils.derivations.show import LineTable, lines_of
from mlp_utils.messages import show

_NOTHING_ASKED = Route((), Form("anything"))


def show_lines(
    text: str, *, definitions: Mapping[str, str] | None = None, **letters: Sequence[str] | str | Letter
) -> None:
    """Show the lines of a derivation, each with its typeset form and whether it follows from the line above.

        show_lines('''
        d(x**2 * exp(x), x)
        = 2 * x * exp(x) + x**2 * exp(x)
        ''', x=())

    text:        the lines; a false line does not make this raise, nor one that cannot be read.
    definitions: names that stand for formulas: {"p": "softmax(z)"}.
    letters:     the variables by name, each with its shape: x=() a number, z="C" a vector, W=("n", "q") a matrix; or a
                 ``Letter`` for numbers of another domain.
    """
    known = {name: _letter(shape) for name, shape in letters.items()}
    setting = Setting(known, dict(definitions or {}))
    show(LineTable(lines_of(mark(str(text), setting, _NOTHING_ASKED), setting)))


def _letter(shape: Sequence[str] | str | Letter) -> Letter:
    if isinstance(shape, Letter):
        return shape
    return Letter((shape,) if isinstance(shape, str) and shape else tuple(shape))
