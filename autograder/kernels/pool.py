"""Warm servers that wait for their next kernel, and those that start before the first is needed."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator
from pathlib import Path

from autograder.kernels.machine import warm_servers_work
from autograder.kernels.sandbox import Sandbox
from autograder.kernels.warm import ServerFailed, WarmServer


class Servers:
    """Warm servers that wait for their next kernel; closed when nobody works with them any more."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._idle: list[WarmServer] = []
        self._users = 0

    @contextlib.contextmanager
    def kept(self) -> Iterator[None]:
        """Keep servers for the next kernel as long as this lasts."""
        with self._lock:
            self._users += 1
        try:
            yield
        finally:
            with self._lock:
                self._users -= 1
                closing = [] if self._users else self._idle
                if not self._users:
                    self._idle = []
            for server in closing:
                server.close()

    def forget(self) -> None:
        """In a process that was forked from one that has servers: they are the other's."""
        self._lock = threading.Lock()
        for server in self._idle:
            server._channel.close()
        self._idle = []

    def adopt(self, server: WarmServer) -> None:
        """Take over a server that the process which this one was forked from has started for it."""
        self._idle.append(server)

    def take(self, sandbox: Sandbox, library: Path) -> WarmServer:
        """A server for this library, which only the caller has until it is given back."""
        with self._lock:
            fitting = [server for server in self._idle if (server.sandbox, server.library) == (sandbox, library)]
            if fitting:
                self._idle.remove(fitting[0])
        if fitting and fitting[0].alive():
            return fitting[0]
        for ended in fitting[:1]:
            ended.close()
        return WarmServer(sandbox, library)

    def give_back(self, server: WarmServer) -> None:
        closing = [server]
        with self._lock:
            if self._users and server.alive():
                self._idle.append(server)
                # Assignments are graded one after the other: what is left over belongs to earlier ones.
                closing = self._idle[:-MOST_IDLE]
                self._idle = self._idle[-MOST_IDLE:]
        for old in closing:
            old.close()


MOST_IDLE = 8

servers = Servers()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=servers.forget)


class EarlyServers:
    """Servers that start while the grader still loads the course, one for each worker that will be forked from it."""

    def __init__(self, sandbox: Sandbox, count: int) -> None:
        self._sandbox, self._count = sandbox, count if warm_servers_work() else 0
        self._waiting: list[WarmServer] = []
        self._given: list[WarmServer] = []

    def __enter__(self) -> EarlyServers:
        return self

    def __exit__(self, *_: object) -> None:
        """The workers are through; a server that one of them has left is ended here, by the process that began it."""
        for server in (*self._waiting, *self._given):
            server.close()

    def begin(self, library: Path) -> None:
        """Start them, for the first library that is known; where one cannot start, its worker will find out why."""
        while self._count:
            self._count -= 1
            with contextlib.suppress(OSError, ServerFailed):
                self._waiting.append(WarmServer(self._sandbox, library.resolve()))

    def claim(self) -> WarmServer | None:
        """In a process that is about to fork a worker: the server for it."""
        if not self._waiting:
            return None
        self._given.append(self._waiting.pop(0))
        return self._given[-1]

    def in_worker(self, server: WarmServer | None) -> None:
        """In a worker that was forked: take one over and let go of the others."""
        for other in (*self._waiting, *self._given):
            if other is not server:
                other.give_away()
        self._waiting, self._given = [], []
        if server is not None:
            servers.adopt(server)

    def in_grader(self, server: WarmServer | None) -> None:
        """In the grader after the fork: the worker alone holds its line."""
        if server is not None:
            server.give_away()
