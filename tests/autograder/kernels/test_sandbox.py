"""Each promise of the sandbox, attacked from inside a real kernel, in each kind of sandbox that this machine has."""

from __future__ import annotations

import os
import socket
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
from autograder.kernels.library import make_library
from autograder.kernels.sandbox import BWRAP, LIMITS, NONE, Sandbox, SandboxUnavailable
from autograder.kernels.which import choose_sandbox

from ...conftest import ROOT
from ...waiting import until

pytestmark = [
    pytest.mark.hostile,
    pytest.mark.skipif(sys.platform != "linux", reason="this system has no sandbox; Sandbox.missing() says so"),
]

WITHOUT_NAMESPACES = "limits without namespaces"
SMALL = Limits(cell_seconds=20, ask_seconds=20, memory_mb=1500, scratch_mb=64, file_mb=32, processes=48)


def made(kind: str) -> Sandbox:
    """The sandbox of a kind; skips with the reason where the machine does not have it."""
    try:
        if kind == WITHOUT_NAMESPACES:
            return choose_sandbox(LIMITS, namespaces=False)
        return choose_sandbox(kind)
    except SandboxUnavailable as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module", autouse=True)
def servers() -> Iterator[None]:
    with kept_servers():
        yield


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_library(
        ROOT / "course" / "mlp_utils", tmp_path_factory.mktemp("library") / "l", ["mlp_utils.gradients.gradcheck"]
    )


@pytest.fixture(scope="module", params=[BWRAP, LIMITS, WITHOUT_NAMESPACES])
def sandbox(request: pytest.FixtureRequest) -> Sandbox:
    return made(request.param)


@pytest.fixture(scope="module")
def kernel(sandbox: Sandbox, library: Path) -> Iterator[StudentKernel]:
    """A kernel that several tests share; they leave it alive."""
    with StudentKernel(library, SMALL, sandbox) as student:
        yield student


@pytest.fixture
def victim(sandbox: Sandbox, library: Path) -> Iterator[StudentKernel]:
    """A kernel that may be destroyed."""
    with StudentKernel(library, SMALL, sandbox) as student:
        yield student


def said(kernel: StudentKernel, body: str) -> str:
    """What a function with this body returns in the kernel, or the exception that it ends with."""
    lines = "\n".join("    " + line for line in body.strip().split("\n"))
    code = f"def attempt():\n{lines}\ntry:\n    answer = repr(attempt())\nexcept BaseException as e:\n"
    ran, _ = kernel.run(code + "    answer = f'{type(e).__name__}: {e}'")
    assert ran.state == Ending.OK, ran
    asked, reply = kernel.ask("answer")
    assert asked.state == Ending.OK and reply is not None
    return reply


def refused(answer: str) -> bool:
    return answer.split(":")[0] in (
        "PermissionError",
        "FileNotFoundError",
        "OSError",
        "ProcessLookupError",
        "ConnectionRefusedError",
        "NotADirectoryError",
        "ModuleNotFoundError",
    )


def need(sandbox: Sandbox, feature: str, what: str) -> None:
    if not sandbox.features[feature]:
        pytest.skip(f"{sandbox.kind} on this machine: {what}")


# -- files


def secret_paths() -> list[Path]:
    return [
        ROOT / "autograder" / "judging" / "judge.py",
        ROOT / "course" / "assignments" / "01_activations" / "notebook.py",
        ROOT / "source_notebooks" / "01_activations" / "01_activations.ipynb",
        ROOT / "tests" / "conftest.py",
        ROOT / "course" / "mlp_utils" / "gradients" / "gradcheck.py",
        ROOT / ".git",
        Path.home(),
        Path("/root"),
        Path("/etc/passwd"),
        Path("/etc/shadow"),
    ]


