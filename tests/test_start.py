"""start.py, which students run on machines of their own: what it does, what it says, what it never does."""

from __future__ import annotations

import ast
import importlib.util
import json
import subprocess
import sys
import sysconfig
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

SCRIPT = Path(__file__).parents[1] / "course" / "start.py"


def load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("start", SCRIPT)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


start = load()


@pytest.fixture
def place(tmp_path: Path) -> Any:
    """An unpacked folder with a space and a letter that is not ASCII in its path."""
    root = tmp_path / "mein Kürs"
    notebook = root / "release" / "01_a" / "01_a.ipynb"
    notebook.parent.mkdir(parents=True)
    notebook.write_text(json.dumps({"metadata": {"mlp_course": {"built": "one"}}}), encoding="utf-8")
    (root / "requirements.txt").write_text("numpy==2.4.6\n", encoding="utf-8")
    (root / "mlp_utils-0.3.0-py3-none-any.whl").write_bytes(b"a wheel")
    return start.Place(root)


@pytest.fixture
def calls(place: Any, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Commands are noted instead of run; making a virtual environment makes its Python."""
    found: list[list[str]] = []

    def run(command: list[str], seconds: float | None = None) -> subprocess.CompletedProcess[str]:
        found.append(command)
        if "venv" in command:
            place.python.parent.mkdir(parents=True)
            place.python.write_text("", encoding="utf-8")
            (place.venv / "pyvenv.cfg").write_text("", encoding="utf-8")
        return subprocess.CompletedProcess(command, 0, "done\n")

    monkeypatch.setattr(start, "run", run)
    return found


def installs(calls: list[list[str]]) -> list[list[str]]:
    return [command for command in calls if "pip" in command]


def test_it_needs_the_standard_library_alone() -> None:
    names = set()
    for node in ast.walk(ast.parse(SCRIPT.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(str(node.module).split(".")[0])
    assert names <= set(sys.stdlib_module_names)
    assert names <= set(sys.builtin_module_names) | {p.stem for p in Path(sysconfig.get_path("stdlib")).iterdir()}


def test_an_old_python_reads_the_file_and_is_told_so_in_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    ast.parse(SCRIPT.read_text(encoding="utf-8"), feature_version=(3, 6))
    monkeypatch.setattr(sys, "version_info", (3, 8, 10, "final", 0))
    with pytest.raises(SystemExit) as stopped:
        load()
    assert str(stopped.value).startswith("start.py: Python 3.11 or newer is needed, and this is 3.8;")


def test_the_first_run_installs_and_copies_and_the_second_does_nothing(
    place: Any, calls: list[list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert start.main(["--set-up-only"], place) == 0
    first, second = installs(calls)
    assert first[-2:] == ["-r", str(place.requirements)]
    assert second[-1] == str(place.wheel) and "--force-reinstall" in second and "--no-index" in second
    assert (place.mine / "01_a" / "01_a.ipynb").is_file()
    assert "new: my_course/01_a/01_a.ipynb" in capsys.readouterr().out
    calls.clear()
    assert start.main(["--set-up-only"], place) == 0
    assert installs(calls) == [] and not any("venv" in command for command in calls)


@pytest.mark.parametrize("name", ["requirements.txt", "mlp_utils-0.3.0-py3-none-any.whl"])
def test_new_requirements_or_a_new_wheel_are_installed(place: Any, calls: list[list[str]], name: str) -> None:
    start.set_up(place)
    calls.clear()
    (place.root / name).write_bytes(b"numpy==2.4.7\n")
    assert start.set_up(place)
    assert len(installs(calls)) == 2
    assert not any("venv" in command for command in calls)


def test_of_two_wheels_the_newer_one_counts(place: Any) -> None:
    for number in ("0.10.0", "0.9.0"):
        (place.root / f"mlp_utils-{number}-py3-none-any.whl").write_bytes(b"a wheel")
    assert place.wheel.name == "mlp_utils-0.10.0-py3-none-any.whl"


def test_a_virtual_environment_made_by_halves_is_made_again(place: Any, calls: list[list[str]]) -> None:
    place.venv.mkdir()
    (place.venv / "pyvenv.cfg").write_text("home = nowhere", encoding="utf-8")
    (place.venv / "rest").write_text("", encoding="utf-8")
    start.set_up(place)
    assert not (place.venv / "rest").exists()
    assert place.python.exists()


def test_an_interrupted_installation_is_finished(
    place: Any, calls: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(place: Any, packages: list[str]) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(start, "install", stopped)
        assert start.main(["--set-up-only"], place) == 130
    assert start.main(["--set-up-only"], place) == 0
    assert len(installs(calls)) == 2
    assert sum("venv" in command for command in calls) == 1


def test_a_folder_of_somebody_else_is_left_alone(
    place: Any, calls: list[list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    (place.venv / "inner").mkdir(parents=True)
    (place.venv / "inner" / "thesis.txt").write_text("mine", encoding="utf-8")
    assert start.main(["--set-up-only"], place) == 1
    assert "holds files that start.py has not made" in capsys.readouterr().err
    assert (place.venv / "inner" / "thesis.txt").read_text(encoding="utf-8") == "mine"


def test_a_notebook_is_never_overwritten_and_a_newer_release_is_named(
    place: Any, calls: list[list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    mine = place.mine / "01_a" / "01_a.ipynb"
    start.copy_notebooks(place)
    mine.write_text(json.dumps({"metadata": {"mlp_course": {"built": "one"}}, "cells": ["my work"]}), encoding="utf-8")
    assert start.copy_notebooks(place) == ([], [])
    released = place.release / "01_a" / "01_a.ipynb"
    released.write_text(json.dumps({"metadata": {"mlp_course": {"built": "two"}}}), encoding="utf-8")
    start.report_copies(place)
    assert "my_course/01_a/01_a.ipynb is of another release than release/01_a/01_a.ipynb" in capsys.readouterr().out
    assert "my work" in mine.read_text(encoding="utf-8")
    mine.write_text("not a notebook any more", encoding="utf-8")
    assert start.copy_notebooks(place) == ([], [])
    assert mine.read_text(encoding="utf-8") == "not a notebook any more"


def test_a_link_that_leads_nowhere_is_no_place_for_a_copy(place: Any) -> None:
    mine = place.mine / "01_a" / "01_a.ipynb"
    mine.parent.mkdir(parents=True)
    mine.symlink_to(place.root / "gone")
    assert start.copy_notebooks(place) == ([], [])


@pytest.mark.parametrize(
    ("output", "says"),
    [
        ("WARNING: Retrying ... NewConnectionError(...)\nERROR: No matching distribution found for numpy", "network"),
        ("socket.gaierror: [Errno -3] Temporary failure in name resolution", "network"),
        ("ERROR: No matching distribution found for numpy==2.4.6", "has no numpy==2.4.6 for Python"),
        ("(from versions: none)\nERROR: No matching distribution found for numpy==2.4.6", "cannot be reached or has"),
        ("OSError: [Errno 28] No space left on device", "is full"),
        ("SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED]", "certificate"),
        ("ERROR: [WinError 206] The filename or extension is too long", "is too long"),
        ("ERROR: [WinError 5] Access is denied: 'x.pyd'", "close JupyterLab"),
        ("something\nERROR: nobody has foreseen this.\n\n", "(ERROR: nobody has foreseen this); the whole output"),
        ("", "it gave no reason"),
    ],
)
def test_a_failure_of_pip_is_one_sentence(
    place: Any,
    calls: list[list[str]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    output: str,
    says: str,
) -> None:
    start.make_venv(place)
    monkeypatch.setattr(start, "works", lambda place: True)
    monkeypatch.setattr(start, "run", lambda command: subprocess.CompletedProcess(command, 1, output))
    assert start.main(["--set-up-only"], place) == 1
    message = capsys.readouterr().err
    assert message.startswith("start.py: ") and message.count("\n") == 1
    assert says in message
    assert place.log.read_text(encoding="utf-8") == output
    assert not place.marker.exists()


@pytest.mark.parametrize("module", ["venv", "ensurepip"])
def test_a_python_without_venv_is_named(
    place: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], module: str
) -> None:
    monkeypatch.setattr(start.importlib.util, "find_spec", lambda name: None if name == module else object())
    assert start.main([], place) == 1
    assert f"start.py: This Python lacks its module {module}; on Debian and Ubuntu" in capsys.readouterr().err


def test_a_zip_file_that_was_not_unpacked_as_a_whole_is_named(place: Any, capsys: pytest.CaptureFixture[str]) -> None:
    place.requirements.unlink()
    assert start.main([], place) == 1
    assert "unpack the whole zip file" in capsys.readouterr().err


def test_a_path_that_python_cannot_use_is_named(
    tmp_path: Path, place: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    moved = tmp_path / "a:b"
    place.root.rename(moved)
    assert start.main([], start.Place(moved)) == 1
    assert "has a ':' in its path" in capsys.readouterr().err


def test_what_the_system_refuses_is_one_sentence(
    place: Any, calls: list[list[str]], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refused(place: Any) -> None:
        raise PermissionError(13, "Permission denied", str(place.mine))

    monkeypatch.setattr(start, "report_copies", refused)
    assert start.main([], place) == 1
    message = capsys.readouterr().err
    assert "my_course: Permission denied; is" in message and message.count("\n") == 1


def test_on_windows_python_lies_in_scripts(place: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(start, "WINDOWS", True)
    assert start.Place(place.root).python == place.venv / "Scripts" / "python.exe"


def test_other_packages_stay_out(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PYTHONPATH", "PYTHONHOME", "PIP_USER"):
        monkeypatch.setenv(name, "elsewhere")
    monkeypatch.setenv("PIP_INDEX_URL", "a mirror of the school")
    environment = start.clean_environment()
    assert not environment.keys() & {"PYTHONPATH", "PYTHONHOME", "PIP_USER"}
    assert environment["PIP_INDEX_URL"] == "a mirror of the school"


def test_a_check_takes_a_file_or_the_name_of_an_assignment(
    place: Any, calls: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[list[str]] = []

    def call(command: list[str], env: dict[str, str]) -> int:
        asked.append(command)
        return 1

    monkeypatch.setattr(start.subprocess, "call", call)
    start.set_up(place)
    start.copy_notebooks(place)
    assert start.main(["--check", "01_a"], place) == 1
    assert asked[-1][1:] == ["-m", "mlp_utils", "check", str(place.mine / "01_a" / "01_a.ipynb")]
    for name in (
        "01_a.ipynb",
        "my_course/01_a/01_a.ipynb",
        "01_a/01_a.ipynb",
        str(place.mine / "01_a"),
        "elsewhere/01_a",
    ):
        start.main(["--check", name], place)
        assert Path(asked[-1][-1]) == place.mine / "01_a" / "01_a.ipynb"
    own = place.root / "mine.ipynb"
    own.write_text("{}", encoding="utf-8")
    monkeypatch.chdir(place.root)
    start.main(["--check", "mine.ipynb"], place)
    assert asked[-1][-1] == "mine.ipynb"


@pytest.mark.parametrize("name", ["3", "01", "02_foo", ""])
def test_an_unknown_name_is_answered_by_the_known_ones(
    name: str, place: Any, calls: list[list[str]], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(start.subprocess, "call", lambda command, env: pytest.fail("it was run"))
    start.set_up(place)
    with pytest.raises(start.Problem, match=r"There is no notebook .*\. The assignments are: 01_a"):
        start.check(place, name)
    with pytest.raises(start.Problem, match="There is no copy of 01_a in"):
        start.check(place, "01_a")


def test_jupyterlab_opens_on_the_students_copies(
    place: Any, calls: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[list[str]] = []

    class Process:
        def __init__(self, command: list[str], env: dict[str, str]) -> None:
            opened.append(command)
            self.interrupts = [KeyboardInterrupt, KeyboardInterrupt]

        def wait(self) -> int:
            if self.interrupts:
                raise self.interrupts.pop()
            return 0

    monkeypatch.setattr(start.subprocess, "Popen", Process)
    assert start.main(["--no-browser"], place) == 0
    assert opened[-1][:3] == [str(place.python), "-m", "jupyterlab"]
    assert f"--ServerApp.root_dir={place.mine}" in opened[-1]
    assert "--no-browser" in opened[-1]
    assert start.main([], place) == 0
    assert "--no-browser" not in opened[-1]
