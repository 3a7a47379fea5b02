"""A warm server seen from the grader: it starts, answers one question at a time, and ends with its line.

Only Linux has warm servers; elsewhere jupyter_client's own provisioner starts each kernel from nothing.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
from pathlib import Path
from typing import Any

from autograder.kernels.machine import module_path, warm_servers_work
from autograder.kernels.sandbox import Sandbox

MODULES = ("seccomp", "confine", "server")

START_SECONDS, ANSWER_SECONDS = 60.0, 30.0

ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")

_numbers = itertools.count()


class ServerFailed(RuntimeError):
    """The warm server did not start, ended, or could not do what it was asked."""


class WarmServer:
    """A process, inside the sandbox, from which kernels are forked, one at a time.

    It starts while whoever has made it does something else; the first question waits until it is ready.
    """

    def __init__(self, sandbox: Sandbox, library: Path, *, preload: bool = True) -> None:
        self.sandbox, self.library, self.uid = sandbox, library, user_id()
        self._features: dict[str, Any] | None = None
        self._out_of_step = False
        self.folder = Path(tempfile.mkdtemp(prefix="mlp-server-"))
        here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._channel, self._lock = here, threading.Lock()
        here.settimeout(START_SECONDS)
        with there:
            self._process = subprocess.Popen(
                sandbox.command(library),
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                pass_fds=[there.fileno()],
                env=environment(str(self.folder)),
                cwd="/",
                start_new_session=True,
            )
            try:
                self._send_code(there.fileno())
                setup = sandbox.setup(library) | {"preload": preload, "folder": str(self.folder), "uid": self.uid}
                with contextlib.suppress(ServerFailed):  # why it has ended is asked with the first question
                    self._say(setup | {"readable": [], "processes": 64}, [])
            except BaseException:
                self.close()
                raise

    def __enter__(self) -> WarmServer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def ask(self, request: dict[str, Any], sockets: list[socket.socket] | None = None) -> dict[str, Any]:
        """Send a request and return the reply; ``ServerFailed`` if there is none."""
        with self._lock:
            self._wait_until_ready()
            self._say(request, sockets or [])
            return self._hear()

    @property
    def features(self) -> dict[str, Any]:
        """What the machine allows inside, which it says when it is ready; ``ServerFailed`` if it does not start."""
        with self._lock:
            return self._wait_until_ready()

    def alive(self) -> bool:
        """Whether its line is open; also in a process that it was given to, whose child it is not."""
        if self._out_of_step:
            return False
        try:
            line = select.poll()
            line.register(self._channel, select.POLLIN)
            return not line.poll(0) or self._channel.recv(1, socket.MSG_PEEK) != b""
        except (OSError, ValueError):  # closed here already
            return False

    def give_away(self) -> None:
        """Close this process's end of the line, which another one has been forked with."""
        for end in (self._channel, self._process.stdin, self._process.stderr):
            if end is not None:
                with contextlib.suppress(OSError):
                    end.close()

    def kill(self) -> None:
        """End the server at once, with bubblewrap around it; its kernels go with it."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)

    def close(self) -> None:
        """End the server and all that it has started."""
        self.give_away()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self.kill()
            self._process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _send_code(self, channel: int) -> None:
        folder = Path(__file__).parent / "inside"
        modules = [(name, (folder / f"{name}.py").read_text(encoding="utf-8")) for name in MODULES]
        code = json.dumps({"path": module_path(), "modules": modules, "channel": channel}).encode()
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # what has gone wrong shows in the missing reply
            self._process.stdin.write(len(code).to_bytes(4, "big") + code)
            self._process.stdin.flush()

    def _say(self, request: dict[str, Any], sockets: list[socket.socket]) -> None:
        try:
            socket.send_fds(self._channel, [json.dumps(request).encode()], [each.fileno() for each in sockets])
        except OSError as error:
            raise ServerFailed(f"The warm server did not listen: {error}.") from error

    def _hear(self) -> dict[str, Any]:
        try:
            reply = json.loads(self._channel.recv(100_000) or b'{"error": "it has ended"}')
        except (OSError, ValueError) as error:
            self._out_of_step = True  # a reply that comes late would be taken for the next one
            raise ServerFailed(f"The warm server did not answer: {error}.") from error
        if "error" in reply:
            raise ServerFailed(f"The warm server failed: {reply['error']}.")
        return dict(reply)

    def _wait_until_ready(self) -> dict[str, Any]:
        if self._features is None:
            try:
                self._features = dict(self._hear()["features"])
            except ServerFailed as error:
                self.kill()
                _, text = self._process.communicate()
                lines = text.decode(errors="replace").strip().splitlines()
                raise ServerFailed(lines[-1] if lines else str(error)) from error
            self._channel.settimeout(ANSWER_SECONDS)
        return self._features


def environment(scratch: str) -> dict[str, str]:
    """The variables of a student's process: nothing of the grader's own but what Python needs to run."""
    kept = {name: os.environ[name] for name in ("LANG", "LC_ALL", "SYSTEMROOT") if name in os.environ}
    path = "/usr/bin:/bin" if warm_servers_work() else os.environ.get("PATH", "")
    return {
        **kept,
        **ONE_THREAD,
        "PATH": path,
        "HOME": scratch,
        "USER": "student",
        "IPYTHONDIR": f"{scratch}/ipython",
        "JUPYTER_RUNTIME_DIR": f"{scratch}/runtime",
        "MPLCONFIGDIR": f"{scratch}/matplotlib",
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "TMPDIR": scratch,
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUTF8": "1",  # a student's text is the same on every machine, as start.py has it
    }


def user_id() -> int:
    """A user for the next kernel that no other process on this machine has; 0 where users cannot be changed."""
    if os.geteuid() != 0:
        return 0
    number = (os.getpid() << 8) + next(_numbers) % 256
    lines = Path("/proc/self/uid_map").read_text(encoding="utf-8").split("\n")
    top = max(int(first) + int(count) for first, _, count in (line.split() for line in lines if line))
    # A container may have few users: then a number may come again, after thousands of others.
    return (1 << 30) + number if top > 1 << 31 else 20_000 + number % (min(top, 65_000) - 20_000)