@pytest.mark.parametrize("path", secret_paths(), ids=str)
def test_nothing_but_what_python_needs_can_be_read(kernel: StudentKernel, path: Path) -> None:
    body = f"import os\np = {str(path)!r}\nreturn os.listdir(p) if os.path.isdir(p) else open(p, 'rb').read(10)"
    answer = said(kernel, body)
    # The way to the interpreter may lead through a home: then its folders are there, with nothing else in them.
    on_the_way = path in (Path.home(), Path("/root")) and kernel.sandbox.features["own_root"]
    assert refused(answer) or (on_the_way and answer in ("[]", "['.pyenv']")), answer


def test_the_grading_folder_and_other_scratch_folders_cannot_be_seen(kernel: StudentKernel, tmp_path: Path) -> None:
    (tmp_path / "gradebook.db").write_text("secret")
    tmp_path.chmod(0o755)
    assert refused(said(kernel, f"return open({str(tmp_path / 'gradebook.db')!r}).read()"))
    assert refused(said(kernel, f"import os\nreturn os.listdir({str(kernel.folder)!r})"))
    temporary = said(kernel, f"import os\nreturn os.listdir({tempfile.gettempdir()!r})")
    place, python = Path(tempfile.gettempdir()), Path(sys.prefix)
    # Python may lie there itself: then its folder shows, with nothing but Python in it.
    own = [python.relative_to(place).parts[0]] if python.is_relative_to(place) else []
    assert refused(temporary) or temporary == repr(own)


def test_the_library_is_there_without_what_is_withheld(kernel: StudentKernel) -> None:
    assert said(kernel, "import mlp_utils.assessing.wire\nreturn 1") == "1"
    assert refused(said(kernel, "import mlp_utils.gradients.gradcheck\nreturn mlp_utils.gradients.gradcheck.__file__"))
    assert refused(
        said(kernel, "import mlp_utils, os\nreturn os.listdir(mlp_utils.__path__[0] + '/../../assignments')")
    )


@pytest.mark.parametrize("module", ["autograder", "autograder.judging.judge", "tests.conftest", "nbgrader_config"])
def test_the_instructors_modules_cannot_be_imported(kernel: StudentKernel, module: str) -> None:
    assert refused(said(kernel, f"import importlib\nreturn importlib.import_module({module!r})"))


def test_the_server_leaves_no_path_to_its_own_modules(kernel: StudentKernel) -> None:
    assert said(kernel, "import sys\nreturn [m for m in sys.modules if 'autograder' in m or 'reference' in m]") == "[]"


def test_nothing_outside_the_scratch_folder_can_be_written(kernel: StudentKernel) -> None:
    body = (
        "import os, sys, mlp_utils, numpy\nwritten = []\n"
        "for folder in ('/', '/usr', '/etc', '/dev', '/var/tmp', '/home', '/library', '/run', sys.base_prefix,\n"
        "               mlp_utils.__path__[0], numpy.__path__[0], os.path.dirname(os.__file__), '/proc/sys/kernel'):\n"
        "    for name in ('x', 'core_pattern'):\n"
        "        try:\n"
        "            open(folder + '/' + name, 'w').close()\n"
        "            written.append(folder)\n"
        "        except OSError:\n"
        "            pass\n"
        "return written"
    )
    assert said(kernel, body) == "[]"


def test_the_scratch_folder_can_be_used(kernel: StudentKernel) -> None:
    body = "import tempfile\nopen('here.txt', 'w').write('x')\nwith tempfile.NamedTemporaryFile() as f:\n"
    assert said(kernel, body + "    f.write(b'x')\nreturn open('here.txt').read()") == "'x'"


def test_no_open_file_of_the_grader_is_inherited(kernel: StudentKernel) -> None:
    body = (
        "import os, stat\nfound = []\n"
        "for fd in range(256):\n"
        "    try:\n"
        "        mode = os.fstat(fd).st_mode\n"
        "    except OSError:\n"
        "        continue\n"
        "    if stat.S_ISREG(mode) or stat.S_ISDIR(mode):\n"
        "        found.append(fd)\n"
        "return found"
    )
    assert said(kernel, body) == "[]"


