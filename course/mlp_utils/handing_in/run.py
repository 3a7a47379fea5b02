"""Read a notebook file, and run its cells from top to bottom in a fresh kernel.

This is the only module of the package that loads jupyter_client, which comes with JupyterLab.  Nothing is
written: the file stays as it is, and outputs are dropped.  What comes back is how each cell ended, and the reply to a
question that is asked after it.
"""

from __future__ import annotations

import ast
import contextlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mlp_utils.handing_in.notebook_file import MAX_BYTES, UnreadableNotebook, parse
from mlp_utils.handing_in.ran import Ending, Ran

MAX_RESTARTS = 3
LISTENS = 5.0
"""Seconds in which a kernel has to come back after it was interrupted."""

MARK = "MLP_UTILS_CHECK"
"""Set in the fresh kernel's environment, so that the notebook that runs there does not start one more."""


class Unreadable(ValueError):
    """The file cannot be checked; the message is one sentence: what, where, what to do."""


@dataclass(frozen=True)
class Cell:
    """A cell of a notebook file.

    number: its number among the code cells, as Jupyter shows it in brackets after *Run All*; 0 for other cells.
    name:   its ``grade_id``; empty if it has none.
    experiment: it is tagged as an experiment, which the grader does not run.
    """

    number: int
    name: str
    code: bool
    source: str
    experiment: bool = False

    @property
    def first_line(self) -> str:
        line = next((line.strip() for line in self.source.split("\n") if line.strip()), "")
        return line if len(line) <= 80 else f"{line[:79]}…"


@dataclass(frozen=True)
class Notebook:
    """A notebook file: its cells and the assignment that it says it belongs to (empty if it says nothing)."""

    path: Path
    assignment_id: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, kw_only=True)
class RanCell(Ran):
    """A cell, how it ended, and what the kernel said then.

    reply: the kernel's answer to the question that belongs to the cell; None if it was not asked or did not answer.
    """

    cell: Cell
    reply: str | None = None


_WHY = {
    "large": f"has more than {MAX_BYTES // 1_000_000} MB, which the grader refuses; choose Edit → Clear Outputs of All "
    "Cells in JupyterLab and save.",
    "empty": "is empty; take a fresh copy of the notebook.",
    "broken": "is not a notebook that can be read ({reason}); take a fresh copy.",
}


def read(path: Path) -> Notebook:
    """A notebook from a file; ``Unreadable`` says in one sentence what is wrong with it."""
    try:
        if path.is_dir():
            raise Unreadable(f"{path} is a folder; name a notebook, a file that ends with .ipynb.")
        if not path.exists():
            raise Unreadable(f"There is no file {path}.")
        with path.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise Unreadable(f"{path} cannot be read: {error.strerror or error}.") from error
    try:
        node = parse(content)
    except UnreadableNotebook as error:
        raise Unreadable(f"{path} " + _WHY[error.kind].format(reason=str(error).rstrip("."))) from error
    cells, number = [], 0
    for cell in node.cells:
        code = cell.cell_type == "code"
        number += code and bool(cell.source.strip())
        cells.append(Cell(number if code else 0, _name(cell), code, cell.source, _is_experiment(cell)))
    course = node.metadata.get("mlp_course")
    named = course.get("assignment", "") if isinstance(course, dict) else ""
    return Notebook(path, named if isinstance(named, str) else "", tuple(cells))


def _is_experiment(cell: Any) -> bool:
    tags = cell.metadata.get("tags")
    return isinstance(tags, list) and "experiment" in tags and not _name(cell)


def _name(cell: Any) -> str:
    block = cell.metadata.get("nbgrader")
    name = block.get("grade_id", "") if isinstance(block, dict) else ""
    return name if isinstance(name, str) else ""


