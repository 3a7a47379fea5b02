"""Each promise of the sandbox, attacked from inside a real kernel, in each kind of sandbox that this machine has."""

from __future__ import annotations

import os
import socket
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from autograder.kernels.kernel import StudentKernel, kept_servers
from autograder.kernels.sandbox import Sandbox

from ...conftest import ROOT
from .sandboxes import SMALL, said

pytestmark = [
    pytest.mark.hostile,
    pytest.mark.skipif(sys.platform != "linux", reason="this system has no sandbox; Sandbox.missing() says so"),
]


@pytest.fixture(scope="module", autouse=True)
def servers() -> Iterator[None]:
    with kept_servers():
        yield


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
    (tmp_path / "gradebook.db").write_text("secret", encoding="utf-8")
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
    with (
        tempfile.TemporaryDirectory(dir="/tmp") as folder,
        socket.socket(socket.AF_UNIX, getattr(socket, f"SOCK_{kind}")) as us,
    ):
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