# -- network


def test_there_is_no_way_out_by_tcp_or_udp(kernel: StudentKernel) -> None:
    with socket.create_server(("127.0.0.1", 0)) as tcp, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind(("127.0.0.1", 0))
        for each in (tcp, udp):
            each.settimeout(0.3)
        port = tcp.getsockname()[1]
        assert refused(said(kernel, f"import socket\nreturn socket.create_connection(('127.0.0.1', {port}), 3)"))
        address = udp.getsockname()
        said(kernel, f"import socket\nreturn socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', {address})")
        with pytest.raises(TimeoutError):
            udp.recvfrom(10)
        with pytest.raises(TimeoutError):
            tcp.accept()
    assert refused(said(kernel, "import socket\nreturn socket.create_connection(('192.0.2.1', 80), 2)"))


@pytest.mark.parametrize("where", ["abstract", "path"])
@pytest.mark.parametrize("kind", ["STREAM", "DGRAM"])
def test_unix_sockets_of_the_machine_cannot_be_reached(kernel: StudentKernel, where: str, kind: str) -> None:
    """Docker, D-Bus and agents for keys listen behind such sockets."""
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX, getattr(socket, f"SOCK_{kind}")) as us:
        Path(folder).chmod(0o777)
        name = f"\0mlp-test-{os.getpid()}" if where == "abstract" else f"{folder}/socket"
        us.bind(name)
        if where == "path":
            Path(name).chmod(0o777)
        if kind == "STREAM":
            us.listen(1)
        us.settimeout(0.3)
        makers = (
            f"socket.socket(socket.AF_UNIX, socket.SOCK_{kind})",
            f"socket.socketpair(type=socket.SOCK_{kind})[0]",
        )
        for maker in makers:
            assert refused(said(kernel, f"import socket\ns = {maker}\ns.connect({name!r})\nreturn s.send(b'x')"))
            if kind == "DGRAM":
                assert refused(said(kernel, f"import socket\ns = {maker}\nreturn s.sendto(b'x', {name!r})"))
        with pytest.raises(TimeoutError):
            us.recv(10) if kind == "DGRAM" else us.accept()


def test_a_pair_of_sockets_of_its_own_works(kernel: StudentKernel) -> None:
    """Event loops wake themselves up by one."""
    body = "import asyncio, socket\na, b = socket.socketpair()\na.send(b'x')\nasyncio.new_event_loop().close()\n"
    assert said(kernel, body + "return b.recv(9)") == "b'x'"


def test_the_loopback_inside_works(kernel: StudentKernel) -> None:
    need(kernel.sandbox, "net_namespace", "no network namespace, so sockets of the internet are refused altogether")
    body = (
        "import socket\nserver = socket.create_server(('127.0.0.1', 0))\n"
        "client = socket.create_connection(server.getsockname(), 3)\nserver.accept()[0].sendall(b'hello')\n"
        "return client.recv(9)"
    )
    assert said(kernel, body) == "b'hello'"


# -- other processes, users and namespaces


def test_the_kernel_has_no_power_and_as_root_a_user_of_its_own(kernel: StudentKernel, library: Path) -> None:
    sandbox = kernel.sandbox
    status = said(kernel, "import ctypes\nh = (ctypes.c_uint32 * 2)(0x20080522, 0)\nd = (ctypes.c_uint32 * 6)()\n"
                          "ctypes.CDLL(None).capget(h, d)\nreturn list(d)")  # fmt: skip
    assert status == "[0, 0, 0, 0, 0, 0]"
    assert refused(said(kernel, "import os\nreturn os.setuid(0) if os.getuid() else os.chroot('/')"))
    if os.geteuid() != 0:
        pytest.skip("not root: the kernel keeps the grader's user, in namespaces or under Landlock")
    need(sandbox, "own_user", "the interpreter cannot be read by another user")
    first = int(said(kernel, "import os\nreturn os.getuid()"))
    with StudentKernel(library, SMALL, sandbox) as other:
        second = int(said(other, "import os\nreturn os.getuid()"))
    assert first != second and min(first, second) > 10_000


