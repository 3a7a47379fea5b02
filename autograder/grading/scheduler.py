"""Workers of a ``dask.distributed`` cluster; the only module that knows Dask.

The cluster carries bytes of JSON in both directions.  A worker that is killed loses nothing, because the scheduler
gives its work to another; a submission that kills every worker it comes to is tried once more by itself, then named.
"""

from __future__ import annotations

import contextlib
import logging
import queue
import time
import warnings
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager
from typing import Any

from autograder.files.paths import CourseError
from autograder.grading.backlog import Backlog
from autograder.grading.work import Order, OrderOutcome, Tick, outcome_of, perform

LOCAL = "local"
PATIENCE = 60.0
"""Seconds without any worker, or of calling the scheduler, after which the run gives up."""
HEARTBEAT = 0.5
MOST_LOST = 5
"""How often the result of one submission may be lost on its way here."""


def through_dask(waiting: Backlog, tick: Tick, address: str, jobs: int) -> Iterator[OrderOutcome]:
    """Carry out the orders on the cluster at ``address``, or on one of ``jobs`` processes here for "local"."""
    distributed = _library()
    with _client(distributed, address, jobs) as client:
        yield from _OnCluster(distributed, client, address).all(waiting, tick)


class _OnCluster:
    """The orders that are on their way, and those that have ended a worker."""

    def __init__(self, distributed: Any, client: Any, address: str) -> None:
        self.distributed, self.client, self.address = distributed, client, address
        self.running: dict[Any, Order] = {}
        self.suspects: list[Order] = []
        self.tried: set[str] = set()
        self.done: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self.alive = time.monotonic()
        self.assignment_id = ""
        self.since: dict[Any, float] = {}
        self.lost: Counter[str] = Counter()

    def all(self, waiting: Backlog, tick: Tick) -> Iterator[OrderOutcome]:
        outcomes: list[OrderOutcome] = []
        while True:
            try:
                # The next submissions are on their way before this process turns to the last ones.
                room = self._hand_out(waiting)
            except BaseException:
                yield from outcomes  # they are there, whatever has gone wrong since
                raise
            yield from outcomes
            if not self.running and room > 0:
                return
            outcomes = []
            for future in self._done():
                try:
                    found = self._outcome(future)
                except CourseError:
                    yield from outcomes
                    raise
                outcomes += [found] if found else []
            outcomes += self._overdue()
            tick()

    def _hand_out(self, waiting: Backlog) -> int:
        """Submit as many orders as there is room for, which is returned."""
        room = self._capacity() - len(self.running)
        for _ in range(room):
            order = waiting.take(self.assignment_id)
            if order is None:
                break
            self.assignment_id = order.assignment_id
            self._submit(order)
        if not self.running and self.suspects:
            self._submit(self.suspects.pop(0))  # alone, so that it takes nobody along
        return room

    def _overdue(self) -> list[OrderOutcome]:
        """The orders whose worker has not answered for far longer than any limit allows; they are given up."""
        now, outcomes = time.monotonic(), []
        self.since = {future: since for future, since in self.since.items() if future in self.running}
        for future, since in list(self.since.items()):
            order = self.running[future]
            if now - since > order.patience:
                del self.running[future]
                future.cancel()
                outcomes.append(
                    OrderOutcome(order, failure="its worker did not answer in time; look at this notebook.")
                )
        return outcomes

    def _capacity(self) -> int:
        """How many submissions may be under way: one for each thread of the cluster."""
        try:
            threads = sum(self.client.nthreads().values())
        except (OSError, RuntimeError, TimeoutError) as error:
            raise self._gone() from error
        if threads:
            self.alive = time.monotonic()
        elif time.monotonic() - self.alive > PATIENCE:
            raise CourseError(
                f"The scheduler {self.address} has had no worker for {PATIENCE:g} s; start workers and run grade "
                "again, which goes on from here."
            )
        return int(threads)

    def _submit(self, order: Order) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # a notebook with pictures counts as large
            future = self.client.submit(perform, order.to_bytes(), pure=False)
        self.running[future], self.since[future] = order, time.monotonic()
        future.add_done_callback(self.done.put)  # called in another thread, for every way to end

    def _done(self) -> list[Any]:
        """The futures that have ended since the last call, after waiting a little for one."""
        found = []
        with contextlib.suppress(queue.Empty):
            found.append(self.done.get(timeout=HEARTBEAT))
            while True:
                found.append(self.done.get_nowait())
        return found

    def _outcome(self, future: Any) -> OrderOutcome | None:
        """What a finished future says; None if its order has to be tried again."""
        order = self.running.pop(future, None)
        if order is None:  # it was given up
            return None
        if future.status == "finished":
            with contextlib.suppress(CancelledError):  # lost at this very moment
                return outcome_of(order, future.result())
        if future.status != "error":
            # Cancelled or lost: with the worker that had the result, or with the scheduler.
            self._capacity()
            self.lost[order.name] += 1
            if self.lost[order.name] > MOST_LOST:
                raise self._gone()
            self.suspects.append(order)
            return None
        error = future.exception()
        if not isinstance(error, self.distributed.KilledWorker):
            advice = "install this course on the workers" if isinstance(error, ImportError) else "look at their log"
            failure = f"A worker of {self.address} cannot grade ({type(error).__name__}: {error}); {advice}."
            return OrderOutcome(order, failure=failure, fatal=True)
        if order.name in self.tried:
            return OrderOutcome(order, failure="it has ended every worker that graded it; look at this notebook.")
        self.tried.add(order.name)
        self.suspects.append(order)
        return None

    def _gone(self) -> CourseError:
        return CourseError(
            f"The scheduler {self.address} does not answer any more; what was recorded is safe, run grade again "
            "when it is back."
        )


def _library() -> Any:
    try:
        import distributed
    except ImportError as error:
        raise CourseError(
            "`--scheduler` needs dask.distributed; install it with: pip install -c constraints.txt -e '.[distributed]'."
        ) from error
    return distributed


@contextmanager
def _client(distributed: Any, address: str, jobs: int) -> Iterator[Any]:
    with contextlib.ExitStack() as stack:
        if address == LOCAL:
            cluster = distributed.LocalCluster(
                n_workers=jobs,
                threads_per_worker=1,
                processes=True,
                dashboard_address=":0",
                silence_logs=logging.CRITICAL,
            )
            target: Any = stack.enter_context(cluster)
        else:
            target = address
        try:
            client = distributed.Client(target, timeout=10, set_as_default=False)
        except (OSError, ValueError, TimeoutError) as error:
            raise CourseError(
                f"There is no scheduler at {address} ({error}); give its address, such as tcp://host:8786, or local."
            ) from error
        yield stack.enter_context(client)
