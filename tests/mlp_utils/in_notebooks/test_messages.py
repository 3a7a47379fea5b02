"""Hints, the summary, and how a message is shown."""

from __future__ import annotations

import re
import warnings
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis.extra import numpy as hnp
from IPython.core.formatters import PlainTextFormatter
from mlp_utils import check, hint, messages, summary
from mlp_utils.assessing import tasks
from mlp_utils.assessing.tasks import UnknownExercise, visible_task
from mlp_utils.hints.patterns import PATTERNS, pattern
from mlp_utils.in_notebooks import summary as notebook_summary
from mlp_utils.messages import Message, Row, Table
from mlp_utils.status import COLOURS, SYMBOLS, VERDICTS, WORDS, Status

from .check_cases import RIGHT, ROOT, TASKS, Shown, raises

pytestmark = pytest.mark.usefixtures("few_exercises")


# --- hints -------------------------------------------------------------------------------------------------------


def test_without_a_check_there_is_no_hint(shown: Shown) -> None:
    assert "Run a check first" in shown(hint)
    check("square", RIGHT["square"])
    assert "Run a check first" in shown(hint, "slope")
    with pytest.raises(UnknownExercise, match="no_such_exercise"):
        hint("no_such_exercise")


@pytest.mark.parametrize("mistake", [p for p in PATTERNS if p.spoil is not None], ids=lambda p: p.id)
def test_a_hint_names_the_kind_of_mistake(mistake: Any, shown: Shown) -> None:
    assert mistake.spoil is not None
    name = "layer" if mistake.id in ("column_instead_of_vector",) else "square"
    right = RIGHT[name]
    points = check(name, mistake.spoil(right))
    assert points < visible_task(name).points
    assert mistake.hint in shown(hint)


def test_a_hint_belongs_to_the_exercise_that_is_asked_about(shown: Shown) -> None:
    check("square", lambda x: -x * x)
    check("slope", lambda x: 2 * x + 1)
    sign, offset = pattern("sign_flipped"), pattern("constant_offset")
    assert sign is not None
    assert offset is not None
    assert offset.hint in shown(hint)
    assert sign.hint in shown(hint, "square")


def test_the_call_that_a_message_offers_hints_at_its_own_exercise_even_after_run_all(shown: Shown) -> None:
    text = shown(check, "square", lambda x: -x * x)
    check("slope", RIGHT["slope"])
    call = re.search(r"hint\((.*?)\)", text)
    assert call
    argument = call[1].strip("\"'")
    sign = pattern("sign_flipped")
    assert sign is not None
    assert sign.hint in (shown(hint, argument) if argument else shown(hint))


def test_hints_for_all_that_is_no_pattern(shown: Shown) -> None:
    check("square", RIGHT["square"])
    assert "The last check passed" in shown(hint)
    check("square", raises(NotImplementedError()))
    assert "There is no answer yet" in shown(hint)
    check("square", lambda x: x @ x)
    assert "Python stopped at «" in shown(hint)
    check("square", np.linalg.inv)
    assert "Python stopped" in shown(hint)
    check("square", lambda x: x * x if x.ndim == 2 else np.cos(x))
    assert "What already works: small." in shown(hint)
    check("angle", "tanh(x)")
    assert "This is not one of the usual mistakes. Put easy numbers into your formula" in shown(hint)
    check("angle", "tanh(")
    assert "Read your formula again from the place that the check names." in shown(hint)
    check("square", lambda x: not_defined(x))  # noqa: F821
    assert "Run the cell that defines it" in shown(hint)
    check("square", lambda x: x[:1])
    assert "Axis 0 has the size 1 and should have 2" in shown(hint)
    check("square", 3.0)
    assert "A function is wanted" in shown(hint)


@pytest.mark.parametrize(
    ("answer", "words"), [(-ROOT, "sign"), (2 * ROOT, "2 too many"), (ROOT / 2, "2 is missing"), (1.7, "once more")]
)
def test_a_hint_on_a_value_names_the_usual_slips(answer: float, words: str, shown: Shown) -> None:
    check("root", answer)
    assert words in shown(hint)


