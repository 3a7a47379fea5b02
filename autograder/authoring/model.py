"""How an author writes an exercise: cases, accepted answers and misconceptions, all in one place.

The files in ``course/assignments/<assignment>/exercises/`` hold an ``Exercise`` for each graded cell.  The right answer
is not among them: it is the solution that stands in the notebook.

    sigmoid = Exercise("sigmoid", title="A sigmoid for every x", parts={"values": 2, "large inputs": 1})

    @sigmoid.cases
    def _(rng):
        yield case("moderate numbers", rng.normal(size=(3, 4)), part="values", entrywise=True)

    @sigmoid.misconception("sign_of_exponent", says="The exponent has the wrong sign.", hint="Try x = 10.")
    def _(x):
        return 1 / (1 + np.exp(x))

The functions of accepted answers and misconceptions are what a student would write in the solution cell: their source
is taken from the file, renamed, and run among the notebook's own names (so they may use what the notebook defines and
nothing else of their file).
"""

from __future__ import annotations

import ast
import inspect
import itertools
import re
import textwrap
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from mlp_utils.assessing.invariants import INVARIANTS
from mlp_utils.assessing.tasks import DERIVATION, FUNCTION, KINDS, TEXT, VALUE, Located, invariant_of
from mlp_utils.derivations.route import END, FIRST, Form, Route
from mlp_utils.derivations.setting import Letter, Setting

ID = re.compile(r"[a-z][a-z0-9_]*\Z")


GRADIENT_TOOLS = (
    "mlp_utils.explorers",
    "mlp_utils.gradients",
    "mlp_utils.networks.network",
    "mlp_utils.special",
    "mlp_utils.networks.training",
)
"""The modules that hold answers to exercises on gradients: their ``WITHHELD``.  Assignments that withhold the same are
graded faster, because their kernels come from the same servers."""


class ModelError(ValueError):
    """An exercise is declared in a way that cannot work; the message says which and why."""


@dataclass(frozen=True)
class CaseSpec:
    """Inputs of a case before the reference has been asked; see ``mlp_utils.assessing.tasks.Case`` for the fields.

    between: a function of the inputs that returns (low, high) where a convention is free.
    pick:    of several results, the one that this case judges.
    span:    of a value of several numbers, those that this case judges.
    """

    name: str
    inputs: tuple[Any, ...]
    part: str
    rtol: float = 1e-7
    atol: float = 1e-12
    entrywise: bool = False
    between: Callable[..., tuple[Any, Any]] | None = None
    pick: int | None = None
    span: tuple[int, int] | None = None


def case(
    name: str,
    *inputs: Any,
    part: str = "values",
    rtol: float = 1e-7,
    atol: float = 1e-12,
    entrywise: bool = False,
    between: Callable[..., tuple[Any, Any]] | None = None,
    pick: int | None = None,
) -> CaseSpec:
    """One case: a name that a student may read, the inputs, and the part of the exercise that it decides."""
    return CaseSpec(name, inputs, part, rtol, atol, entrywise, between, pick)


@dataclass(frozen=True)
class Answer:
    """An answer that is not the reference: accepted, or a misconception.

    id:       names it in records, reports and tests.
    says:     one sentence: what is wrong (for an accepted answer: what is unusual about it).
    hint:     one sentence that points at the place without giving the answer.
    source:   the code that a student would write in the solution cell; None for a transform.
    change:   a transform of the right answer; None for source.
    unseen:   the reason why the visible check does not find it; empty if it does.
    """

    id: str
    says: str
    hint: str = ""
    source: str | None = None
    change: Callable[[Any], Any] | None = None
    unseen: str = ""

    def build(self, name: str, right: Any, namespace: Mapping[str, Any]) -> Any:
        """The answer as an object, made among the notebook's own names."""
        if self.change is not None:
            return self.change(right)
        scope = dict(namespace)
        exec(compile(str(self.source), f"<{self.id}>", "exec"), scope)
        return scope[name]


Cases = Callable[[np.random.Generator], Iterable[CaseSpec]]


