"""An experiment goes on whatever the student's code does, and says whose numbers it shows."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from IPython.core.formatters import PlainTextFormatter
from mlp_utils import yours_or_recorded
from mlp_utils.assessing import wire
from mlp_utils.in_notebooks import recorded

CURVE = np.array([1.0, 0.25, 0.0, 0.25, 1.0])


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A package folder whose ``visible`` is still to be made."""
    monkeypatch.setattr("importlib.resources.files", lambda _: tmp_path)
    recorded._recorded.cache_clear()
    yield tmp_path
    recorded._recorded.cache_clear()


def record(package: Path, name: str, **arrays: Any) -> None:
    folder = package / "visible"
    folder.mkdir(exist_ok=True)
    data = {"assignment": name, "tasks": [], "recorded": {key: wire.encode(value) for key, value in arrays.items()}}
    (folder / f"{name}.json").write_text(json.dumps(data), encoding="utf-8")


@pytest.fixture
def curve(package: Path) -> None:
    record(package, "01_activations", curve=CURVE, pair=(CURVE, 2.0))


def raises(error: BaseException) -> Callable[[], Any]:
    def compute() -> Any:
        raise error

    return compute


@pytest.mark.usefixtures("curve")
def test_the_students_own_numbers_are_used_in_silence(capsys: pytest.CaptureFixture[str]) -> None:
    for own in (np.zeros(5), 0.0, 0, False, "", [], (), np.array(None), [0.0, [None]], {"a": None}):
        assert yours_or_recorded("curve", lambda own=own: own) is own
    assert capsys.readouterr() == ("", "")


@pytest.mark.usefixtures("curve")
@pytest.mark.parametrize("error", [ValueError("no"), NameError("square"), NotImplementedError(), ZeroDivisionError()])
def test_code_that_raises_is_replaced_by_the_record_and_named(
    error: Exception, capsys: pytest.CaptureFixture[str]
) -> None:
    assert np.array_equal(yours_or_recorded("curve", raises(error)), CURVE)
    text = capsys.readouterr().out
    assert "recorded numbers" in text
    assert type(error).__name__ in text or "not there yet" in text


@pytest.mark.usefixtures("curve")
def test_a_stub_is_not_there_yet_and_has_not_stopped_with_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    for compute in (raises(NotImplementedError()), lambda: None, lambda: (CURVE, None), lambda: [None, 1]):
        assert np.array_equal(yours_or_recorded("curve", compute), CURVE)
        text = capsys.readouterr().out
        assert "not there yet" in text
        assert "stopped" not in text


@pytest.mark.usefixtures("curve")
def test_a_record_of_several_arrays_comes_back_as_a_tuple() -> None:
    got = yours_or_recorded("pair", lambda: None)
    assert isinstance(got, tuple)
    assert np.array_equal(got[0], CURVE)
    assert got[1] == 2.0


@pytest.mark.usefixtures("curve")
def test_a_record_that_is_changed_in_place_is_whole_the_next_time() -> None:
    first = yours_or_recorded("curve", lambda: None)
    first += 1.0
    assert np.array_equal(yours_or_recorded("curve", lambda: None), CURVE)


@pytest.mark.usefixtures("curve")
def test_a_name_that_was_not_recorded_is_an_error_at_once() -> None:
    calls: list[int] = []
    with pytest.raises(KeyError, match="curv"):
        yours_or_recorded("curv", lambda: calls.append(1))
    assert calls == [], "an author's slip shows even where the student's code works"


def test_without_any_record_a_name_is_unknown_too(package: Path) -> None:
    assert not (package / "visible").exists()
    with pytest.raises(KeyError, match="curve"):
        yours_or_recorded("curve", lambda: CURVE)


@pytest.mark.usefixtures("curve")
def test_the_student_can_stop_an_experiment() -> None:
    with pytest.raises(KeyboardInterrupt):
        yours_or_recorded("curve", raises(KeyboardInterrupt()))


def test_records_of_all_assignments_are_found_and_other_files_are_not(package: Path) -> None:
    record(package, "01_activations", curve=CURVE)
    record(package, "02_softmax", surface=2 * CURVE)
    (package / "visible" / "README.md").write_text("no JSON", encoding="utf-8")
    for name, factor in (("curve", 1.0), ("surface", 2.0)):
        assert np.array_equal(yours_or_recorded(name, lambda: None), factor * CURVE)


@pytest.mark.usefixtures("curve")
def test_the_remark_is_shown_in_a_notebook_as_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[Any] = []
    monkeypatch.setattr("IPython.get_ipython", lambda: object())
    monkeypatch.setattr("IPython.display.display", shown.append)
    yours_or_recorded("curve", lambda: None)
    (remark,) = shown
    assert PlainTextFormatter()(remark).startswith("Your answer"), "without quotation marks around it"


@pytest.mark.usefixtures("curve")
def test_the_same_remark_stands_once_in_a_cell(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[Any] = []
    monkeypatch.setattr("IPython.display.display", shown.append)
    for cell in (7, 7, 8):
        shell = type("Shell", (), {"execution_count": cell})()
        monkeypatch.setattr("IPython.get_ipython", lambda shell=shell: shell)
        yours_or_recorded("curve", lambda: None)
    assert len(shown) == 2
