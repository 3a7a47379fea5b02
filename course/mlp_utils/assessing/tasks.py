"""An exercise as the judge sees it: inputs, what is wanted, and how closely.

A ``Task`` holds no code and no answer key beyond the wanted values of its cases, so it can be stored as JSON.  The
visible tasks (other cases than the hidden ones) travel with this package in ``visible/``; the hidden ones never leave
the instructor's machine.
"""

from __future__ import annotations

import functools
import importlib.resources
import json
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from mlp_utils.assessing import wire

FUNCTION, VALUE, TEXT, DERIVATION = "function", "value", "text", "derivation"
KINDS = (FUNCTION, VALUE, TEXT, DERIVATION)

UNJUDGED = "unjudged"
"""In the JSON of a case, what stands in the place of a result that it does not judge, with the shape."""


class UnknownExercise(LookupError):
    """There is no exercise with that id."""


@dataclass(frozen=True)
class Unjudged:
    """Stands for a result that a case does not judge: of the wanted one the shape alone is known.

    Its numbers decide nothing.  They may be rounding errors, which differ between machines, so they are not kept.
    """

    shape: tuple[int, ...]

    @property
    def ndim(self) -> int:
        """NumPy asks for it, so that ``np.ndim`` and ``np.shape`` take this like an array."""
        return len(self.shape)

    @staticmethod
    def like(value: Any) -> Unjudged:
        """In the place of a value; what is no array of numbers has no shape."""
        if isinstance(value, Unjudged):
            return value
        try:
            return Unjudged(tuple(int(n) for n in np.shape(value)))
        except ValueError:
            return Unjudged(())


@dataclass(frozen=True)
class Case:
    """One set of inputs with the wanted result.

    name:       what is special about it, in words that may be shown to a student.
    part:       the named part of the exercise whose points it decides.
    inputs:     the arguments of a function; the named arrays of a formula's variables, as one dict; () for a value.
    want:       the wanted result: a number, an array, or a tuple of them, where what is not judged is ``Unjudged``.
    rtol, atol: an array g is right if ‖g − want‖ ≤ rtol (‖g‖ + ‖want‖) + atol.
    entrywise:  the same rule for each entry by itself, for functions that act on each entry.
    low, high:  where a convention is free (relu′(0)), anything between the two is right.
    pick:       of a function that returns several results, the one that this case judges; None for all.
    span:       of a value of several numbers, the positions start, …, stop − 1 that this case judges; None for all.
    """

    name: str
    part: str
    inputs: tuple[Any, ...]
    want: Any
    rtol: float = 1e-7
    atol: float = 1e-12
    entrywise: bool = False
    low: Any = None
    high: Any = None
    pick: int | None = None
    span: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        if isinstance(self.want, tuple) and self.pick is not None:
            judged = (value if k == self.pick else Unjudged.like(value) for k, value in enumerate(self.want))
            object.__setattr__(self, "want", tuple(judged))

    @functools.cached_property
    def sent(self) -> wire.Json:
        """The inputs as they travel."""
        return wire.encode(list(self.inputs))

    @functools.cached_property
    def received(self) -> Any:
        """The inputs as they arrive in the student's process; not to be changed."""
        return wire.decode(self.sent)

    def to_json(self) -> wire.Json:
        return {
            "name": self.name,
            "part": self.part,
            "inputs": [wire.encode(item) for item in self.inputs],
            "want": _want_to_json(self.want),
            "rtol": self.rtol,
            "atol": self.atol,
            "entrywise": self.entrywise,
            "low": wire.encode(self.low),
            "high": wire.encode(self.high),
            "pick": self.pick,
            "span": None if self.span is None else list(self.span),
        }

    @staticmethod
    def from_json(data: wire.Json) -> Case:
        return Case(
            name=data["name"],
            part=data["part"],
            inputs=tuple(wire.decode(item) for item in data["inputs"]),
            want=_want_from_json(data["want"]),
            rtol=data["rtol"],
            atol=data["atol"],
            entrywise=data["entrywise"],
            low=wire.decode(data["low"]),
            high=wire.decode(data["high"]),
            pick=data["pick"],
            span=None if data["span"] is None else (data["span"][0], data["span"][1]),
        )


def _want_to_json(want: Any) -> wire.Json:
    if not isinstance(want, tuple) or not any(isinstance(value, Unjudged) for value in want):
        return wire.encode(want)
    items = [{UNJUDGED: list(value.shape)} if isinstance(value, Unjudged) else wire.encode(value) for value in want]
    return {"type": "tuple", "items": items}


def _want_from_json(data: wire.Json) -> Any:
    if not isinstance(data, dict) or data.get("type") != "tuple":
        return wire.decode(data)
    items = data["items"]
    blank = [Unjudged(tuple(item[UNJUDGED])) if isinstance(item, dict) and UNJUDGED in item else None for item in items]
    return tuple(b if b is not None else wire.decode(item) for b, item in zip(blank, items, strict=True))