def run_all(
    cells: Sequence[Cell],
    folder: Path,
    seconds: float,
    question: Callable[[Cell], str] = lambda cell: "",
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> list[RanCell]:
    """Run the code cells in order in a fresh kernel; how each ended.

    folder:   the kernel's working directory.
    seconds:  the time limit of a cell.
    question: an expression that gives a string and is asked after the cell; "" for none.

    A cell that does not end is interrupted.  Where the process ended or does not listen, a new one takes its place, the
    cells before are run again, and the one that did it is left out.  Raises ``Unreadable`` if no kernel can be started.
    """
    todo = [cell for cell in cells if cell.code and cell.source.strip()]
    done: list[RanCell] = []
    restarts = 0
    with warnings.catch_warnings(), FreshKernel(folder, seconds) as kernel:
        warnings.simplefilter("ignore")  # what Jupyter's libraries say to their authors
        for cell in todo:
            progress(len(done), len(todo))
            if restarts > MAX_RESTARTS:
                done.append(RanCell(state=Ending.NOT_RUN, error="the Python process had ended too often", cell=cell))
                continue
            ran = kernel.run(cell)
            if kernel.lost:
                restarts += 1
                if restarts > MAX_RESTARTS or not _again(kernel, done):
                    restarts = MAX_RESTARTS + 1
            elif asked := question(cell):
                ran = replace(ran, reply=kernel.ask(asked))
            done.append(ran)
    return done


def _again(kernel: FreshKernel, done: Sequence[RanCell]) -> bool:
    """Bring a new process to where the old one was; whether that worked."""
    kernel.restart()
    for ran in done:
        if ran.state in (Ending.OK, Ending.ERROR):
            kernel.run(ran.cell)
            if kernel.lost:
                return False
    return True


class FreshKernel:
    """A Python process of its own that runs cells; use it in a ``with`` statement.

    lost: whether the process has ended or does not listen any more, so that ``restart`` is needed.
    """

    def __init__(self, folder: Path, seconds: float) -> None:
        self.folder, self.seconds = folder, seconds
        self.lost = False
        self._manager: Any = None
        self._client: Any = None
        self._own: Path | None = None

    def __enter__(self) -> FreshKernel:
        try:
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        from jupyter_core.utils import ensure_event_loop

        self._stop()
        if self._own is not None:
            shutil.rmtree(self._own, ignore_errors=True)
        # jupyter_client's blocking calls make an event loop for this thread and leave it open.
        ensure_event_loop().close()

    def restart(self) -> None:
        self._stop()
        self._start()

    def run(self, cell: Cell) -> RanCell:
        """Run a cell; never raises because of what it does."""
        message = self._client.execute(cell.source, allow_stdin=False, stop_on_error=False)
        error = ""
        for kind, content in self._messages(message, self.seconds):
            if kind == "error":
                name, text = content.get("ename", "Error"), _first_line(str(content.get("evalue", "")))
                error = f"{name}: {text}" if text else str(name)
            elif kind == Ending.DIED:
                self.lost = True
                return RanCell(state=Ending.DIED, error="the Python process ended", cell=cell)
            elif kind == Ending.TIMED_OUT:
                self._interrupt(message)
                more = ", and it could not be interrupted" if self.lost else ""
                return RanCell(state=Ending.TIMED_OUT, error=f"it did not end in {self.seconds:g} s{more}", cell=cell)
        return RanCell(state=Ending.ERROR if error else Ending.OK, error=error, cell=cell)

    def ask(self, expression: str) -> str | None:
        """Evaluate an expression that gives a string; None if it does not, or if the kernel does not answer."""
        message = self._client.execute(
            "",
            silent=True,
            store_history=False,
            user_expressions={"reply": expression},
            allow_stdin=False,
            stop_on_error=False,
        )
        deadline = time.monotonic() + self.seconds
        while time.monotonic() < deadline and self._manager.is_alive():
            with contextlib.suppress(Exception):  # queue.Empty, or a message that is not formed as it should be
                found = self._client.get_shell_msg(timeout=0.5)
                if found["parent_header"]["msg_id"] == message:
                    value = ast.literal_eval(found["content"]["user_expressions"]["reply"]["data"]["text/plain"])
                    return value if isinstance(value, str) else None
        return None

    def _start(self) -> None:
        from jupyter_client.kernelspec import KernelSpec
        from jupyter_client.manager import KernelManager

        # This interpreter, whatever kernels are known to Jupyter; and nothing of it in the history of the user's own.
        command = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        # Its files lie in a folder of its own: a home may be full, or hold settings that the grader does not have.
        self._own = self._own or Path(tempfile.mkdtemp(prefix="mlp-check-"))
        self._manager = KernelManager(connection_file=str(self._own / "connection.json"))
        self._manager._kernel_spec = KernelSpec(
            argv=[*command, "--HistoryManager.enabled=False"], display_name="fresh", language="python"
        )
        quiet = subprocess.DEVNULL
        try:
            environment = _environment(os.environ) | {"IPYTHONDIR": str(self._own / "ipython")}
            self._manager.start_kernel(env=environment, cwd=str(self.folder), stdout=quiet, stderr=quiet)
            self._client = self._manager.blocking_client()
            self._client.start_channels()
            self._client.wait_for_ready(timeout=max(60.0, self.seconds))
        except Exception as error:
            reason = f"{type(error).__name__}: {_first_line(str(error))}"
            raise Unreadable(f"No fresh kernel could be started ({reason}); restart Jupyter and try again.") from error
        self.lost = False

    def _stop(self) -> None:
        client, manager = self._client, self._manager
        self._client = self._manager = None
        if client is not None:
            with contextlib.suppress(Exception):
                client.stop_channels()
        if manager is not None:
            with contextlib.suppress(Exception):
                manager.shutdown_kernel(now=True)

    def _interrupt(self, message: str) -> None:
        with contextlib.suppress(Exception):
            self._manager.interrupt_kernel()
        self.lost = any(kind in (Ending.DIED, Ending.TIMED_OUT) for kind, _ in self._messages(message, LISTENS))

    def _messages(self, message: str, seconds: float) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """What the kernel says while it works on a message, until it is idle; DIED or TIMED_OUT may come last."""
        from queue import Empty

        deadline = time.monotonic() + seconds
        while True:
            left = deadline - time.monotonic()
            if left <= 0:
                yield Ending.TIMED_OUT, {}
                return
            try:
                found = self._client.get_iopub_msg(timeout=min(left, 0.5))
                if found["parent_header"].get("msg_id") != message:
                    continue
                kind, content = found["msg_type"], found["content"]
            except Empty:
                if not self._manager.is_alive():
                    yield Ending.DIED, {}
                    return
                continue
            except (KeyError, TypeError, ValueError):
                continue  # not formed as it should be, so not for us
            if kind == "status" and content.get("execution_state") == "idle":
                return
            yield kind, content


def _environment(present: Mapping[str, str]) -> dict[str, str]:
    kept = {name: value for name, value in present.items() if name != "JPY_SESSION_NAME"}
    return kept | {MARK: "1", "MPLBACKEND": "module://matplotlib_inline.backend_inline"}


def _first_line(text: str, most: int = 200) -> str:
    line = re.sub(r"\x1b\[[0-9;]*m", "", text).strip().split("\n")[0]
    return line if len(line) <= most else f"{line[: most - 1]}…"