@dataclass(eq=False)
class Exercise:
    """One graded cell.

    id:        the ``grade_id`` of the solution cell; ``[a-z][a-z0-9_]*``, unique in the course.
    title:     a few words for messages and reports.
    kind:      "function", "value", "text" or "derivation".
    answer:    the name that the solution cell defines; the id unless given.
    parts:     weights of the named parts.
    groups:    for a value of several numbers, how many of them, one after the other, belong to each part.
    outputs:   names of the results of a function that returns several.
    loss, wrt: for a derivative: the function that is differentiated (a name of the notebook or of NumPy; summed if it
               returns an array) and the argument.  The reference derivative is verified against it.  Of several
               results each has its own, separated by commas; where all have the same, it stands once.
    upstream:  the argument that holds the gradient which arrives at the function's result: before the sum, each entry
               of the result is multiplied by its entry.
    analytic:  a formula is asked for; a finite difference is worth a remark.  True for derivatives unless given.
    functions: for a formula, the functions that it may use.
    decimals:  for a value, the decimals that count.
    setting:   for a derivation, its letters and definitions.
    route:     for a derivation, where it starts and ends, and its waypoints; they are the parts.
    paper:     a derivation is written by hand instead, and a person grades it.
    locate:    for a function that returns several results computed from each other: rows that say where the mistake
               lies, such as Located(right="dW2, db2", wrong="dW1, db1", says="Look between dlogits and dZ1.").  The
               first that fits is shown with a wrong answer, in the check and in the feedback.
    invariants: what every right result keeps, by the names in ``mlp_utils.assessing.invariants``, such as
               "rows_sum_to_1"; of one of several results "losses: nonnegative".  A wrong result that breaks one is told
               so.
    covers:    the items of the source material that it asks for.
    """

    id: str
    title: str
    kind: str = FUNCTION
    answer: str = ""
    parts: dict[str, float] = field(default_factory=lambda: {"values": 1.0})
    groups: tuple[int, ...] = ()
    outputs: tuple[str, ...] = ()
    loss: str = ""
    wrt: str = ""
    upstream: str = ""
    analytic: bool | None = None
    functions: tuple[str, ...] = ()
    decimals: int = 6
    setting: Setting | None = None
    route: Route | None = None
    paper: bool = False
    locate: tuple[Located, ...] = ()
    invariants: tuple[str, ...] = ()
    covers: tuple[str, ...] = ()
    make_cases: Cases | None = None
    accepted_answers: list[Answer] = field(default_factory=list)
    misconceptions: list[Answer] = field(default_factory=list)

    def __post_init__(self) -> None:
        if not ID.match(self.id):
            raise ModelError(f"The exercise id {self.id!r} is not of the form [a-z][a-z0-9_]*.")
        if self.kind not in KINDS:
            raise ModelError(f"Exercise {self.id}: kind {self.kind!r} is not one of {', '.join(KINDS)}.")
        if (self.kind == DERIVATION) != (self.setting is not None and self.route is not None):
            raise ModelError(f"Exercise {self.id}: a derivation, and nothing else, has a setting and a route.")
        if self.paper and self.kind != DERIVATION:
            raise ModelError(f"Exercise {self.id}: only a derivation can be taken on paper.")
        if self.route is not None:
            self.parts = dict.fromkeys([FIRST, *self.route.ways[0], END], 1.0)
        counts = len(self.groups) or 1
        if (self.groups and self.kind != VALUE) or (self.kind == VALUE and counts != len(self.parts)):
            raise ModelError(f"Exercise {self.id}: `groups` are for a value, one for each of its parts.")
        if any(count < 1 for count in self.groups):
            raise ModelError(f"Exercise {self.id}: each of its `groups` has at least one number.")
        self.answer = self.answer or self.id
        if self.analytic is None:
            self.analytic = bool(self.loss)
        self.derivatives()
        for row in self.locate:
            self._check_located(row)
        for text in self.invariants:
            output, name = invariant_of(text)
            if name not in INVARIANTS or (output and output not in self.outputs):
                raise ModelError(
                    f"Exercise {self.id}: {text!r} is no invariant of its results; known are {', '.join(INVARIANTS)}."
                )

    def _check_located(self, row: Located) -> None:
        right, wrong = row.right_names, row.wrong_names
        unknown = [name for name in (*right, *wrong) if name not in self.outputs]
        if unknown:
            raise ModelError(
                f"Exercise {self.id}: `locate` names {', '.join(unknown)}, and the outputs are "
                f"{', '.join(self.outputs) or 'not named'}."
            )
        if not wrong or set(right) & set(wrong) or not row.says.strip():
            raise ModelError(
                f"Exercise {self.id}: a row of `locate` needs a sentence and at least one wrong output, and no output "
                f"is right and wrong at once; one row has right={row.right!r}, wrong={row.wrong!r}."
            )

    def derivatives(self) -> list[tuple[str, str]]:
        """For each result, the name of the function that is differentiated and of the argument; empty if none is."""
        if not self.loss:
            return []
        losses, arguments = ([name.strip() for name in text.split(",")] for text in (self.loss, self.wrt))
        count = max(len(losses), len(arguments))
        if not {len(losses), len(arguments)} <= {1, count}:
            raise ModelError(f"Exercise {self.id}: `loss` and `wrt` name {len(losses)} and {len(arguments)} things.")
        losses, arguments = (names * (count // len(names)) for names in (losses, arguments))
        return list(zip(losses, arguments, strict=True))

    def derivation_json(self) -> dict[str, Any]:
        """The setting and the route as a task holds them; empty if this is no derivation."""
        if self.setting is None or self.route is None:
            return {}
        return {"setting": self.setting.to_json(), "route": self.route.to_json()}

    def cases(self, function: Cases) -> Cases:
        """Decorator: the function that draws the cases from a random generator."""
        self.make_cases = function
        return function

    def draw(self, rng: np.random.Generator) -> list[CaseSpec]:
        """The cases for one seed; a value has one without inputs, or one for each group of its numbers."""
        if self.kind == VALUE:
            # A visible check sees rounded numbers only, so the hidden one is never stricter than a rounding.
            atol = 1.02 * 10.0**-self.decimals
            ends = list(itertools.accumulate(self.groups))
            spans: list[tuple[int, int] | None] = [*zip([0, *ends], ends, strict=False)] or [None]
            return [
                CaseSpec("your value", (), part, rtol=0.0, atol=atol, entrywise=True, span=span)
                for part, span in zip(self.parts, spans, strict=False)
            ]
        if self.kind == DERIVATION:
            return [CaseSpec("your derivation", (), FIRST)]
        if self.make_cases is None:
            raise ModelError(f"Exercise {self.id} has no cases.")
        specs = list(self.make_cases(rng))
        unknown = {spec.part for spec in specs} - set(self.parts)
        if unknown or not specs:
            raise ModelError(f"Exercise {self.id}: its cases name no part or an unknown one: {sorted(unknown)}.")
        idle = sorted(set(self.parts) - {spec.part for spec in specs})
        if idle:
            raise ModelError(f"Exercise {self.id}: no case decides {', '.join(idle)}, so its points are for nothing.")
        self._check_judged(specs)
        return specs

    def _check_judged(self, specs: list[CaseSpec]) -> None:
        """Each output in ``locate`` is judged by some case; otherwise its row could never fit."""
        named = {name for row in self.locate for name in (*row.right_names, *row.wrong_names)}
        if any(spec.pick is None for spec in specs):
            return
        unjudged = named - {self.outputs[spec.pick] for spec in specs if spec.pick is not None}
        if unjudged:
            raise ModelError(f"Exercise {self.id}: `locate` names {', '.join(sorted(unjudged))}; no case judges that.")

    def accepted(self, answer_id: str, *, says: str = "", answer: Any = None, source: str = "") -> Callable[[Any], Any]:
        """Another right answer, which must get full points: a decorator, or a call with ``answer`` or ``source``.

        answer: a value or a formula's text.  source: the same as Python text, for what repr() cannot write; a text
        that begins with ``def`` is a whole function.
        """
        return self._add(self.accepted_answers, Answer(answer_id, says), answer, source)

    def misconception(
        self, answer_id: str, *, says: str, hint: str, answer: Any = None, source: str = "", unseen: str = ""
    ) -> Callable[[Any], Any]:
        """A wrong answer that must lose points and be named; given like an accepted one."""
        return self._add(self.misconceptions, Answer(answer_id, says, hint, unseen=unseen), answer, source)

    def transform(self, answer_id: str, *, says: str, hint: str, unseen: str = "") -> Callable[[Any], Any]:
        """Decorator: a misconception made from the right function; the decorated function takes and returns one."""

        def add(change: Callable[[Any], Any]) -> Callable[[Any], Any]:
            self._append(self.misconceptions, Answer(answer_id, says, hint, None, change, unseen))
            return change

        return add

    def _add(self, answers: list[Answer], blank: Answer, value: Any, text: str) -> Callable[[Any], Any]:
        def add(function: Any) -> Any:
            source = rename(textwrap.dedent(inspect.getsource(function)), self.answer)
            self._append(answers, Answer(blank.id, blank.says, blank.hint, source, None, blank.unseen))
            return function

        if value is None and not text:
            return add
        function = text.startswith("def ")
        source = rename(text, self.answer) if function else f"{self.answer} = {text or _written(value)}\n"
        self._append(answers, Answer(blank.id, blank.says, blank.hint, source, None, blank.unseen))
        return lambda function: function

    def _append(self, answers: list[Answer], answer: Answer) -> None:
        if not ID.match(answer.id):
            raise ModelError(f"Exercise {self.id}: the id {answer.id!r} is not of the form [a-z][a-z0-9_]*.")
        if any(other.id == answer.id for other in (*self.accepted_answers, *self.misconceptions)):
            raise ModelError(f"Exercise {self.id}: two answers have the id {answer.id!r}.")
        answers.append(answer)


def _written(value: Any) -> str:
    """A value as a student would type it: the lines of a derivation between three quotation marks."""
    if isinstance(value, str) and "\n" in value and not set(value) & {'"', "\\"}:
        return f'"""{value}"""'
    return repr(value)


def rename(source: str, name: str) -> str:
    """The source of a decorated function without its decorators, under another name, comments kept."""
    tree = ast.parse(source)
    function = tree.body[0]
    if not isinstance(function, ast.FunctionDef):
        raise ModelError("An accepted answer or a misconception is a function or a value.")
    lines = source.splitlines()[function.lineno - 1 :]
    lines[0] = re.sub(r"^def\s+\w+", f"def {name}", lines[0])
    return "\n".join(lines) + "\n"


__all__ = [
    "DERIVATION",
    "FUNCTION",
    "GRADIENT_TOOLS",
    "TEXT",
    "VALUE",
    "Answer",
    "CaseSpec",
    "Exercise",
    "Form",
    "Letter",
    "Located",
    "ModelError",
    "Route",
    "Setting",
    "case",
    "rename",
]
