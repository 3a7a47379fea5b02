"""Hostile submissions, continued: notebooks that were tampered with, and files that are no notebooks."""

from __future__ import annotations

import copy
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output

from .cases import EXERCISES, Hostile

WRONG = "def square(x):\n    return 2 * x"
SCRIPT = "<script>document.title='@MARK@'</script><img src=x onerror=\"document.title='@MARK@'\">"


def cell(notebook: Any, name: str) -> Any:
    """The cell with that grade_id."""
    return next(c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade_id") == name)


def answer(notebook: Any, name: str, source: str) -> None:
    cell(notebook, name).source = source


def deleted_test(notebook: Any) -> None:
    answer(notebook, "square", WRONG)
    notebook.cells.remove(cell(notebook, "test_square"))


def deleted_solution(notebook: Any) -> None:
    notebook.cells.remove(cell(notebook, "square"))


def all_deleted(notebook: Any) -> None:
    notebook.cells.clear()


def duplicated_test(notebook: Any) -> None:
    answer(notebook, "square", WRONG)
    again = copy.deepcopy(cell(notebook, "test_square"))
    again.id = "again"
    notebook.cells += [new_code_cell("def square(x):\n    return x * x"), again]


def late_second_solution(notebook: Any) -> None:
    """The wrong answer first, the right one under the same name at the end."""
    again = copy.deepcopy(cell(notebook, "square"))
    again.id = "again"
    answer(notebook, "square", WRONG)
    notebook.cells.append(again)


def swapped_ids(notebook: Any) -> None:
    """Two test cells with exchanged names: each exercise is still asked for its own answer."""
    one, two = cell(notebook, "test_square"), cell(notebook, "test_root")
    answer(notebook, "square", WRONG)
    one.metadata.nbgrader.grade_id, two.metadata.nbgrader.grade_id = "test_root", "test_square"


def repointed(notebook: Any) -> None:
    answer(notebook, "square", WRONG)
    for test in notebook.cells:
        if "points" in test.metadata.get("nbgrader", {}):
            test.metadata.nbgrader.points = 1000


def unlocked_and_edited(notebook: Any) -> None:
    answer(notebook, "square", WRONG)
    test = cell(notebook, "test_square")
    test.metadata.nbgrader.locked = False
    test.metadata.nbgrader.solution = True
    test.source = "3.0"


def edited_setup(notebook: Any) -> None:
    answer(notebook, "square", WRONG)
    for one in notebook.cells:
        if "import numpy as np" in one.source:
            one.source += "\ncheck = lambda *a, **k: 3.0"


def added_graded_cell(notebook: Any) -> None:
    meta = {"grade": True, "grade_id": "test_bonus", "locked": True, "points": 100, "solution": False}
    meta |= {"schema_version": 3, "task": False, "cell_type": "code"}
    notebook.cells.append(new_code_cell("100.0", metadata={"nbgrader": meta}))


def skipped(notebook: Any) -> None:
    answer(notebook, "square", WRONG)
    for one in notebook.cells:
        one.metadata.tags = ["skip-execution", "raises-exception", "experiment", "parameters"]


def turned_into_text(notebook: Any) -> None:
    answer(notebook, "square", WRONG)
    for name in ("test_square", "square"):
        one = cell(notebook, name)
        one.cell_type = "markdown"
        one.pop("outputs", None)
        one.pop("execution_count", None)


def another_kernel(notebook: Any) -> None:
    notebook.metadata.kernelspec = {"name": "bash; touch @CANARY@", "display_name": "Bash", "language": "bash"}
    notebook.metadata.language_info = {"name": "bash"}


def old_format(notebook: Any) -> None:
    notebook.nbformat_minor = 0
    for one in notebook.cells:
        one.pop("id", None)


def strange_metadata(notebook: Any) -> None:
    answer(notebook, "square", WRONG)
    cell(notebook, "test_square").metadata["nbgrader"] = {"grade_id": ["test_square"], "points": "all"}
    notebook.metadata["mlp_record"] = "0" * 64
    notebook.metadata["celltoolbar"] = {"a": ["b"] * 100}


def same_ids_everywhere(notebook: Any) -> None:
    for one in notebook.cells:
        one.id = "same"


def shell_magics(notebook: Any) -> None:
    notebook.cells.insert(0, new_code_cell("%%bash\ntouch '@CANARY@'"))
    notebook.cells.insert(0, new_code_cell("!touch '@CANARY@'"))
    notebook.cells.insert(0, new_code_cell("%system touch '@CANARY@'"))


def resets_the_namespace(notebook: Any) -> None:
    tested = notebook.cells.index(cell(notebook, "test_square"))
    notebook.cells.insert(tested, new_code_cell("%reset -f"))


def scripts_in_text(notebook: Any) -> None:
    answer(notebook, "why", SCRIPT + "\n\n[x](javascript:alert('@MARK@'))")
    notebook.cells.append(new_markdown_cell(SCRIPT))


def scripts_in_outputs(notebook: Any) -> None:
    notebook.cells.append(
        new_code_cell(
            f"from IPython.display import HTML, Javascript, SVG, display\ndisplay(HTML({SCRIPT!r}))\n"
            f"display(Javascript(\"document.title='@MARK@'\"))\nprint({SCRIPT!r})\nraise ValueError({SCRIPT!r})"
        )
    )


def stored_outputs(notebook: Any) -> None:
    """Outputs that stand in the file already, of every kind."""
    answer(notebook, "square", WRONG)
    data = {"text/html": SCRIPT, "application/javascript": "document.title='@MARK@'", "text/plain": "3.0"}
    test = cell(notebook, "test_square")
    test.outputs = [new_output("display_data", data=data), new_output("execute_result", data=data, execution_count=1)]
    test.execution_count = 1


def script_in_an_exception(notebook: Any) -> None:
    answer(notebook, "square", f"def square(x):\n    raise ValueError({SCRIPT!r})")


def script_in_a_type(notebook: Any) -> None:
    name = "<script>document.title='@MARK@'</script>"
    answer(notebook, "square", f"Odd = type({name!r}, (), {{}})\ndef square(x):\n    return Odd()")


def attachment(notebook: Any) -> None:
    cell(notebook, "why")["attachments"] = {"a.svg": {"image/svg+xml": SCRIPT}, "../../b": {"image/png": "AAAA"}}


TAMPERED: tuple[tuple[Callable[[Any], None], str, dict[str, str], str], ...] = (
    (deleted_test, "A test cell is gone.", {"square": "failed"}, "test_square had been deleted"),
    (deleted_solution, "A solution cell is gone.", {"square": "not_attempted"}, "square had been deleted"),
    (all_deleted, "All cells are gone.", dict.fromkeys(EXERCISES, "not_attempted"), "had been deleted"),
    (duplicated_test, "A test cell stands there again, after a right answer.", {"square": "failed"}, "twice"),
    (late_second_solution, "A second solution cell at the end.", {"square": "failed"}, "twice"),
    (swapped_ids, "Two test cells have exchanged their names.", {"square": "failed"}, "edited"),
    (repointed, "Each test cell is worth a thousand points.", {"square": "failed"}, ""),
    (unlocked_and_edited, "A test cell is unlocked and gives points.", {"square": "failed"}, "edited"),
    (edited_setup, "The set-up cell defines its own check.", {"square": "failed"}, "edited"),
    (added_graded_cell, "A test cell of its own gives 100 points.", {}, ""),
    (skipped, "Tags say that cells need not run.", {"square": "failed"}, "Tags had been changed"),
    (turned_into_text, "Code cells are text.", {"square": "failed"}, "another type"),
    (another_kernel, "The notebook asks for another kernel.", {}, ""),
    (old_format, "An older notebook format, without ids.", {}, ""),
    (strange_metadata, "Metadata of other types.", {"square": "failed"}, "deleted"),
    (same_ids_everywhere, "All cells have the same id.", {}, ""),
    (shell_magics, "Magics run commands.", {}, ""),
    (resets_the_namespace, "All names are deleted before the test.", {"square": "not_attempted"}, ""),
    (scripts_in_text, "HTML and JavaScript in the text.", {}, ""),
    (scripts_in_outputs, "HTML and JavaScript in outputs.", {}, ""),
    (stored_outputs, "Outputs in the file claim points.", {"square": "failed"}, ""),
    (script_in_an_exception, "JavaScript in an exception.", {"square": "crashed"}, ""),
    (script_in_a_type, "JavaScript in the name of a type.", {"square": "failed"}, ""),
    (attachment, "Attachments with scripts and odd names.", {}, ""),
)


def tampered_cases() -> list[Hostile]:
    return [
        Hostile(
            change.__name__,
            does,
            {name: ("failed", "not_attempted") if status == "failed" else (status,) for name, status in wanted.items()},
            says=says,
            change=change,
            # These two spoil their own notebook: names are gone, or a test stands before its answer.
            rest=("passed", "not_attempted", "crashed")
            if change in (resets_the_namespace, swapped_ids)
            else ("passed",),
        )
        for change, does, wanted, says in TAMPERED
    ]


def written(content: bytes) -> Callable[[Path], None]:
    """A file with that content under the notebook's name."""
    return lambda folder: (folder / "mini.ipynb").write_bytes(content) and None


def a_link(folder: Path) -> None:
    (folder / "mini.ipynb").symlink_to("@NEIGHBOUR@")


def a_named_pipe(folder: Path) -> None:
    os.mkfifo(folder / "mini.ipynb")


def a_folder(folder: Path) -> None:
    (folder / "mini.ipynb").mkdir()


def a_sparse_giant(folder: Path) -> None:
    with (folder / "mini.ipynb").open("wb") as stream:
        stream.truncate(100_000_000)


def a_giant(folder: Path) -> None:
    notebook = nbformat.v4.new_notebook(cells=[new_markdown_cell("x" * 1_000_000) for _ in range(100)])
    (folder / "mini.ipynb").write_text(json.dumps(notebook), encoding="utf-8")


def odd_names(folder: Path) -> None:
    for name in ("; touch canary.ipynb", "a\nb.ipynb", "-rf.ipynb"):
        (folder / name).write_text("{}", encoding="utf-8")


def nothing(folder: Path) -> None:
    """An empty folder."""


FILES: tuple[tuple[str, str, Callable[[Path], None], str], ...] = (
    ("empty_file", "A file without a byte.", written(b""), "empty"),
    ("blanks", "A file of blanks.", written(b" \n" * 1000), "empty"),
    ("binary", "Random bytes.", written(bytes(range(256)) * 100), "not UTF-8"),
    ("utf16", "A notebook in UTF-16.", written('{"cells": []}'.encode("utf-16")), "not UTF-8"),
    ("half_a_notebook", "A notebook that was cut off.", written(b'{"cells": [{"cell_type": "code", "sou'), "not a"),
    ("not_json", "Text that is not JSON.", written(b"My answer is 42."), "not a notebook"),
    ("a_list", "JSON, but a list.", written(b"[1, 2, 3]"), "not a notebook"),
    ("a_number", "JSON, but a number.", written(b"1e400"), "not a notebook"),
    ("deeply_nested", "A hundred thousand brackets.", written(b"[" * 100_000 + b"]" * 100_000), ""),
    ("nested_cells", "Objects in objects.", written(b'{"cells":' * 50_000 + b"1" + b"}" * 50_000), ""),
    ("other_version", "A notebook of a version that does not exist.", written(b'{"nbformat": 99, "cells": []}'), ""),
    ("null_cells", "Cells that are nothing.", written(b'{"nbformat": 4, "nbformat_minor": 5, "cells": null}'), ""),
    ("hundred_megabytes", "A hundred megabytes of text.", a_giant, "bytes"),
    ("sparse_giant", "A file of zeros that takes no space.", a_sparse_giant, "bytes"),
    ("link_out", "A link to another student's file.", a_link, "no notebook"),
    ("named_pipe", "A pipe that nobody writes to.", a_named_pipe, "no notebook"),
    ("folder_as_file", "A folder under the notebook's name.", a_folder, "no notebook"),
    ("odd_names", "Several files with odd names.", odd_names, "several notebooks"),
    ("nothing_handed_in", "A folder with nothing in it.", nothing, "no notebook"),
)


def file_cases() -> list[Hostile]:
    return [
        Hostile(name, does, dict.fromkeys(EXERCISES, ("invalid",)), says=says, file=file)
        for name, does, file, says in FILES
    ]
