"""What a student's process may use, what it leaves behind, and the choice of a sandbox."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from mlp_utils.handing_in.ran import Ending, Ran

from autograder.cli import main
from autograder.kernels import kernel as kernel_module
from autograder.kernels import sandbox as sandbox_module
from autograder.kernels import warm, which
from autograder.kernels.kernel import Limits, StudentKernel, kept_servers
from autograder.kernels.sandbox import BWRAP, LIMITS, NONE, Sandbox, SandboxUnavailable
from autograder.kernels.which import choose_sandbox

from ...waiting import until
from .sandboxes import SMALL, said

pytestmark = [
    pytest.mark.hostile,
    pytest.mark.skipif(sys.platform != "linux", reason="this system has no sandbox; Sandbox.missing() says so"),
]


@pytest.fixture(scope="module", autouse=True)
def servers() -> Iterator[None]:
    with kept_servers():
        yield


@pytest.fixture
def victim(sandbox: Sandbox, library: Path) -> Iterator[StudentKernel]:
    """A kernel that may be destroyed."""
    with StudentKernel(library, SMALL, sandbox) as student:
        yield student


# -- limits


def test_memory_of_one_process_is_limited(kernel: StudentKernel) -> None:
    assert said(kernel, "return len(bytearray(4 * 10**9))").startswith("MemoryError")


def test_memory_of_all_processes_together_is_limited(victim: StudentKernel) -> None:
    code = (
        "import os, time\nfor _ in range(8):\n    if os.fork() == 0:\n"
        "        hold = bytearray(b'x') * 400_000_000\n        time.sleep(60)\ntime.sleep(60)"
    )
    ran, _ = victim.run(code)
    assert ran.state == Ending.DIED and "memory together" in ran.error, ran


def test_a_fork_bomb_is_cleared_away(victim: StudentKernel) -> None:
    name = f"mlpb{os.getpid()}"
    victim.run(
        f"import ctypes, os, time\nctypes.CDLL(None).prctl(15, b'{name}', 0, 0, 0)\nend = time.time() + 2\n"
        "while time.time() < end:\n    try:\n        os.fork()\n    except OSError:\n        time.sleep(0.01)"
    )
    victim.restart()
    assert said(victim, "return 1 + 1") == "2"
    assert name not in processes()


def test_the_number_of_processes_is_limited(victim: StudentKernel) -> None:
    body = (
        "import os, time\nchildren = []\ntry:\n    for _ in range(200):\n        pid = os.fork()\n"
        "        if pid == 0:\n            time.sleep(60)\n            os._exit(0)\n        children.append(pid)\n"
        "except OSError:\n    pass\n{wait}\n"
        "for pid in children:\n    os.kill(pid, 9)\n    os.waitpid(pid, 0)\nreturn len(children)"
    )
    if victim.sandbox.features["process_limit"]:
        assert int(said(victim, body.format(wait=""))) < 48
    else:
        lines = body.format(wait="time.sleep(60)").split("\n")  # whoever watches ends it
        ran, _ = victim.run("def attempt():\n" + "\n".join("    " + line for line in lines) + "\nattempt()")
        assert ran.state == Ending.DIED and "processes" in ran.error, ran


def test_files_are_limited_in_size_and_in_sum(victim: StudentKernel) -> None:
    body = "with open('big', 'wb') as f:\n    for _ in range(100):\n        f.write(bytes(10**6))"
    assert said(victim, body).startswith("OSError")
    many = (
        "import os, time\nfor k in range(20):\n    with open(f'f{k}', 'wb') as f:\n        f.write(bytes(10**7))\n"
        "time.sleep(60)"
    )
    ran, _ = victim.run(many)
    if victim.sandbox.features["own_view"]:
        assert ran.state == Ending.ERROR and "No space left" in ran.error
    else:
        assert ran.state == Ending.DIED and "MB" in ran.error


def test_output_is_limited_in_size_and_number(kernel: StudentKernel) -> None:
    ran, outputs = kernel.run("print('x' * 10**7)\nfor k in range(3000):\n    display(k)")
    assert ran.state == Ending.OK
    assert len(outputs) <= 200
    assert sum(len(str(output)) for output in outputs) < 200_000


def test_the_reply_to_a_question_is_limited(library: Path, sandbox: Sandbox) -> None:
    with StudentKernel(library, Limits(ask_seconds=2), sandbox) as student:
        student.run("long = 'x' * 30_000_000")
        assert student.ask("long")[1] is None
        assert not student.responsive()
        student.restart()
        assert student.ask("'short'") == (Ran(Ending.OK), "short")


def test_time_is_limited_and_a_cell_can_be_interrupted(library: Path, sandbox: Sandbox) -> None:
    with StudentKernel(library, Limits(cell_seconds=1, ask_seconds=1), sandbox) as student:
        ran, _ = student.run("while True: pass")
        assert ran.state == Ending.TIMED_OUT and "1 s" in ran.error
        assert student.responsive()
        assert student.ask("__import__('time').sleep(60)")[0] == Ran(Ending.TIMED_OUT, "it did not finish in 1 s")
        assert student.run("import os\nos._exit(3)")[0].state == Ending.DIED


def test_messages_that_are_not_formed_as_they_should_be_are_ignored(kernel: StudentKernel) -> None:
    code = (
        "k = get_ipython().kernel\np = k.get_parent()\n"
        "for kind in ('stream', 'display_data', 'execute_result', 'error', 'status', 'clear_output', 'no_such'):\n"
        "    for content in ({}, {'data': [1], 'text': {}, 'traceback': 5, 'execution_state': [], 'ename': []},\n"
        "                    {'data': {'text/plain': ['x'], 'image/png': '<script>', 'text/html': '<b>'}}):\n"
        "        k.session.send(k.iopub_socket, kind, content, parent=p)\n"
        "k.session.send(k.iopub_socket, 'stream', {'name': 'x', 'text': 'end'}, parent=p)\n"
    )
    ran, outputs = kernel.run(code)
    assert ran.state in (Ending.OK, Ending.ERROR)
    assert "script" not in str(outputs) and "html" not in str(outputs)
    assert said(kernel, "return 5") == "5"


# -- what is left behind


def processes() -> list[str]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                found.append((entry / "comm").read_text(encoding="utf-8").strip())
            except OSError:
                continue
    return found


def test_a_daemon_does_not_survive_and_nothing_is_left(
    sandbox: Sandbox, library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared = set(Path("/dev/shm").iterdir())
    folder = Path(tempfile.mkdtemp(prefix="t"))
    folder.chmod(0o755)
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    with StudentKernel(library, SMALL, sandbox) as student:
        name = f"mlpd{os.getpid()}"
        code = (
            "import os, time, ctypes\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n"
            f"        ctypes.CDLL(None).prctl(15, b'{name}', 0, 0, 0)\n        time.sleep(600)\n    os._exit(0)\n"
            "from multiprocessing import shared_memory\nopen('left', 'w').close()\n"
            "if os.access('/tmp', 2):\n    open('/tmp/left', 'w').close()\n"
            "try:\n    s = shared_memory.SharedMemory(create=True, size=100)\nexcept OSError: pass"
        )
        ran, _ = student.run(code)
        assert ran.state in (Ending.OK, Ending.ERROR), ran
        until(lambda: name in processes())
        student.restart()
        assert name not in processes()
        assert said(student, "import os\nreturn os.path.exists('left') or os.path.exists('/tmp/left')") == "False"
    assert name not in processes()
    assert {path.name for path in set(Path("/dev/shm").iterdir()) - shared if path.name.startswith("psm_")} == set()
    folder.rmdir()  # nothing is in it


def test_a_grader_that_is_killed_takes_its_kernels_with_it(sandbox: Sandbox, library: Path) -> None:
    name = f"mlpk{os.getpid()}"
    cell = f"import ctypes\nctypes.CDLL(None).prctl(15, b'{name}', 0, 0, 0)\nprint('x')"
    script = (
        "import sys, time\nfrom pathlib import Path\nfrom autograder.kernels.kernel import Limits, StudentKernel\n"
        "from autograder.kernels.which import choose_sandbox\n"
        f"sandbox = choose_sandbox({sandbox.kind!r}, namespaces={sandbox.namespaces})\n"
        f"with StudentKernel(Path({str(library)!r}), Limits(), sandbox) as student:\n"
        f"    student.run({cell!r})\n    print('ready', flush=True)\n    time.sleep(600)"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, encoding="utf-8") as grader:
        assert grader.stdout is not None and grader.stdout.readline() == "ready\n"
        assert name in processes()
        grader.kill()
    until(lambda: name not in processes())


def test_a_server_that_has_ended_is_replaced(sandbox: Sandbox, library: Path) -> None:
    with StudentKernel(library, SMALL, sandbox) as student:
        assert student._server is not None
        student._server.kill()
        student._server._process.wait()
        until(lambda: not student._alive())
        assert student.run("1")[0].state in (Ending.DIED, Ending.TIMED_OUT)
        assert not student.responsive()
        student.restart()
        assert student.run("1")[0].state == Ending.OK


def test_without_a_fork_kernels_start_in_the_stock_way(library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (kernel_module, sandbox_module, warm, which):
        monkeypatch.setattr(module, "warm_servers_work", lambda: False)
    sandbox = choose_sandbox()
    assert sandbox.kind == LIMITS and "use the network" in sandbox.missing()[0]
    with pytest.raises(SandboxUnavailable):
        choose_sandbox(BWRAP)
    with StudentKernel(library, SMALL, sandbox) as student:
        assert said(student, "import mlp_utils.assessing.wire\nreturn mlp_utils.__file__").startswith(f"'{library}")
        assert said(student, "return len(bytearray(4 * 10**9))").startswith("MemoryError")
        student.restart()
        assert student.run("import os\nos._exit(1)")[0].state == Ending.DIED


def test_random_numbers_differ_from_kernel_to_kernel(sandbox: Sandbox, library: Path) -> None:
    drawn = []
    for _ in range(2):
        with StudentKernel(library, SMALL, sandbox) as student:
            drawn.append(said(student, "import numpy as np, random\nreturn np.random.rand(), random.random()"))
    assert drawn[0] != drawn[1]


def test_a_figure_is_shown(kernel: StudentKernel) -> None:
    ran, outputs = kernel.run("import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()")
    assert ran.state == Ending.OK
    assert any("image/png" in output.get("data", {}) for output in outputs)


# -- the choice


def test_bubblewrap_that_is_demanded_and_missing_is_an_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from autograder.kernels import which as module

    monkeypatch.setattr(module, "bubblewrap", lambda: None)
    module._tried.cache_clear()
    try:
        with pytest.raises(SandboxUnavailable, match="not installed"):
            choose_sandbox(BWRAP)
        assert choose_sandbox("auto").kind == LIMITS
        assert main(["--grading", str(tmp_path), "sample-class", "01_activations"]) == 0
        assert main(["--grading", str(tmp_path), "grade", "--sandbox", "bwrap"]) == 1
        assert "bubblewrap does not work here (it is not installed)" in capsys.readouterr().err
    finally:
        module._tried.cache_clear()


def test_a_bubblewrap_that_is_there_and_does_not_work_is_an_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    broken = tmp_path / "bwrap"
    broken.write_text("#!/bin/sh\necho 'bwrap: setting up uid map: Permission denied' >&2\nexit 1\n", encoding="utf-8")
    broken.chmod(0o755)
    for module in (which, sandbox_module):
        monkeypatch.setattr(module, "bubblewrap", lambda: str(broken))
    which._tried.cache_clear()
    try:
        with pytest.raises(SandboxUnavailable, match="setting up uid map: Permission denied"):
            choose_sandbox(BWRAP)
    finally:
        which._tried.cache_clear()


def test_what_is_missing_is_said_in_sentences() -> None:
    nothing = dict.fromkeys(
        ("own_root", "own_view", "pid_namespace", "net_namespace", "own_user", "process_limit", "seccomp"), False
    )
    weakest = " ".join(Sandbox(LIMITS, nothing | {"landlock": 0}).missing())
    for word in ("network", "Landlock", "processes", "user who grades", "disk"):
        assert word in weakest
    strongest = Sandbox(BWRAP, dict.fromkeys(nothing, True) | {"landlock": 7}).missing()
    assert len(strongest) == 1 and "Memory" in strongest[0]
    assert "without a sandbox" in choose_sandbox(NONE).missing()[0]
