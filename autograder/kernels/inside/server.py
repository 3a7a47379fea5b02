"""The warm server: imports the large libraries once, then makes each kernel by a fork.

Runs inside the sandbox, sent there as text by ``kernels/warm.py``; nothing else of the instructor's package is there.
It has one thread, no event loop and no ZeroMQ context, so that a fork is safe, and serves one kernel at a time.
A request is one JSON message, with the kernel's listening sockets beside it; each gets one reply.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import pkgutil
import select
import signal
import socket
import sys
import tempfile
import traceback
from pathlib import Path
from typing import Any

from autograder.kernels.inside import confine

MAX_MESSAGE = 100_000
PRELOADED = (
    "IPython.core.completerlib",
    "IPython.core.debugger",
    "IPython.core.oinspect",
    "IPython.core.pylabtools",
    "IPython.extensions.storemagic",
    "ipykernel.debugger",
    "ipykernel.ipkernel",
    "ipykernel.kernelapp",
    "ipykernel.subshell_manager",
    "ipykernel.zmqshell",
    "matplotlib.backends.backend_agg",
    "matplotlib.font_manager",
    "matplotlib.pyplot",
    "tornado.platform.asyncio",
)
CHECK_SECONDS = 0.2


class Server:
    """Answers the requests that come over one socket until it is closed."""

    def __init__(self, channel: socket.socket) -> None:
        self.channel = channel
        self.setup: dict[str, Any] = {}
        self.features: dict[str, Any] = {}
        self.kernel = 0
        self.request: dict[str, Any] = {}
        self.status: int | None = None
        self.reason = ""
        self.own_pages = 0
        self.pid_namespace = -1

    def serve(self) -> None:
        while True:
            ready = select.select([self.channel], [], [], CHECK_SECONDS if self._running() else None)[0]
            if not ready:
                self._check_usage()
                continue
            message, sockets, _, _ = socket.recv_fds(self.channel, MAX_MESSAGE, 8)
            if not message:
                self.stop()
                return
            try:
                reply = self.answer(json.loads(message), sockets)
            except Exception as error:
                reply = {"error": f"{type(error).__name__}: {error}"}
            finally:
                for descriptor in sockets:
                    with contextlib.suppress(OSError):
                        os.close(descriptor)
            self.channel.send(json.dumps(reply).encode())

    def answer(self, request: dict[str, Any], sockets: list[int]) -> dict[str, Any]:
        match request["do"]:
            case "setup":
                return self.set_up(request)
            case "start":
                return self.start(request, sockets)
            case "signal":
                if self._running():
                    os.kill(self.kernel, int(request["signal"]))
                return {}
            case "poll":
                return {"running": self._running(), "reason": self.reason}
            case "stop":
                self.stop()
                return {}
        raise ValueError(f"no such request: {request['do']}")

    def set_up(self, request: dict[str, Any]) -> dict[str, Any]:
        """Enter the namespaces, find out what the machine allows, and import what is slow to import."""
        os.umask(0o022)
        confine.prctl(confine.PR_SET_SUBREAPER, 1, "prctl")
        own_root = bool(request["in_own_root"])
        if request["confine"]:
            if request["root"]:
                own_root = confine.namespaces_and_root(request["root"])
            self.features = confine.explore(request, own_root)
            if self.features["pid_namespace"]:
                self.pid_namespace = os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC)
        self.setup = request
        if self.features.get("own_root"):
            for name, value in os.environ.items():
                os.environ[name] = value.replace(request["folder"], confine.SCRATCH)
        if request["preload"]:
            sys.path.insert(0, self.library())
            preload()
        self.own_pages = confine.private_pages(os.getpid())
        null = os.open(os.devnull, os.O_RDWR)
        os.dup2(null, 2)  # so far errors were the grader's to read
        os.close(null)
        return {"features": self.features}

    def start(self, request: dict[str, Any], sockets: list[int]) -> dict[str, Any]:
        """Fork a kernel; the reply comes when it is confined and about to bind."""
        self.stop()
        request["readable"] += [self.library()]
        self.request, self.status, self.reason = self.setup | request, None, ""
        told, tell = os.pipe()
        if self.features.get("pid_namespace"):
            confine.unshare(confine.NEWPID)
        pid = os.fork()
        if pid == 0:
            os.close(told)
            self._become_kernel(sockets, tell)
        self.kernel = pid
        if self.features.get("pid_namespace"):
            # Further children of the server belong to the server's own namespace again.
            confine.join(self.pid_namespace, confine.NEWPID)
        os.close(tell)
        with os.fdopen(told, "rb") as pipe:
            problem = pipe.read().decode(errors="replace")
        if problem:
            self.stop()
            return {"error": problem}
        return {"pid": pid}

    def stop(self) -> None:
        if self.kernel:
            apart = self.features.get("own_user") and not self.features.get("pid_namespace")
            # The number of a process that has ended may be somebody else's by now.
            running = self.kernel if self._running() else 0
            confine.kill_everything(running, int(self.request["uid"]) if apart else 0)
            self.kernel = 0

    def library(self) -> str:
        """Where the students' package lies for the kernels."""
        return str(self.setup["own_library" if self.features.get("own_root") else "library"])

    def _running(self) -> bool:
        if self.kernel and self.status is None:
            pid, status = os.waitpid(self.kernel, os.WNOHANG)
            if pid:
                self.status = status
        return bool(self.kernel) and self.status is None

    def _check_usage(self) -> None:
        """What no limit of the system covers: memory and processes in sum, and a folder on a disk."""
        if not self._running() or not self.setup["confine"]:
            return
        processes, memory = confine.usage(self.own_pages)
        if memory > self.request["memory_mb"] * 2**20:
            self.reason = f"its processes used more than {self.request['memory_mb']} MB of memory together"
        elif processes > self.request["processes"]:
            self.reason = f"it started more than {self.request['processes']} processes"
        elif not self.features["own_view"] and self._written() > self.request["scratch_mb"] * 2**20:
            self.reason = f"it wrote more than {self.request['scratch_mb']} MB"
        if self.reason:
            self.stop()

    def _written(self) -> int:
        return confine.folder_size(self.request["scratch"])

    def _become_kernel(self, sockets: list[int], tell: int) -> None:
        """Never returns: this is the child."""
        try:
            self.channel.close()
            if self.pid_namespace >= 0:
                os.close(self.pid_namespace)
            if self.setup["confine"]:
                confine.enter(self.request, self.features)
            else:
                os.setsid()
            leave_the_server(self.request, self.features)
        except BaseException as error:
            os.write(tell, f"{type(error).__name__}: {error}".encode())
            os._exit(1)
        os.close(tell)
        try:
            run_kernel(self.request, sockets)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)


