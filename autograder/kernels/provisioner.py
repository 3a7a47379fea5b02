"""The kernel provisioner that jupyter_client knows: it asks a warm server to fork a kernel."""

from __future__ import annotations

import contextlib
import socket
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning import KernelProvisionerBase, KernelProvisionerFactory

from autograder.kernels.warm import ServerFailed, WarmServer

NAME = "mlp-warm"


class WarmProvisioner(KernelProvisionerBase):  # type: ignore[misc]
    """Starts a kernel by a fork from a warm server: ``manager.start_kernel(server=..., request=...)``."""

    server: WarmServer | None = None
    running = False

    @property
    def has_process(self) -> bool:
        return self.running

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        self.connection_info = self.parent.get_connection_info()
        return dict(await super().pre_launch(cmd=[], **kwargs))

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Bind the kernel's sockets here, in a folder that only the grader may enter, and hand them over."""
        self.server = server = kwargs["server"]
        info = self.connection_info
        ports = [int(info[f"{name}_port"]) for name in ("shell", "iopub", "stdin", "control")]
        connection = {key: value.decode() if isinstance(value, bytes) else value for key, value in info.items()}
        with contextlib.ExitStack() as stack:
            sockets = []
            for port in ports:
                listener = stack.enter_context(socket.socket(socket.AF_UNIX))
                Path(f"{info['ip']}-{port}").unlink(missing_ok=True)
                listener.bind(f"{info['ip']}-{port}")
                listener.listen(8)
                listener.setblocking(False)
                sockets.append(listener)
            start = {"do": "start", "connection": connection, "ports": ports, "environment": kwargs["env"]}
            server.ask(start | kwargs["request"], sockets)
        self.running = True
        return info

    async def poll(self) -> int | None:
        return None if self.running and self._ask({"do": "poll"}).get("running") else 1

    async def wait(self) -> int | None:
        self.running = False
        return 0

    async def send_signal(self, signum: int) -> None:
        self._ask({"do": "signal", "signal": int(signum)})

    async def kill(self, restart: bool = False) -> None:
        """End the kernel and everything that it has started."""
        if self.running:
            self._ask({"do": "stop"})

    async def terminate(self, restart: bool = False) -> None:
        await self.kill(restart)

    async def cleanup(self, restart: bool = False) -> None:
        self.running = False

    def _ask(self, request: dict[str, Any]) -> dict[str, Any]:
        """Ask the server; a server that has ended has taken the kernel with it."""
        assert self.server is not None
        try:
            return self.server.ask(request)
        except ServerFailed:
            self.running = False
            return {}


def register() -> None:
    """Make the provisioner known to jupyter_client by its name, without an installation."""
    factory = KernelProvisionerFactory.instance()
    factory.provisioners[NAME] = EntryPoint(NAME, f"{__name__}:WarmProvisioner", KernelProvisionerFactory.GROUP_NAME)