@pytest.mark.parametrize("number", [0, 9])
def test_the_grader_and_its_server_cannot_be_signalled(kernel: StudentKernel, number: int) -> None:
    assert kernel._server is not None
    features = kernel.sandbox.features
    if not (features["pid_namespace"] or features["own_user"] or features["landlock"] >= 6):
        pytest.skip("without namespaces, as an ordinary user, this needs Landlock 6")
    for pid in (os.getpid(), kernel._server._process.pid):
        assert refused(said(kernel, f"import os\nreturn os.kill({pid}, {number})"))
    parent = said(kernel, f"import os\nreturn os.kill(os.getppid(), {number}) if os.getppid() else 'PermissionError'")
    assert "PermissionError" in parent or refused(parent)
    assert kernel._server.alive() and kernel.responsive()


def test_other_processes_cannot_be_read_or_traced(kernel: StudentKernel) -> None:
    pid = os.getpid()
    assert refused(said(kernel, f"return open('/proc/{pid}/environ').read()"))
    assert refused(said(kernel, f"return open('/proc/{pid}/root/etc/passwd').read()"))
    assert said(kernel, f"import ctypes\nreturn ctypes.CDLL(None).ptrace(16, {pid}, 0, 0)") == "-1"
    if kernel.sandbox.features["pid_namespace"]:
        pids = said(kernel, "import os\nreturn [name for name in os.listdir('/proc') if name.isdigit()]")
        assert pids == "['1']"


def test_the_graders_variables_are_not_there(sandbox: Sandbox, library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLP_SECRET", "token")
    with StudentKernel(library, SMALL, sandbox) as student:
        names = said(student, "import os\nreturn sorted(os.environ)")
        assert "MLP_SECRET" not in names and "PYTHONPATH" not in names
        assert "token" not in said(student, "return open('/proc/self/environ').read()")


@pytest.mark.parametrize("flags", [0x10000000, 0x20000, 0x40000000])
def test_no_new_namespaces(kernel: StudentKernel, flags: int) -> None:
    need(kernel.sandbox, "seccomp", "no filter of system calls for this processor")
    assert said(kernel, f"import ctypes\nreturn ctypes.CDLL(None).unshare({flags})") == "-1"


@pytest.mark.parametrize(
    "call", ["shmget(77, 4096, 0o1666)", "semget(77, 1, 0o1666)", "msgget(77, 0o1666)", "memfd_create(b'x', 0)"]
)
def test_no_shared_memory_that_outlives_a_process(kernel: StudentKernel, call: str) -> None:
    need(kernel.sandbox, "seccomp", "no filter of system calls for this processor")
    assert said(kernel, f"import ctypes\nreturn ctypes.CDLL(None).{call}") == "-1"


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
                found.append((entry / "comm").read_text().strip())
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
        "from autograder.kernels.sandbox import Sandbox\n"
        f"sandbox = choose_sandbox({sandbox.kind!r}, namespaces={sandbox.namespaces})\n"
        f"with StudentKernel(Path({str(library)!r}), Limits(), sandbox) as student:\n"
        f"    student.run({cell!r})\n    print('ready', flush=True)\n    time.sleep(600)"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as grader:
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
    from autograder.kernels import which as module

    broken = tmp_path / "bwrap"
    broken.write_text("#!/bin/sh\necho 'bwrap: setting up uid map: Permission denied' >&2\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setattr(module, "bubblewrap", lambda: str(broken))
    module._tried.cache_clear()
    try:
        with pytest.raises(SandboxUnavailable, match="setting up uid map: Permission denied"):
            choose_sandbox(BWRAP)
    finally:
        module._tried.cache_clear()


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
