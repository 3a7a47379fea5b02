"""A student's kernel, seen from outside: run a cell, ask a question, start again.

This room is all that starts kernels.  What comes back is data: outputs that are bounded and inert, and the text of a
reply.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import zmq
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import KernelManager
from jupyter_core.utils import ensure_event_loop
from mlp_utils.assessing.wire import MAX_REPLY_CHARS
from mlp_utils.handing_in.ran import Ending, Ran

from autograder.kernels import provisioner
from autograder.kernels.machine import readable, warm_servers_work
from autograder.kernels.outputs import Outputs, part, reply_text
from autograder.kernels.pool import servers
from autograder.kernels.sandbox import Sandbox
from autograder.kernels.sockets import SocketFolder
from autograder.kernels.warm import ServerFailed, WarmServer, environment, user_id
from autograder.kernels.which import choose_sandbox

START_SECONDS, INTERRUPT_SECONDS, CHECK_SECONDS, QUIET_SECONDS = 60.0, 5.0, 0.25, 2.0

PORTS = {"shell_port": 1, "iopub_port": 2, "stdin_port": 3, "hb_port": 4, "control_port": 5}


class KernelUnavailable(RuntimeError):
    """The kernel could not be started."""


@dataclass(frozen=True)
class Limits:
    """What one submission may use.

    cell_seconds, ask_seconds, notebook_seconds: wall time of a cell, of the judge's question, of everything.
    memory_mb:    address space of each process of the kernel, and memory of all together.
    output_chars: of each cell; the rest is dropped.
    processes, open_files: at a time.
    scratch_mb, file_mb:   all files together, and each file.
    """

    cell_seconds: float = 30.0
    ask_seconds: float = 30.0
    notebook_seconds: float = 300.0
    memory_mb: int = 4096
    output_chars: int = 100_000
    processes: int = 64
    open_files: int = 256
    scratch_mb: int = 256
    file_mb: int = 100


def _without_date(packed: bytes) -> Any:
    """A part of a message; jupyter_client would work out a date of each header, which takes as long as all the rest."""
    found = json.loads(packed.decode("utf-8", "replace"))
    if isinstance(found, dict):
        found.pop("date", None)
    return found


kept_servers = servers.kept
"""``with kept_servers():`` keeps warm servers from one kernel to the next; without it each kernel has its own."""


class StudentKernel:
    """A kernel process in a sandbox, with a scratch folder of its own; use it in a ``with`` statement.

    library: a folder with the ``mlp_utils`` that the student's code may import.
    sandbox: how it is confined; by default the strongest that works on this machine.
    """

    def __init__(self, library: Path, limits: Limits, sandbox: Sandbox | None = None) -> None:
        self.library, self.limits = library.resolve(), limits
        self.sandbox = choose_sandbox() if sandbox is None else sandbox
        # Sockets lie in a folder of the grader's: no other user of the machine can listen in.
        self.folder = Path(tempfile.mkdtemp(prefix="mlp-"))
        self.scratch = self.folder
        self._manager: KernelManager | None = None
        self._server: WarmServer | None = None
        self._sockets: SocketFolder | None = None
        self._context: zmq.Context[Any] | None = None
        self._cut_off = False

    def __enter__(self) -> StudentKernel:
        try:
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()
        if self._server is not None:
            servers.give_back(self._server)
            self._server = None
        for folder in {self.folder, self.scratch}:
            shutil.rmtree(folder, ignore_errors=True)
        # jupyter_client's blocking calls make an event loop for this thread and leave it open.
        ensure_event_loop().close()

    def restart(self) -> None:
        """A fresh process in the place of one that died or cannot be interrupted."""
        self._stop()
        self._start()

    def run(self, source: str) -> tuple[Ran, list[Any]]:
        """Run a cell and return how it ended and its outputs, bounded and inert."""
        outputs = Outputs(self.limits.output_chars)
        message = self._send(source)
        state = self._wait_idle(message, self.limits.cell_seconds, outputs)
        if state == Ending.TIMED_OUT:
            return self._late(self._interrupt(message), self.limits.cell_seconds), outputs.items
        if state == Ending.DIED:
            return Ran(Ending.DIED, self._reason()), outputs.items
        if outputs.error:
            return Ran(Ending.ERROR, outputs.error), outputs.items
        return Ran(Ending.OK), outputs.items

    def ask(self, expression: str) -> tuple[Ran, str | None]:
        """Evaluate an expression in the student's namespace; return how it ended, and the text or None."""
        message = self._send("", silent=True, user_expressions={"reply": expression})
        state, content = self._wait_reply(message, self.limits.ask_seconds)
        if state == Ending.TIMED_OUT:
            return self._late(self._interrupt(message), self.limits.ask_seconds), None
        if state == Ending.DIED:
            return Ran(Ending.DIED, self._reason()), None
        return Ran(Ending.OK), reply_text(content)

    def responsive(self) -> bool:
        """Whether the kernel answers at all."""
        return self._alive() and self._wait_reply(self._send("", silent=True), INTERRUPT_SECONDS)[0] == Ending.OK

    # -- start and stop

    def _start(self) -> None:
        try:
            if not warm_servers_work():
                self._start_cold()
            else:
                try:
                    self._start_warm()
                except ServerFailed:
                    # It may have ended since the last kernel; a new one tells what is wrong, if anything is.
                    self._stop()
                    self._drop_server()
                    self._start_warm()
            self._connect()
        except Exception as error:
            raise KernelUnavailable(f"The kernel could not be started: {type(error).__name__}: {error}.") from error

    def _start_warm(self) -> None:
        if self._server is not None and not self._server.alive():
            self._drop_server()
        if self._server is None:
            self._server = servers.take(self.sandbox, self.library)
        server = self._server
        uid = user_id()
        if not server.features.get("own_view"):
            self.scratch = Path(tempfile.mkdtemp(prefix="mlp-scratch-"))
            if server.features.get("own_user"):
                os.chown(self.scratch, uid, uid)
        limits = self.limits
        request = {
            "uid": uid,
            "scratch": str(self.scratch),
            "readable": readable(),
            "memory_mb": limits.memory_mb,
            "cpu_seconds": int(limits.notebook_seconds) + 60,
            "processes": limits.processes,
            "open_files": limits.open_files,
            "scratch_mb": limits.scratch_mb,
            "file_mb": limits.file_mb,
        }
        provisioner.register()
        self._sockets = SocketFolder(self.folder)
        manager = KernelManager(transport="ipc", ip=self._sockets.name, **PORTS)
        warm = {"kernel_provisioner": {"provisioner_name": provisioner.NAME}}
        manager._kernel_spec = KernelSpec(argv=["python"], display_name="student", language="python", metadata=warm)
        self._manager = manager
        manager.start_kernel(server=server, request=request, env=environment("{scratch}"))

    def _drop_server(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None

    def _start_cold(self) -> None:
        """Without a fork: a new Python process under what limits the system has."""
        limited = str(Path(__file__).with_name("limited.py"))
        limits = [str(self.limits.memory_mb), str(int(self.limits.notebook_seconds) + 60)]
        kernel = ["-m", "ipykernel_launcher", "-f", "{connection_file}", "--HistoryManager.enabled=False"]
        argv = [sys.executable, limited, *limits, sys.executable, *kernel]
        manager = KernelManager(connection_file=str(self.folder / "connection.json"))
        if os.name == "posix":
            self._sockets = SocketFolder(self.folder, elsewhere=True)
            manager.transport, manager.ip = "ipc", self._sockets.name
        manager._kernel_spec = KernelSpec(argv=argv, display_name="student", language="python")
        self._manager = manager
        work = self.folder / "work"
        work.mkdir(exist_ok=True)
        variables = environment(str(self.folder)) | {"PYTHONPATH": str(self.library)}
        quiet = subprocess.DEVNULL
        manager.start_kernel(env=variables, cwd=str(work), stdout=quiet, stderr=quiet)

    def _connect(self) -> None:
        """Connect to the kernel and wait until it answers and its outputs arrive."""
        assert self._manager is not None
        self._cut_off = False
        info = self._manager.get_connection_info(session=True)
        self._session = info["session"]
        self._session.unpack = _without_date
        self._context = zmq.Context()
        between = "-" if info["transport"] == "ipc" else ":"
        self._shell, self._iopub = self._context.socket(zmq.DEALER), self._context.socket(zmq.SUB)
        for socket, name in ((self._shell, "shell"), (self._iopub, "iopub")):
            # Few messages wait at a time: what is too much stays in the student's process, and is lost there.
            socket.linger, socket.sndtimeo, socket.rcvhwm = 0, 2_000, 20
            socket.maxmsgsize = 2 * MAX_REPLY_CHARS + 2**20
            if name == "iopub":
                socket.subscribe(b"")
            socket.connect(f"{info['transport']}://{info['ip']}{between}{info[f'{name}_port']}")
        self._poller = zmq.Poller()
        self._poller.register(self._shell, zmq.POLLIN)
        self._poller.register(self._iopub, zmq.POLLIN)
        deadline = time.monotonic() + START_SECONDS
        # The first message shows that the subscription has arrived; until then outputs would be lost.
        while time.monotonic() < deadline:
            message = self._send("", silent=True)
            state, _ = self._wait_reply(message, deadline - time.monotonic())
            if state != Ending.OK:
                raise RuntimeError(self._reason() if state == Ending.DIED else "it does not answer")
            if self._wait_idle(message, 0.5, Outputs(0)) == Ending.OK:
                return
        raise RuntimeError("its outputs do not arrive")

    def _stop(self) -> None:
        context, self._context = self._context, None
        if context is not None:
            context.destroy(linger=0)
        manager, self._manager = self._manager, None
        if manager is not None:
            self._end(manager)
        sockets, self._sockets = self._sockets, None
        if sockets is not None:
            sockets.close()  # after the manager, which removes them by their names

    def _end(self, manager: KernelManager) -> None:
        pid = getattr(manager.provisioner, "pid", None)
        with contextlib.suppress(Exception):
            manager.shutdown_kernel(now=True)
        if pid and hasattr(os, "killpg"):
            # Without a warm server: children of the student's process share its process group.
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(pid, signal.SIGKILL)
        if self.scratch != self.folder:
            shutil.rmtree(self.scratch, ignore_errors=True)

    def _alive(self) -> bool:
        return self._manager is not None and not self._cut_off and bool(self._manager.is_alive())

    def _reason(self) -> str:
        """Why the kernel died, as far as the server knows."""
        reason = ""
        if self._server is not None:
            with contextlib.suppress(ServerFailed):
                reason = str(self._server.ask({"do": "poll"}).get("reason", ""))
        return f"the Python process was ended because {reason}" if reason else "the Python process ended"

    # -- messages

    def _send(self, code: str, *, silent: bool = False, user_expressions: dict[str, str] | None = None) -> str:
        content = {
            "code": code,
            "silent": silent,
            "store_history": not silent,
            "user_expressions": user_expressions or {},
            "allow_stdin": False,
            "stop_on_error": False,
        }
        try:
            message = self._session.send(self._shell, "execute_request", content)
        except zmq.Again:
            # A message beyond the limit ends the connection; the kernel is of no use then.
            self._cut_off = True
            return ""
        return str(message["header"]["msg_id"])

    def _receive(self, socket: Any, message: str) -> dict[str, Any] | None:
        """The next message, if it belongs to the one that was sent and is formed and signed as it should be."""
        try:
            _, found = self._session.recv(socket, mode=zmq.NOBLOCK)
        except Exception:
            # Whatever a student's process can send ends here: a bad signature, a number with a million digits, ...
            return None
        if not isinstance(found, dict) or part(found, "parent_header").get("msg_id") != message:
            return None
        return found

    def _interrupt(self, message: str) -> bool:
        """Interrupt the kernel; whether it came back."""
        if not self._alive() or self._manager is None:
            return False
        with contextlib.suppress(Exception):
            self._manager.interrupt_kernel()
        return self._wait_reply(message, INTERRUPT_SECONDS)[0] == Ending.OK

    def _late(self, interrupted: bool, seconds: float) -> Ran:
        """How something ended that took too long."""
        if interrupted:
            return Ran(Ending.TIMED_OUT, f"it did not finish in {seconds:g} s")
        return Ran(Ending.TIMED_OUT if self._alive() else Ending.DIED, "it could not be interrupted")

    def _wait_reply(self, message: str, seconds: float) -> tuple[str, dict[str, Any]]:
        """Wait for the reply on the shell channel; outputs that come meanwhile are left where they are."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            if self._shell.poll(int(1000 * min(left, CHECK_SECONDS)) + 1):
                found = self._receive(self._shell, message)
                if found is not None and found.get("msg_type") == "execute_reply":
                    return Ending.OK, part(found, "content")
            elif not self._alive():
                return Ending.DIED, {}
        return Ending.TIMED_OUT, {}

    def _wait_idle(self, message: str, seconds: float, outputs: Outputs) -> str:
        """Collect the outputs of a cell until the kernel says that it is idle again."""
        deadline = time.monotonic() + seconds
        quiet_since: float | None = None
        while (left := deadline - time.monotonic()) > 0:
            ready = dict(self._poller.poll(int(1000 * min(left, CHECK_SECONDS)) + 1))
            if self._shell in ready and self._receive(self._shell, message) is not None:
                quiet_since = time.monotonic()
            if self._iopub in ready:
                found = self._receive(self._iopub, message)
                if found is not None:
                    outputs.take(found)
                    quiet_since = quiet_since and time.monotonic()
                if outputs.idle:
                    return Ending.OK
            if quiet_since is not None and time.monotonic() - quiet_since > QUIET_SECONDS:
                return Ending.OK  # so many outputs that the end of them was lost
            if not ready and not self._alive():
                return Ending.DIED
        return Ending.TIMED_OUT