# --- summary -----------------------------------------------------------------------------------------------------


def test_a_summary_lists_every_exercise_with_its_state_and_points(shown: Shown) -> None:
    check("square", lambda x: x * x if x.ndim == 2 else x)
    check("slope", RIGHT["slope"])
    check("loss", lambda x: 1.0)
    check("root", None)
    lines = shown(summary, "01_activations").splitlines()
    rows = {line.split()[1]: line for line in lines[1 : 1 + len(TASKS)]}
    assert list(rows) == [task.exercise_id for task in TASKS]
    assert rows["square"].startswith("◐")
    assert "partly right" in rows["square"]
    assert rows["square"].endswith("1 of 3")
    assert rows["slope"].startswith("✔")
    assert rows["loss"].startswith("✘")
    assert rows["root"].startswith("○")
    assert "not attempted yet" in rows["root"]
    assert "not checked in this session" in rows["angle"]
    assert lines[1 + len(TASKS)].startswith("3 of 13 points in the visible checks")
    assert lines[-2] == "A person grades: explain_step_size (2 points)."
    assert lines[-1].endswith("python start.py --check 01_activations")


def test_practice_is_told_in_words_and_parts_without_points(shown: Shown, monkeypatch: pytest.MonkeyPatch) -> None:
    practice = {task.exercise_id: replace(task, points=0.0) for task in TASKS}
    monkeypatch.setattr(tasks, "visible_tasks", lambda: practice)
    assert check("slope", RIGHT["slope"]) == 0.0
    text = shown(check, "square", lambda x: x * x if x.ndim == 2 else x)
    assert "partly right (practice, no points)" in text
    assert "    ✔ small\n" in text and "    ✘ large\n" in text
    assert "of 0" not in text


def test_points_in_words() -> None:
    assert messages.score(1.5, 3.0) == "1.5 of 3 points"
    assert messages.score(0.0, 0.0) == "practice, no points"
    assert messages.score(1.0, 0.0) == "practice, 1 extra"


def test_a_summary_of_practice_speaks_of_no_points(shown: Shown, monkeypatch: pytest.MonkeyPatch) -> None:
    practice = {task.exercise_id: replace(task, points=0.0, assignment_id="00_practice") for task in TASKS[:2]}
    for module in (tasks, notebook_summary):
        monkeypatch.setattr(module, "visible_tasks", lambda: practice)
    check("square", RIGHT["square"])
    text = shown(summary, "00_practice")
    assert "Practice without points: 1 exercise passes the visible checks." in text
    assert "0 of 0" not in text


def test_a_summary_of_an_assignment_that_does_not_exist_says_so(shown: Shown) -> None:
    assert "There is no assignment '02_nothing'" in shown(summary, "02_nothing")


def test_a_later_check_replaces_an_earlier_one(shown: Shown) -> None:
    for answer, symbol in ((lambda x: x, "✘"), (RIGHT["slope"], "✔"), (lambda x: None, "○")):
        check("slope", answer)
        assert next(line for line in shown(summary, "01_activations").splitlines() if " slope " in line)[0] == symbol


# --- display -----------------------------------------------------------------------------------------------------


