"""Workers of this machine: each order has one outcome whatever dies, and nobody waits while the grader writes."""

from __future__ import annotations

import dataclasses
import json
import os
import select
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from mlp_utils.handing_in.ran import Ending

from autograder.grading import workers
from autograder.grading.backlog import Backlog
from autograder.grading.work import Order, OrderOutcome
from autograder.kernels.kernel import Limits, StudentKernel, kept_servers
from autograder.kernels.library import make_library
from autograder.kernels.pool import EarlyServers, servers
from autograder.kernels.sandbox import NONE, Sandbox
from autograder.kernels.warm import ServerFailed, WarmServer

from ...conftest import ROOT
from ...waiting import PATIENCE, until

CarryOut = Callable[[int, list[Order], Callable[[str], None]], Iterator[OrderOutcome]]

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="workers are forked, and servers warm, on Linux only")


def orders(count: int) -> list[Order]:
    return [
        Order(f"student{k:02}", "mini", b"", (), "", 0, {"notebook_seconds": 60}, "none", "", "") for k in range(count)
    ]


@pytest.fixture
def carry_out(monkeypatch: pytest.MonkeyPatch) -> Iterator[CarryOut]:
    """The outcomes of so many orders, for each of which a worker calls ``act`` with the student's name."""

    def outcomes(jobs: int, waiting: list[Order], act: Callable[[str], None]) -> Iterator[OrderOutcome]:
        def perform(content: bytes) -> bytes:
            name = Order.from_bytes(content).student_id
            act(name)
            return json.dumps({"failure": f"{name} was here"}).encode()

        monkeypatch.setattr(workers, "perform", perform)
        monkeypatch.setattr(workers, "can_fork", lambda: True)
        yield from workers.on_this_machine(Backlog.of(waiting), lambda: None, jobs)

    yield outcomes


@pytest.mark.parametrize("jobs", [1, 2, 5])
def test_what_kills_its_worker_costs_only_itself(jobs: int, carry_out: CarryOut) -> None:
    """Also what the worker had been given for afterwards, which is not blamed for it."""

    def act(name: str) -> None:
        if name in ("student01", "student06"):
            os.kill(os.getpid(), signal.SIGKILL)

    found = list(carry_out(jobs, orders(10), act))
    assert sorted(outcome.order.student_id for outcome in found) == [f"student{k:02}" for k in range(10)]
    for outcome in found:
        name = outcome.order.student_id
        expected = "ended 2 times (killed by signal 9" if name in ("student01", "student06") else f"{name} was here"
        assert expected in outcome.failure


def test_a_worker_has_the_next_order_while_the_grader_writes(carry_out: CarryOut, tmp_path: Path) -> None:
    """The second order is carried out while the grader is still busy with the first outcome."""

    def carried_out() -> int:
        return len(list(tmp_path.iterdir()))

    for k, _ in enumerate(carry_out(1, orders(6), lambda name: (tmp_path / name).touch()), 1):
        until(lambda k=k: carried_out() > min(k, 5))
        assert carried_out() <= k + 2
    assert carried_out() == 6


def test_large_orders_do_not_block_each_other(carry_out: CarryOut) -> None:
    """More bytes than the line holds, while the worker is at work."""
    large = [dataclasses.replace(order, content=b"x" * 2_000_000) for order in orders(6)]
    assert len(list(carry_out(2, large, lambda name: time.sleep(0.05)))) == 6


# --- servers that start while the course is loaded ---------------------------------------------------------------


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("library") / "l"
    return make_library(
        ROOT / "course" / "mlp_utils", folder, ["mlp_utils.gradients.gradcheck", "mlp_utils.derivations"]
    )


PLAIN = Sandbox(NONE)


def test_a_library_holds_modules_in_compiled_form_and_nothing_of_what_is_withheld(library: Path) -> None:
    names = {path.name.split(".")[0] for path in library.rglob("__pycache__/*.pyc")}
    assert {"checks", "assess", "wire"} <= names
    assert not names & {"gradcheck", "route", "reader", "derivations"}
    assert names == {path.stem for path in library.rglob("*.py")}


def test_a_worker_takes_over_the_server_that_was_started_for_it(library: Path) -> None:
    with EarlyServers(PLAIN, 2) as early:
        early.begin(library)
        early.begin(library)  # the second library finds them begun
        server, other = early.claim(), early.claim()
        assert server is not None and other is not None and early.claim() is None
        with kept_servers():
            early.in_worker(server)
            assert servers.take(PLAIN, library) is server
            assert server.alive()
            servers.give_back(server)
            with StudentKernel(library, Limits(), PLAIN) as student:
                assert student._server is server
                assert student.run("1")[0].state == Ending.OK
        other.close()


def test_a_server_ends_with_the_worker_that_has_it(library: Path) -> None:
    with EarlyServers(PLAIN, 1) as early:
        early.begin(library)
        server = early.claim()
        assert server is not None
        assert server.features is not None
        pid = os.fork()
        if pid == 0:
            early.in_worker(server)
            time.sleep(600)
            os._exit(0)
        early.in_grader(server)
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        assert server._process.wait(PATIENCE) is not None
        assert not server.alive()
    assert not server.folder.exists()


def test_a_server_that_died_early_is_replaced(library: Path) -> None:
    with EarlyServers(PLAIN, 1) as early:
        early.begin(library)
        server = early.claim()
        assert server is not None
        server.kill()
        with kept_servers():
            early.in_worker(server)
            with StudentKernel(library, Limits(), PLAIN) as student:
                assert student._server is not server
                assert student.run("1")[0].state == Ending.OK


def test_a_server_that_cannot_start_says_why_when_it_is_asked(library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = [sys.executable, "-c", "import sys; sys.exit('no room at all')"]
    monkeypatch.setattr(Sandbox, "command", lambda self, library: broken)
    with WarmServer(PLAIN, library) as server, pytest.raises(ServerFailed, match="no room at all"):
        server.ask({"do": "poll"})


def test_to_ask_whether_a_server_lives_waits_for_no_answer(library: Path) -> None:
    """Neither is one waited for that does not come, nor is one taken off the line that belongs to somebody else."""
    with WarmServer(PLAIN, library) as server:
        assert server.features is not None
        os.kill(server._process.pid, signal.SIGSTOP)
        server._channel.settimeout(None)  # whoever waited would wait for ever
        assert server.alive() and server.alive()
        os.kill(server._process.pid, signal.SIGCONT)
        server._say({"do": "poll"}, [])
        until(lambda: server._process.poll() is not None or select.select([server._channel], [], [], 0)[0])
        assert server.alive() and isinstance(server._hear(), dict)


def test_a_server_that_answers_late_is_not_used_again(library: Path) -> None:
    with WarmServer(PLAIN, library) as server:
        assert server.features is not None
        os.kill(server._process.pid, signal.SIGSTOP)
        server._channel.settimeout(0.2)
        with pytest.raises(ServerFailed, match="did not answer"):
            server.ask({"do": "poll"})
        os.kill(server._process.pid, signal.SIGCONT)
        assert not server.alive()
