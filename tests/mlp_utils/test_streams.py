"""What is printed reaches terminals and pipes that lack some of our signs, and stays readable there."""

from __future__ import annotations

import ast
import io
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from mlp_utils.status import SYMBOLS, VERDICTS
from mlp_utils.streams import HANDLER, STAND_INS, printable, stand_in

from ..conftest import ROOT

ENCODINGS = {
    "Windows": {"PYTHONIOENCODING": "cp1252"},
    "ASCII": {"PYTHONIOENCODING": "ascii"},
    "the locale C": {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0"},
}
"""Each with PYTHONUTF8=0: variables that make Python's output something else than UTF-8."""


def elsewhere(name: str) -> dict[str, str]:
    mixed = ("PYTHONIOENCODING", "PYTHONUTF8", "LC_ALL", "LC_CTYPE", "LANG")
    return {k: v for k, v in os.environ.items() if k not in mixed} | {"PYTHONUTF8": "0"} | ENCODINGS[name]


def test_a_stand_in_is_plain_ascii() -> None:
    for sign, text in STAND_INS.items():
        assert len(sign) == 1 and text.isascii() and text.isprintable(), sign


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "cp437", "cp850", "cp932", "latin-1", "koi8-r"])
def test_no_two_verdicts_look_the_same(encoding: str) -> None:
    shown = {SYMBOLS[status].encode(encoding, HANDLER) for status in VERDICTS}
    assert len(shown) == len({SYMBOLS[status] for status in VERDICTS})
    assert all(text.decode(encoding).strip() not in ("", "?") for text in shown)


def test_signs_are_read_as_what_they_are() -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    assert printable("dW₁ = Xᵀδ, |x| ≤ 10⁻⁶ → «ok»", stream) == 'dW_1 = X^Tdelta, |x| <= 10^-^6 -> "ok"'
    assert printable("Σ σ 𝟙 \udcff ü 漢", stream) == "Sigma sigma 1 ? ? ?"
    windows = io.TextIOWrapper(io.BytesIO(), encoding="cp1252")
    assert printable("Jürgen: 2×3 ✔", windows) == "Jürgen: 2×3 +"
    assert printable("✔ ü", io.StringIO()) == "✔ ü"  # such a stream takes everything


def test_what_cannot_be_read_is_nobodys_to_replace() -> None:
    with pytest.raises(UnicodeDecodeError):
        stand_in(UnicodeDecodeError("utf-8", b"\xff", 0, 1, "no"))


ascii_folder = pytest.mark.skipif(
    not sys.prefix.isascii(),
    reason="Python itself does not start in such a locale from a folder whose name ASCII lacks",
)


@ascii_folder
@pytest.mark.parametrize("name", ENCODINGS)
def test_a_check_in_a_plain_script_is_printed(name: str) -> None:
    code = (
        "from mlp_utils.messages import Message; from mlp_utils.status import Status\n"
        "Message('Slope \\xd7 2', Status.PASSED, 1, 1, headline='it is \\u2264 1 \\u2192 fine').show()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, env=elsewhere(name), check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(b"+ Slope ") and b"<= 1 -> fine" in done.stdout


@ascii_folder
@pytest.mark.slow
def test_a_notebook_is_checked_on_such_a_console(tmp_path: Path) -> None:
    notebook = nbformat.read(ROOT / "release" / "00_start" / "00_start.ipynb", 4)
    # The notebook as it was handed out without its cells of code is read, compared and reported in a second.
    notebook.cells = [cell for cell in notebook.cells if cell.cell_type == "markdown"]
    path = tmp_path / "größe ✔.ipynb"
    nbformat.write(notebook, path)
    command = [sys.executable, "-m", "mlp_utils", "check", str(path)]
    done = subprocess.run(command, capture_output=True, env=elsewhere("the locale C"), check=False)
    assert done.returncode == 1, done.stderr
    assert b"Traceback" not in done.stderr and b"its cell was deleted" in done.stdout


def unsaid(path: Path) -> list[str]:
    """The calls that read or write text without saying in which encoding."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call) or {"encoding"} & {word.arg for word in node.keywords}:
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        words = {word.arg for word in node.keywords}
        given = [*node.args, *(word.value for word in node.keywords)]
        modes = [each.value for each in given if isinstance(each, ast.Constant) and isinstance(each.value, str)]
        binary = any("b" in mode and set(mode) <= set("rwxab+") for mode in modes)
        if (
            (name == "read_text" and not node.args)
            or (name == "write_text" and len(node.args) < 2)
            or (name in ("fdopen", "NamedTemporaryFile") and not binary)
            or (name == "open" and bool(node.args) and not binary and _opens_a_file(node))
            or (name in ("run", "Popen", "check_output") and words & {"text", "universal_newlines"})
        ):
            found.append(f"{path.relative_to(ROOT)}:{node.lineno}: {ast.unparse(node)[:80]}")
    return found


def _opens_a_file(node: ast.Call) -> bool:
    """Whether it is Python's ``open`` or a path's, and not that of a module such as ``os``."""
    return not (isinstance(node.func, ast.Attribute) and ast.unparse(node.func.value) in ("os", "Image"))


@pytest.mark.parametrize("folder", ["autograder", "course", "benchmarks", "tests"])
def test_text_files_are_utf_8_on_every_machine(folder: str) -> None:
    assert [line for path in sorted((ROOT / folder).rglob("*.py")) for line in unsaid(path)] == []


def test_that_test_sees_what_it_looks_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(globals(), "ROOT", tmp_path)
    path = tmp_path / "file.py"
    calls = ["p.read_text()", "p.write_text('x')", "open('f')", "p.open('w')", "os.fdopen(1, 'w')", "run(c, text=True)"]
    right = ["p.read_text('utf-8')", "open('f', 'rb')", "os.open(p, 1)", "p.open('w', encoding='utf-8')", "run(c)"]
    path.write_text("\n".join([*calls, *right]), encoding="utf-8")
    assert [line.split(": ")[1] for line in unsaid(path)] == calls