class Reader(HTMLParser):
    """Collects tags, attributes and text, and refuses what does not nest."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.text = ""
        self.open: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


HOSTILE = "</div><script>alert('x')</script><img src=x onerror=\"alert(1)\"> & \"'"


TAGS = {"div", "b", "ul", "li", "table", "tr", "td", "th", "code", "caption"}


ATTRIBUTES = {"role", "style", "aria-label"}


def hostile_message(status: str = "failed") -> Message:
    return Message(
        title=HOSTILE,
        status=status,
        points=0.5,
        max_points=2.0,
        headline=HOSTILE,
        parts=((HOSTILE, True, 1.0), (HOSTILE, False, 1.0)),
        case=HOSTILE,
        rows=(Row(HOSTILE, HOSTILE, HOSTILE, HOSTILE),),
        wrong=np.array([[True, False], [False, True]]),
        notes=(HOSTILE,),
        footer=HOSTILE,
    )


@pytest.mark.parametrize("status", WORDS)
def test_the_html_of_a_message_contains_nothing_that_runs(status: str) -> None:
    read = Reader(hostile_message(status)._repr_html_())
    assert read.tags <= TAGS
    assert read.attributes <= ATTRIBUTES
    assert read.text.count(HOSTILE) == 11
    assert WORDS[status] in read.text
    assert SYMBOLS[status] in read.text


def test_the_html_of_a_table_and_of_a_hint_contains_nothing_that_runs() -> None:
    for thing in (Table((HOSTILE,), ((HOSTILE,),), HOSTILE), messages.Remark(HOSTILE)):
        read = Reader(thing._repr_html_())
        assert read.tags <= TAGS
        assert read.attributes <= ATTRIBUTES
        assert HOSTILE in read.text


@pytest.fixture
def displayed(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """IPython seems to run; what is displayed is collected."""
    things: list[Any] = []
    monkeypatch.setattr("IPython.get_ipython", lambda: object())
    monkeypatch.setattr("IPython.display.display", things.append)
    return things


def test_under_ipython_an_object_with_html_is_displayed_and_nothing_is_printed(
    displayed: list[Any], capsys: pytest.CaptureFixture[str]
) -> None:
    check("slope", lambda x: x)
    hint()
    summary("01_activations")
    assert capsys.readouterr() == ("", "")
    assert len(displayed) == 3
    for thing in displayed:
        Reader(thing._repr_html_())
    assert "not yet right" in displayed[0]._repr_html_()


def test_what_a_students_code_says_reaches_the_page_as_text(displayed: list[Any]) -> None:
    def warns(x: np.ndarray) -> np.ndarray:
        warnings.warn(HOSTILE, stacklevel=1)
        return 2 * x

    for answer in (raises(ValueError(HOSTILE)), warns, type(HOSTILE, (), {"__call__": lambda self: 1})):
        check("slope", answer)
        hint()
    for thing in displayed:
        assert Reader(thing._repr_html_()).tags <= TAGS


def test_where_no_html_is_shown_the_text_is_that_of_the_message(displayed: list[Any]) -> None:
    """A terminal with IPython, an export to text, a screen reader's fallback."""
    check("slope", lambda x: x)
    hint()
    summary("01_activations")
    plain = PlainTextFormatter()
    for thing in displayed:
        assert plain(thing) == str(thing)


def test_colour_is_never_the_only_sign() -> None:
    for status in WORDS:
        message = Message("t", status, 0.0, 1.0)
        for text in (str(message), Reader(message._repr_html_()).text):
            assert SYMBOLS[status] in text
            assert WORDS[status] in text
    assert set(SYMBOLS) == set(WORDS) == set(COLOURS) == set(Status)
    assert len({SYMBOLS[status] for status in VERDICTS}) == len(VERDICTS)
    assert len(set(WORDS.values())) == len(Status)
    html = messages.map_html(np.array([[True, False]]))
    assert 'aria-label="1 of 2 entries are wrong; a cross marks each."' in html or "1 of 2 entries is wrong" in html
    assert Reader(html).text.count("×") == 2


@given(hnp.arrays(bool, hnp.array_shapes(min_dims=0, max_dims=4, min_side=1, max_side=20)))
@settings(deadline=None)
def test_a_map_of_any_shape_can_be_drawn(wrong: np.ndarray) -> None:
    lines = [line for line in messages.text_map(wrong) if not line.startswith("(")]
    assert all(set(line) <= {"×", "·"} for line in lines)
    assert 1 <= len(lines) <= 16
    assert any("×" in line for line in lines) == bool(wrong.any())
    assert Reader(messages.map_html(wrong)).tags <= TAGS
