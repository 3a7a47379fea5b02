"""What a gradient check found, as data, as a plain-text table and as an HTML table."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from mlp_utils.gradients.differences import Index, entry_name

__all__ = ["ArrayCheck", "GradCheck"]


@dataclass(frozen=True)
class ArrayCheck:
    """What the check found for one array: g is the given gradient, t the numerical one.

    name, shape     of the parameter
    ok              ||g - t|| <= rtol (||g|| + ||t||) + atol over the entries that were judged
    relative_error  ||g - t|| / (||g|| + ||t||), and 0 when both are 0; after the gate alone an
                    estimate of its upper bound; nan when nothing could be compared
    ratio           c = <g, t> / <t, t>, the factor by which g is too large; None if not computed
    cosine          <g, t> / (||g|| ||t||); None if not computed
    worst           the index at which g and t differ most, None if no entry was compared
    got, expected   g and t at ``worst``
    kinks           the indices that were left out, because f has a kink there
    method          "probes", "complex step", "central differences" or "none"
    message         a sentence about this array, or ""
    """

    name: str
    shape: tuple[int, ...]
    ok: bool
    relative_error: float
    ratio: float | None = None
    cosine: float | None = None
    worst: Index | None = None
    got: float | None = None
    expected: float | None = None
    kinks: tuple[Index, ...] = ()
    method: str = "none"
    message: str = ""


@dataclass(frozen=True)
class GradCheck:
    """The result of `check_gradient`; it is true exactly when all arrays are right.

    ``arrays`` are in the order of the parameters, ``result["W1"]`` is the one with that name;
    ``note`` says when and why central differences were used; ``evaluations`` counts calls of f.
    """

    arrays: tuple[ArrayCheck, ...]
    note: str = ""
    evaluations: int = 0

    @property
    def ok(self) -> bool:
        """Whether every array is right."""
        return all(array.ok for array in self.arrays)

    def __bool__(self) -> bool:
        return self.ok

    def __getitem__(self, name: str) -> ArrayCheck:
        for array in self.arrays:
            if array.name == name:
                return array
        raise KeyError(name)

    def __str__(self) -> str:
        rows = [_HEADER, *map(_row, self.arrays)]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
        return "\n".join([self._verdict(), *lines, *self._remarks()])

    def _repr_html_(self) -> str:
        head = "".join(f'<th style="text-align:left">{escape(cell)}</th>' for cell in _HEADER)
        body = ""
        for array in self.arrays:
            # blue and vermilion differ for every kind of colour vision; the words say the same
            colour, sign = ("#0072B2", "\u2713") if array.ok else ("#B34700", "\u2717")
            name, verdict, *rest = map(escape, _row(array))
            cells = "".join(f'<td style="text-align:left">{cell}</td>' for cell in rest)
            body += (
                f'<tr><th scope="row" style="text-align:left">{name}</th>'
                f'<td style="text-align:left;color:{colour};font-weight:bold">{sign} {verdict}</td>'
                f"{cells}</tr>"
            )
        remarks = "".join(f"<p>{escape(remark)}</p>" for remark in self._remarks())
        return (
            f"<p><strong>{escape(self._verdict())}</strong></p>"
            f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{remarks}"
        )

    def _verdict(self) -> str:
        total, wrong = len(self.arrays), sum(not array.ok for array in self.arrays)
        if total == 1:
            return f"Gradient check: the array is {'wrong' if wrong else 'right'}."
        if not wrong:
            return f"Gradient check: all {total} arrays are right."
        return f"Gradient check: {wrong} of {total} arrays {'is' if wrong == 1 else 'are'} wrong."

    def _remarks(self) -> list[str]:
        remarks = [array.message for array in self.arrays if array.message]
        return [*remarks, self.note] if self.note else remarks


_HEADER = (
    "array",
    "verdict",
    "shape",
    "relative error",
    "ratio",
    "cosine",
    "worst entry",
    "yours",
    "expected",
    "checked by",
)


def _row(array: ArrayCheck) -> tuple[str, ...]:
    error = _number(array.relative_error, 2)
    yours, expected = (_number(value) for value in (array.got, array.expected))
    if yours == expected and not array.ok:  # the difference stands in later digits
        yours, expected = (_number(value, 15) for value in (array.got, array.expected))
    return (
        str(array.name),
        "right" if array.ok else "wrong",
        str(array.shape),
        f"about {error} or less" if array.method == "probes" else error,
        _number(array.ratio, 4),
        _number(array.cosine, 4),
        "-" if array.worst is None else entry_name(array.name, array.worst),
        yours,
        expected,
        array.method,
    )


def _number(value: float | None, digits: int = 7) -> str:
    return "-" if value is None else f"{value:.{digits}g}"