@dataclass(frozen=True)
class Located:
    """One row of the table that says where a mistake lies; the first row that fits is shown with a wrong answer.

    says:  a sentence for the student, such as «Look between dlogits and dZ1.»
    wrong: names of results, separated by commas, that are each wrong in at least one case.
    right: names of results that are right in all cases; may be empty.
    """

    says: str
    wrong: str
    right: str = ""

    @property
    def wrong_names(self) -> tuple[str, ...]:
        return _names(self.wrong)

    @property
    def right_names(self) -> tuple[str, ...]:
        return _names(self.right)


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


@dataclass(frozen=True)
class Task:
    """One graded exercise: what is asked for, what it is worth, and the cases that decide.

    kind:      "function", "value", "text" (a formula) or "derivation".
    points:    the maximum; each part is worth points × weight / sum of weights.
    outputs:   the names of the results, for messages: ("dW", "db").
    analytic:  a derivative is asked for as a formula, so a numerical one is worth a remark.
    functions: for a formula, the functions it may use.
    decimals:  for a value, the decimals that count; with ``digests``, a visible check knows a right value without
               holding it.
    derivation: for a derivation, its setting and its route as JSON.
    locate:    for a function that returns several results, where the mistake lies when some are right and some wrong.
    arguments: the names of a function's arguments.
    invariants: names of ``mlp_utils.assessing.invariants`` that every right result keeps; of one of several results,
               with its name: "losses: nonnegative".
    sealed:    hints that open only for the wrong answer that they belong to; see ``mlp_utils.hints.sealed``.
    """

    exercise_id: str
    assignment_id: str
    kind: str
    title: str
    points: float
    parts: dict[str, float]
    cases: tuple[Case, ...]
    outputs: tuple[str, ...] = ()
    analytic: bool = False
    functions: tuple[str, ...] = ()
    decimals: int = 6
    digests: dict[str, str] = field(default_factory=dict)
    derivation: dict[str, Any] = field(default_factory=dict)
    locate: tuple[Located, ...] = ()
    arguments: tuple[str, ...] = ()
    invariants: tuple[str, ...] = ()
    sealed: dict[str, str] = field(default_factory=dict)

    def request(self) -> str:
        """What ``wire.observe`` is asked for this task."""
        if self.kind != FUNCTION:
            return json.dumps({"kind": "value"})
        return json.dumps({"kind": "function", "cases": [case.sent["items"] for case in self.cases]})

    def to_json(self) -> wire.Json:
        data = {name: getattr(self, name) for name in _PLAIN}
        optional = {
            "locate": [asdict(row) for row in self.locate],
            "arguments": list(self.arguments),
            "invariants": list(self.invariants),
            "sealed": self.sealed,
        }
        data |= {name: value for name, value in optional.items() if value}
        return data | {
            "parts": [[name, weight] for name, weight in self.parts.items()],
            "outputs": list(self.outputs),
            "functions": list(self.functions),
            "cases": [case.to_json() for case in self.cases],
        }

    @staticmethod
    def from_json(data: wire.Json) -> Task:
        plain = {name: data[name] for name in _PLAIN}
        return Task(
            **plain,
            parts=dict(data["parts"]),
            outputs=tuple(data["outputs"]),
            functions=tuple(data["functions"]),
            cases=tuple(Case.from_json(case) for case in data["cases"]),
            locate=tuple(Located(**row) for row in data.get("locate", ())),
            arguments=tuple(data.get("arguments", ())),
            invariants=tuple(data.get("invariants", ())),
            sealed=dict(data.get("sealed", {})),
        )


_PLAIN = (
    "exercise_id",
    "assignment_id",
    "kind",
    "title",
    "points",
    "analytic",
    "decimals",
    "digests",
    "derivation",
)


def invariant_of(text: str) -> tuple[str, str]:
    """The result and the name in ``"losses: nonnegative"``; no result stands for each of them."""
    output, _, name = text.rpartition(":")
    return output.strip(), name.strip()


@functools.cache
def visible_tasks() -> dict[str, Task]:
    """The visible task of every exercise in the course, by exercise id."""
    tasks: dict[str, Task] = {}
    folder = importlib.resources.files("mlp_utils") / "visible"
    if not folder.is_dir():
        return tasks
    for entry in sorted(folder.iterdir(), key=lambda item: item.name):
        if entry.name.endswith(".json"):
            for data in json.loads(entry.read_text(encoding="utf-8"))["tasks"]:
                task = Task.from_json(data)
                tasks[task.exercise_id] = task
    return tasks


def visible_task(exercise_id: str) -> Task:
    """The visible task of one exercise; ``UnknownExercise`` if there is none of that id."""
    try:
        return visible_tasks()[exercise_id]
    except KeyError:
        known = ", ".join(sorted(visible_tasks())) or "none"
        raise UnknownExercise(
            f"There is no exercise {exercise_id!r} in this version of mlp_utils; the exercises are: {known}."
        ) from None
