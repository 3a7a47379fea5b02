"""Every command prints on every console: on Windows, in a pipe, in the locale C."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import pytest

from autograder.cli import main
from autograder.files.paths import Course
from autograder.kernels import kernel as kernel_module
from autograder.kernels.kernel import Limits, StudentKernel

from ..conftest import ROOT, make_mini_course
from ..mlp_utils.test_streams import elsewhere
from .helpers import submit

COMMANDS = (
    ["--help"],
    ["build"],
    ["build", "--check"],
    ["grade"],
    ["feedback"],
    ["report"],
    ["export"],
    ["explain", "--student", "bob", "square"],
    ["lab", "--no-browser", "mein Kürs ✔"],
    ["sample-class"],
    ["adopt", "größe ✔"],
)
REFUSED = ("sample-class", "adopt")

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """A right submission, and one with a wrong answer and an error; graded in the locale C."""
    if not sys.prefix.isascii():
        pytest.skip("Python itself does not start in the locale C from a folder whose name ASCII lacks")
    course = make_mini_course(tmp_path_factory.mktemp("encodings") / "course")
    submit(course, "ada")
    submit(course, "bob", {"root": "root = 3", "square": "def square(x):\n    raise ValueError('✔ ü → 漢')"})
    text = printed(course, "grade", "--jobs", "1")
    assert "+ passed" in text and "x not yet right" in text and "! stopped with an error" in text
    assert "?" not in text
    return course


def printed(course: Course, *arguments: str) -> str:
    """What a command prints in the locale C."""
    command = [sys.executable, "-m", "autograder", *arguments]
    done = subprocess.run(command, cwd=course.root, env=elsewhere("the locale C"), capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.decode("ascii")


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "cp437"])
def test_every_command_prints_on_every_console(graded: Course, encoding: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(graded.root)
    for arguments in COMMANDS:
        streams = [io.TextIOWrapper(io.BytesIO(), encoding=encoding) for _ in range(2)]
        with monkeypatch.context() as patched:
            patched.setattr(sys, "stdout", streams[0])
            patched.setattr(sys, "stderr", streams[1])
            try:
                code = main(arguments)
            except SystemExit as end:  # of --help
                code = int(end.code or 0)
        for stream in streams:
            stream.flush()
        written = b"".join(stream.buffer.getvalue() for stream in streams)  # type: ignore[attr-defined]
        assert code == (1 if arguments[0] in REFUSED else 0), (arguments, written)
        assert written.decode(encoding).strip(), arguments


def test_what_is_read_and_written_is_the_same_in_every_locale(graded: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "+ ? -> ?" in printed(graded, "explain", "--student", "bob", "square")
    page = graded.feedback / "bob" / "mini" / "mini.html"
    printed(graded, "feedback", "--student", "bob")
    there = page.read_bytes()
    monkeypatch.chdir(graded.root)
    assert main(["feedback", "--student", "bob"]) == 0
    assert page.read_bytes() == there and "✔ ü → 漢" in there.decode("utf-8")


@pytest.mark.parametrize("warm", [True, False], ids=["forked", "from nothing"])
def test_a_students_text_is_utf_8_whatever_the_graders_locale(warm: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not warm:
        monkeypatch.setattr(kernel_module, "warm_servers_work", lambda: False)
    monkeypatch.setenv("LC_ALL", "C.UTF-8")  # in the locale C Python would choose UTF-8 by itself
    with StudentKernel(ROOT / "course", Limits()) as student:
        _, reply = student.ask("str(__import__('sys').flags.utf8_mode)")
    assert reply == "1"


@pytest.mark.parametrize("script", sorted((ROOT / "benchmarks").glob("*.py")), ids=lambda path: path.stem)
def test_a_benchmark_prints_on_every_console(script: Path) -> None:
    text = script.read_text(encoding="utf-8")
    assert "    lenient_output()\n" in text or "print(" not in text
