"""Workers on this machine: a process for each kernel that may run at a time.

Processes and not threads, because the judge is Python and holds the interpreter's lock.  Where processes can be
forked, a worker has the references from the moment it starts.  A worker that dies (killed, out of memory) loses
nothing: its submission is tried once more, then named.
"""

from __future__ import annotations

import contextlib
import gc
import multiprocessing
import os
import queue
import signal
import sys
import tempfile
import threading
import time
import warnings
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from typing import Any

from autograder.grading import lock
from autograder.grading.backlog import Backlog
from autograder.grading.work import Order, OrderOutcome, Tick, outcome_of, perform
from autograder.kernels.pool import EarlyServers
from autograder.kernels.warm import WarmServer

ATTEMPTS = 2
HEARTBEAT = 0.5
"""Seconds between two looks at the clock while nothing happens."""


def on_this_machine(
    waiting: Backlog, tick: Tick, jobs: int, early: EarlyServers | None = None
) -> Iterator[OrderOutcome]:
    """Carry out the orders with at most ``jobs`` processes; orders are asked for only when a worker is free.

    early: servers that have been started for the workers.
    """
    team = _Team(waiting, jobs, early)
    try:
        while True:
            team.hand_out()
            busy = [worker for worker in team.workers if worker.order is not None]
            if not busy:
                return
            tick()  # it is called for the first time while the first orders are carried out
            ready = wait([worker.connection for worker in busy], timeout=HEARTBEAT)
            outcomes = []
            for worker in busy:
                order = worker.order
                if order is None or (worker.connection not in ready and not worker.overdue):
                    continue
                reply = worker.reply() if worker.connection in ready else None
                if reply is not None:
                    outcomes.append(outcome_of(order, reply))
                else:
                    outcomes += team.end(worker, order)
            try:
                # The next submissions are on their way before this process turns to the last ones.
                team.hand_out()
            except BaseException:
                yield from outcomes  # they are there, whatever has gone wrong since
                raise
            yield from outcomes
    finally:
        for worker in team.workers:
            worker.dismiss()
        for worker in team.workers:
            worker.end()


class _Team:
    """The workers, what waits for them, and what waits for a second try."""

    def __init__(self, waiting: Backlog, jobs: int, early: EarlyServers | None) -> None:
        self.waiting, self.jobs, self.early = waiting, jobs, early
        self.workers: list[_Worker] = []
        self._again: deque[Order] = deque()
        self._ended: Counter[str] = Counter()

    def hand_out(self) -> None:
        """Give each free worker an order, starting workers as long as there are orders and fewer than ``jobs``.

        While there is plenty, each gets one more, so that it need not wait until this process has written a record.
        """
        while True:
            free = next((worker for worker in self.workers if worker.order is None), None)
            if free is None and len(self.workers) >= self.jobs:
                break
            order = self._next(free.assignment_id if free else "")
            if order is None:
                return
            if free is None:
                free = _Worker.start(self.early)
                self.workers.append(free)
            free.give(order)
        for worker in self.workers:
            if worker.following is None and len(self.waiting) > self.jobs:
                order = self.waiting.take(worker.assignment_id)
                if order is not None:
                    worker.give(order)

    def end(self, worker: _Worker, order: Order) -> list[OrderOutcome]:
        """A worker has died or does not answer: its order is tried once more, and then it is named."""
        self.workers.remove(worker)
        how = worker.end()
        if worker.following is not None:
            self._again.append(worker.following)
        self._ended[order.name] += 1
        if self._ended[order.name] < ATTEMPTS:
            self._again.append(order)
            return []
        failure = f"the worker that graded it ended {ATTEMPTS} times ({how}); look at this notebook."
        return [OrderOutcome(order, failure=failure)]

    def _next(self, assignment_id: str) -> Order | None:
        # What has ended a worker once comes last: if it does so again, the others are through.
        return self.waiting.take(assignment_id) or (self._again.popleft() if self._again else None)


@dataclass(eq=False)
class _Worker:
    """A process and the line to it.

    order:         what it is working on; ``following`` is what it has been given for afterwards.
    assignment_id: what it has loaded last.
    """

    process: Any
    connection: Connection
    order: Order | None = None
    following: Order | None = None
    assignment_id: str = ""
    started: float = field(default_factory=time.monotonic)

    @staticmethod
    def start(early: EarlyServers | None) -> _Worker:
        context: Any = multiprocessing.get_context("fork" if can_fork() else "spawn")
        early = early if can_fork() else None  # a process that is not forked has no share in what was opened here
        server = early.claim() if early else None
        ours, theirs = multiprocessing.Pipe()
        arguments = (theirs, os.getpid(), tempfile.gettempdir(), early, server)
        process = context.Process(target=_serve, args=arguments, daemon=True)
        with warnings.catch_warnings():
            # Newer Pythons warn of forking beside the idle threads of a linear algebra library.
            warnings.simplefilter("ignore", DeprecationWarning)
            process.start()
        theirs.close()
        if early:
            early.in_grader(server)
        return _Worker(process, ours)

    def give(self, order: Order) -> None:
        if self.order is None:
            self.order, self.started = order, time.monotonic()
        else:
            self.following = order
        self.assignment_id = order.assignment_id
        with contextlib.suppress(OSError):  # it has died, which the line tells as soon as somebody listens
            self.connection.send_bytes(order.to_bytes())

    def reply(self) -> bytes | None:
        """The answer to the order; None if the process has ended instead."""
        try:
            reply: bytes = self.connection.recv_bytes()
        except (EOFError, OSError):
            return None
        self.order, self.following, self.started = self.following, None, time.monotonic()
        return reply

    @property
    def overdue(self) -> bool:
        return self.order is not None and time.monotonic() - self.started > self.order.patience

    def dismiss(self) -> None:
        """Tell it that nothing more will come, which a line that others have been forked with does not show."""
        with contextlib.suppress(OSError):
            self.connection.send_bytes(b"")

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


def can_fork() -> bool:
    """Whether that is safe: on Linux, as long as this process has one thread."""
    return sys.platform == "linux" and threading.active_count() == 1


def _serve(
    connection: Connection, parent: int, scratch: str, early: EarlyServers | None, server: WarmServer | None
) -> None:
    """What a worker process does: order after order until the line is closed or the grader is gone."""
    lock.let_go()
    gc.freeze()  # what was loaded before stays
    if early:
        early.in_worker(server)
    tempfile.tempdir = scratch
    # Handlers of our own and not SIG_IGN, which the student's kernel would inherit.
    signal.signal(signal.SIGINT, lambda number, frame: None)  # Ctrl-C is for the grader, which then ends us
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(0))
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    orders: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(connection, orders), daemon=True).start()
    while (order := orders.get()) is not None:
        try:
            connection.send_bytes(perform(order))
        except OSError:
            return


def _listen(connection: Connection, orders: queue.SimpleQueue[bytes | None]) -> None:
    """Take orders off the line at once: whoever sends one does not wait until the one before is carried out."""
    with contextlib.suppress(EOFError, OSError):
        while order := connection.recv_bytes():
            orders.put(order)
    orders.put(None)


def _end_with(parent: int) -> None:
    """A grader that was killed cannot end its workers; they see it and end by themselves."""
    while os.getppid() == parent:
        time.sleep(HEARTBEAT)
    os._exit(1)
