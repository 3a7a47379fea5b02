"""A student's kernel, seen from outside: run a cell, ask a question, start again.

This is the only module that starts kernels.  What comes back is data: outputs that are bounded and inert, and the text
of a reply.
"""

from __future__ import annotations

import ast
import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from queue import Empty
from typing import Any

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import KernelManager
from jupyter_core.utils import ensure_event_loop
from mlp_utils.wire import MAX_REPLY_CHARS
from nbformat.v4 import output_from_msg

OK, ERROR, TIMED_OUT, DIED = "ok", "error", "timed_out", "died"

SHOWN = ("text/plain", "image/png", "image/jpeg")
"""What is kept of a student's outputs: nothing that a browser would run."""


class KernelUnavailable(RuntimeError):
    """The kernel could not be started."""


@dataclass(frozen=True)
class Limits:
    """What one submission may use.

    cell_seconds, ask_seconds, notebook_seconds: wall time of a cell, of the judge's question, of everything.
    memory_mb: address space of the kernel.
    output_chars: of each cell; the rest is dropped.
    """

    cell_seconds: float = 30.0
    ask_seconds: float = 30.0
    notebook_seconds: float = 300.0
    memory_mb: int = 4096
    output_chars: int = 100_000


@dataclass(frozen=True)
class Ran:
    """How a cell ended: OK, ERROR (with the exception in words), TIMED_OUT or DIED."""

    state: str
    error: str = ""


class StudentKernel:
    """A kernel process with a scratch folder of its own; use it in a ``with`` statement.

    library: a folder with the ``mlp_utils`` that the student's code may import.
    """

    def __init__(self, library: Path, limits: Limits) -> None:
        self.modules, self.limits = library, limits
        self.scratch = Path(tempfile.mkdtemp(prefix="mlp-"))
        self._manager: KernelManager | None = None
        self._client: Any = None

    def __enter__(self) -> StudentKernel:
        try:
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()
        shutil.rmtree(self.scratch, ignore_errors=True)
        # jupyter_client's blocking calls make an event loop for this thread and leave it open.
        ensure_event_loop().close()

    def restart(self) -> None:
        """A fresh process in the place of one that died or cannot be interrupted."""
        self._stop()
        self._start()

    def run(self, source: str) -> tuple[Ran, list[Any]]:
        """Run a cell and return how it ended and its outputs, bounded and inert."""
        outputs = _Outputs(self.limits.output_chars)
        message = self._client.execute(source, allow_stdin=False, stop_on_error=False)
        state = self._wait(message, self.limits.cell_seconds, outputs)
        if state == TIMED_OUT and not self._interrupt(message):
            return Ran(DIED if not self._alive() else TIMED_OUT, "it could not be interrupted"), outputs.items
        if state == TIMED_OUT:
            return Ran(TIMED_OUT, f"it did not finish in {self.limits.cell_seconds:g} s"), outputs.items
        if state == DIED:
            return Ran(DIED, "the Python process ended"), outputs.items
        if outputs.error:
            return Ran(ERROR, outputs.error), outputs.items
        return Ran(OK), outputs.items

    def ask(self, expression: str) -> tuple[str, str | None]:
        """Evaluate an expression in the student's namespace; return OK and the text, or how it failed and None."""
        message = self._client.execute(
            "",
            silent=True,
            store_history=False,
            user_expressions={"reply": expression},
            allow_stdin=False,
            stop_on_error=False,
        )
        outputs = _Outputs(0)
        state = self._wait(message, self.limits.ask_seconds, outputs, want_reply=True)
        if state == TIMED_OUT:
            return (TIMED_OUT if self._interrupt(message) or self._alive() else DIED), None
        if state == DIED:
            return DIED, None
        return OK, _reply_text(outputs.reply)

    def responsive(self) -> bool:
        """Whether the kernel answers at all."""
        if not self._alive():
            return False
        message = self._client.execute("", silent=True, store_history=False, allow_stdin=False)
        return self._wait(message, 5.0, _Outputs(0)) == OK

    def _start(self) -> None:
        spec = KernelSpec(
            argv=[
                sys.executable,
                str(Path(__file__).with_name("limited.py")),
                str(self.limits.memory_mb),
                str(int(self.limits.notebook_seconds) + 60),
                sys.executable,
                "-m",
                "ipykernel_launcher",
                "-f",
                "{connection_file}",
                "--HistoryManager.enabled=False",
            ],
            display_name="student",
            language="python",
        )
        manager = KernelManager(connection_file=str(self.scratch / "connection.json"))
        if os.name == "posix":
            # Sockets in the scratch folder: no other process on the machine can listen in.
            manager.transport, manager.ip = "ipc", str(self.scratch / "socket")
        manager._kernel_spec = spec
        work = self.scratch / "work"
        work.mkdir(exist_ok=True)
        self._manager = manager
        try:
            quiet = subprocess.DEVNULL
            manager.start_kernel(env=self._environment(), cwd=str(work), stdout=quiet, stderr=quiet)
            self._client = manager.blocking_client()
            self._client.start_channels()
            self._client.wait_for_ready(timeout=60)
        except Exception as error:
            raise KernelUnavailable(f"The kernel could not be started: {type(error).__name__}: {error}.") from error

    def _environment(self) -> dict[str, str]:
        """Nothing of the grader's own environment but what Python needs to run."""
        kept = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL", "SYSTEMROOT") if name in os.environ}
        home = str(self.scratch)
        return kept | {
            "HOME": home,
            "IPYTHONDIR": str(self.scratch / "ipython"),
            "JUPYTER_RUNTIME_DIR": str(self.scratch / "runtime"),
            "MPLCONFIGDIR": str(self.scratch / "matplotlib"),
            "MPLBACKEND": "module://matplotlib_inline.backend_inline",
            "TMPDIR": home,
            "PYTHONPATH": str(self.modules),
            "PYTHONDONTWRITEBYTECODE": "1",
            "OMP_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1",
            "MKL_NUM_THREADS": "1",
        }

    def _stop(self) -> None:
        if self._client is not None:
            with contextlib.suppress(Exception):
                self._client.stop_channels()
            self._client = None
        manager, self._manager = self._manager, None
        if manager is None:
            return
        pid = getattr(manager.provisioner, "pid", None)
        with contextlib.suppress(Exception):
            manager.shutdown_kernel(now=True)
        if pid and hasattr(os, "killpg"):
            # Children of the student's process share its process group and must not outlive it.
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(pid, signal.SIGKILL)

    def _alive(self) -> bool:
        return self._manager is not None and bool(self._manager.is_alive())

    def _interrupt(self, message: str) -> bool:
        """Interrupt the kernel; whether it came back."""
        if not self._alive() or self._manager is None:
            return False
        with contextlib.suppress(Exception):
            self._manager.interrupt_kernel()
        return self._wait(message, 5.0, _Outputs(0)) == OK

    def _wait(self, message: str, seconds: float, outputs: _Outputs, want_reply: bool = False) -> str:
        """Collect what belongs to the message until the kernel says that it is idle again."""
        deadline = time.monotonic() + seconds
        idle = False
        while True:
            left = deadline - time.monotonic()
            if left <= 0:
                return TIMED_OUT
            if idle and (not want_reply or outputs.reply is not None):
                return OK
            try:
                if idle:
                    found = self._client.get_shell_msg(timeout=min(left, 1.0))
                    if found.get("parent_header", {}).get("msg_id") == message:
                        outputs.reply = found.get("content", {})
                else:
                    found = self._client.get_iopub_msg(timeout=min(left, 0.5))
                    if found.get("parent_header", {}).get("msg_id") == message:
                        idle = outputs.take(found)
            except Empty:
                if not self._alive():
                    return DIED
            except (KeyError, TypeError, ValueError):
                # A message that is not signed or not formed as it should be is not from our question.
                continue


