"""Workers on this machine: a process for each kernel that may run at a time.

Processes and not threads, because the judge is Python and holds the interpreter's lock.  Where processes can be
forked, a worker has the references from the moment it starts.  A worker that dies (killed, out of memory) loses
nothing: its submission is tried once more, then named.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import sys
import tempfile
import threading
import time
import warnings
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from typing import Any

from autograder import lock
from autograder.backlog import Backlog
from autograder.work import Order, Outcome, Tick, outcome, perform

ATTEMPTS = 2
HEARTBEAT = 0.5
"""Seconds between two looks at the clock while nothing happens."""


def on_this_machine(waiting: Backlog, tick: Tick, jobs: int) -> Iterator[Outcome]:
    """Carry out the orders with at most ``jobs`` processes; orders are asked for only when a worker is free."""
    again: deque[Order] = deque()
    attempts: dict[str, int] = {}
    workers: list[_Worker] = []
    try:
        while True:
            _hand_out(workers, waiting, again, attempts, jobs)
            busy = [worker for worker in workers if worker.order is not None]
            if not busy:
                return
            ready = wait([worker.connection for worker in busy], timeout=HEARTBEAT)
            tick()
            outcomes = []
            for worker in busy:
                order = worker.order
                if order is None or (worker.connection not in ready and not worker.overdue):
                    continue
                reply = worker.reply() if worker.connection in ready else None
                if reply is not None:
                    outcomes.append(outcome(order, reply))
                    continue
                workers.remove(worker)
                how = worker.end()
                if attempts[order.name] < ATTEMPTS:
                    again.append(order)
                else:
                    failure = f"the worker that graded it ended {ATTEMPTS} times ({how}); look at this notebook."
                    outcomes.append(Outcome(order, failure=failure))
            try:
                # The next submissions are on their way before this process turns to the last ones.
                _hand_out(workers, waiting, again, attempts, jobs)
            except BaseException:
                yield from outcomes  # they are there, whatever has gone wrong since
                raise
            yield from outcomes
    finally:
        for worker in workers:
            worker.end()


def _hand_out(
    workers: list[_Worker], waiting: Backlog, again: deque[Order], attempts: dict[str, int], jobs: int
) -> None:
    """Give each free worker an order, starting workers as long as there are orders and fewer than ``jobs``."""
    while True:
        free = next((worker for worker in workers if worker.order is None), None)
        if free is None and len(workers) >= jobs:
            return
        # What has ended a worker once comes last: if it does so again, the others are through.
        order = waiting.take(free.assignment_id if free else "") or (again.popleft() if again else None)
        if order is None:
            return
        if free is None:
            free = _Worker.start()
            workers.append(free)
        attempts[order.name] = attempts.get(order.name, 0) + 1
        free.give(order)


@dataclass(eq=False)
class _Worker:
    """A process and the line to it; ``order`` is what it is working on, ``assignment_id`` what it has loaded last."""

    process: Any
    connection: Connection
    order: Order | None = None
    assignment_id: str = ""
    started: float = field(default_factory=time.monotonic)

    @staticmethod
    def start() -> _Worker:
        context = _context()
        ours, theirs = multiprocessing.Pipe()
        process = context.Process(target=_serve, args=(theirs, os.getpid(), tempfile.gettempdir()), daemon=True)
        with warnings.catch_warnings():
            # Newer Pythons warn of forking beside the idle threads of a linear algebra library.
            warnings.simplefilter("ignore", DeprecationWarning)
            process.start()
        theirs.close()
        return _Worker(process, ours)

    def give(self, order: Order) -> None:
        self.order, self.assignment_id, self.started = order, order.assignment_id, time.monotonic()
        with contextlib.suppress(OSError):  # it has died, which the line tells as soon as somebody listens
            self.connection.send_bytes(order.to_bytes())

    def reply(self) -> bytes | None:
        """The answer to the order; None if the process has ended instead."""
        try:
            reply: bytes = self.connection.recv_bytes()
        except (EOFError, OSError):
            return None
        self.order = None
        return reply

    @property
    def overdue(self) -> bool:
        return self.order is not None and time.monotonic() - self.started > self.order.patience

    def end(self) -> str:
        """End the process, which takes its kernel along, and say in words how it went."""
        late = self.overdue
        self.connection.close()
        self.process.join(0.2)
        self.process.terminate()
        self.process.join(5)
        self.process.kill()
        self.process.join()
        code = int(self.process.exitcode or 0)
        if late:
            return "it did not answer in time"
        return f"killed by signal {-code}, 9 often means that memory ran out" if code < 0 else f"exit code {code}"


def _context() -> Any:
    """Fork where that is safe: on Linux, as long as this process has one thread."""
    fork = sys.platform == "linux" and threading.active_count() == 1
    return multiprocessing.get_context("fork" if fork else "spawn")


def _serve(connection: Connection, parent: int, scratch: str) -> None:
    """What a worker process does: order after order until the line is closed or the grader is gone."""
    lock.let_go()
    tempfile.tempdir = scratch
    # Handlers of our own and not SIG_IGN, which the student's kernel would inherit.
    signal.signal(signal.SIGINT, lambda number, frame: None)  # Ctrl-C is for the grader, which then ends us
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(0))
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    while True:
        try:
            order = connection.recv_bytes()
        except (EOFError, OSError):
            return
        try:
            connection.send_bytes(perform(order))
        except OSError:
            return


def _end_with(parent: int) -> None:
    """A grader that was killed cannot end its workers; they see it and end by themselves."""
    while os.getppid() == parent:
        time.sleep(HEARTBEAT)
    os._exit(1)