def preload() -> None:
    """Import what most notebooks and every kernel need, and nothing that knows an answer.

    Not ``matplotlib_inline.backend_inline``: it must be loaded inside the kernel, or figures are lost.
    """
    sys.modules["debugpy"] = None  # type: ignore[assignment]  # nobody debugs here, and it takes long
    for name in PRELOADED:
        importlib.import_module(name)
    import matplotlib.figure
    import mlp_utils
    import numpy as np

    # The students' package is the copy of this one assignment, without what is withheld from it.
    for found in pkgutil.walk_packages(mlp_utils.__path__, "mlp_utils."):
        if "explorers" not in found.name and not found.name.endswith("__main__"):
            with contextlib.suppress(ImportError):  # a module that uses one that is withheld
                importlib.import_module(found.name)
    importlib.import_module("mlp_utils.assessing.tasks").visible_tasks()  # which the first check of a session reads
    # Draw once without pyplot, which would settle on a backend here.
    figure = matplotlib.figure.Figure()
    figure.subplots().plot([0, 1], label="x")
    figure.savefig(os.devnull, format="png")
    np.ones((8, 8)) @ np.ones((8, 8))
    del sys.modules["debugpy"]
    gc.collect()
    gc.freeze()


def leave_the_server(request: dict[str, Any], features: dict[str, Any]) -> None:
    """The kernel's own variables, folder and modules; nothing of the server's."""
    scratch = confine.SCRATCH if features.get("own_view") else request["scratch"]
    os.environ.clear()
    os.environ.update({name: value.replace("{scratch}", scratch) for name, value in request["environment"].items()})
    folder = Path(scratch, "work")
    folder.mkdir(exist_ok=True)
    os.chdir(folder)
    sys.argv = ["ipykernel"]
    tempfile.tempdir = None
    for name in [name for name in sys.modules if name.split(".")[0] == "autograder"]:
        del sys.modules[name]
    if "numpy" in sys.modules:
        import numpy as np

        np.random.seed()
    if "matplotlib" in sys.modules:
        import matplotlib

        for cached in (matplotlib.get_configdir, matplotlib.get_cachedir):
            getattr(cached, "cache_clear", lambda: None)()


def run_kernel(request: dict[str, Any], sockets: list[int]) -> None:
    """ipykernel, on sockets that listen already."""
    import zmq
    from ipykernel.iostream import OutStream
    from ipykernel.kernelapp import IPKernelApp

    connection = request["connection"]
    listening = dict(zip(request["ports"], sockets, strict=True))

    flush = OutStream.flush

    def flush_if_needed(stream: OutStream) -> None:
        """Wait for the thread that sends only if there is something to send: a cell asks for it eight times."""
        if any(buffer.tell() for buffer in list(stream._buffers.values())):
            flush(stream)  # type: ignore[no-untyped-call]

    OutStream.flush = flush_if_needed  # type: ignore[method-assign]

    class StudentApp(IPKernelApp):
        """Without files, heartbeat, debugger and parent: the grader watches the process itself."""

        def _try_bind_socket(self, s: Any, port: int) -> int:
            s.setsockopt(zmq.USE_FD, listening[port])
            s.bind(f"ipc://{connection['ip']}-{port}")
            return port

        def init_control(self, context: Any) -> None:
            # A socket that is not bound or connected anywhere stands for the debugger's.
            bound = self.shell_socket
            self.shell_socket = context.socket(zmq.ROUTER)
            try:
                super().init_control(context)  # type: ignore[no-untyped-call]
            finally:
                self.shell_socket.close()
                self.shell_socket = bound
            self.shell_channel_thread = None  # it serves subshells, of which there are none here

        def parse_command_line(self, argv: Any = None) -> None:
            pass

        def load_config_file(self, suppress_errors: Any = None) -> None:
            pass

        def init_connection_file(self) -> None:
            pass

        def write_connection_file(self, **kwargs: Any) -> None:
            pass

        def init_heartbeat(self) -> None:
            pass

        def init_crash_handler(self) -> None:
            pass

    app = StudentApp.instance(
        transport="ipc",
        ip=connection["ip"],
        shell_port=connection["shell_port"],
        iopub_port=connection["iopub_port"],
        stdin_port=connection["stdin_port"],
        control_port=connection["control_port"],
        capture_fd_output=False,
        parent_handle=0,
    )
    app.session.key = connection["key"].encode()
    app.session.signature_scheme = connection["signature_scheme"]
    app.config.HistoryManager.enabled = False
    app.config.IPythonKernel._execute_sleep = 0.0
    app.initialize([])
    app.start()


def main(descriptor: int) -> None:
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, signal.SIG_IGN if name == signal.SIGINT else signal.SIG_DFL)
    Server(socket.socket(fileno=descriptor)).serve()