class _Outputs:
    """The outputs of one cell, as they come in; stops growing at a limit."""

    def __init__(self, limit: int) -> None:
        self.items: list[Any] = []
        self.error = ""
        self.reply: dict[str, Any] | None = None
        self._room = limit

    def take(self, message: dict[str, Any]) -> bool:
        """Take one message; True if it says that the kernel is idle."""
        kind, content = message.get("msg_type"), message.get("content", {})
        if kind == "status":
            return bool(content.get("execution_state") == "idle")
        if kind == "error":
            # Python names a cell by a temporary file; only the line means something to a reader.
            reason = re.sub(r"\(\d+\.py, line (\d+)\)", r"(line \1)", str(content.get("evalue", ""))[:300])
            self.error = f"{content.get('ename', 'Error')}: {reason}"
        if kind == "clear_output":
            self.items.clear()
        elif kind in ("stream", "display_data", "execute_result", "error"):
            self._add(kind, message)
        return False

    def _add(self, kind: str, message: dict[str, Any]) -> None:
        content = message["content"]
        if kind == "stream":
            text = str(content.get("text", ""))[: self._room]
            self._spend(len(str(content.get("text", ""))))
            last = self.items[-1] if self.items else None
            if last is not None and last.output_type == "stream" and last.name == content.get("name"):
                last.text += text
            elif text:
                self.items.append(output_from_msg({**message, "content": {**content, "text": text}}))
            return
        if kind in ("display_data", "execute_result"):
            data = {key: value for key, value in content.get("data", {}).items() if key in SHOWN}
            message = {**message, "content": {**content, "data": data, "metadata": {}}}
            size = sum(len(str(value)) for value in data.values())
        else:
            content["traceback"] = [str(line)[:5_000] for line in content.get("traceback", [])[-10:]]
            size = sum(map(len, content["traceback"]))
        # A picture may be larger than the text limit; two megabytes are the most.
        if size <= max(self._room, 0) or (size < 2_000_000 and self._room > 0):
            self.items.append(output_from_msg(message))
        self._spend(size if size < self._room else min(size, self._room))

    def _spend(self, size: int) -> None:
        self._room = max(0, self._room - size)


def _reply_text(content: dict[str, Any] | None) -> str | None:
    """The string that the expression gave: a literal, never evaluated, bounded in length."""
    found = (content or {}).get("user_expressions", {}).get("reply", {})
    text = found.get("data", {}).get("text/plain") if isinstance(found, dict) else None
    if not isinstance(text, str) or len(text) > 2 * MAX_REPLY_CHARS:
        return None
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None
    return value if isinstance(value, str) else None
