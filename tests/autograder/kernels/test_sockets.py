"""Temporary files may lie deep: the sockets of kernels have names that the system takes, and nobody else may enter."""

from __future__ import annotations

import os
import socket
import stat
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from mlp_utils.handing_in.ran import Ending

from autograder.kernels import kernel as kernel_module
from autograder.kernels import sockets
from autograder.kernels.kernel import Limits, StudentKernel
from autograder.kernels.sockets import SocketFolder

from ...conftest import ROOT

pytestmark = pytest.mark.skipif(os.name != "posix", reason="there are no such sockets")


@pytest.fixture
def deep(tmp_path: Path) -> Path:
    """A folder with a name of more than 200 bytes."""
    folder = tmp_path / ("ü" * 70) / ("x" * 72)
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def short() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        yield Path(folder)


def heard(name: str) -> bool:
    """Whether a socket can be bound under the name and connected to."""
    with socket.socket(socket.AF_UNIX) as here, socket.socket(socket.AF_UNIX) as there:
        here.bind(f"{name}-1")
        here.listen(1)
        there.connect(f"{name}-1")
        return True


def test_a_short_name_is_left_as_it_is(short: Path) -> None:
    for elsewhere in (False, True):
        found = SocketFolder(short, elsewhere=elsewhere)
        assert found.name == str(short / "socket")
        found.close()
    assert short.is_dir()


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
def test_a_long_name_has_a_short_one_in_this_process(deep: Path) -> None:
    found = SocketFolder(deep)
    assert heard(found.name)
    assert [path.name for path in deep.iterdir()] == ["socket-1"]  # it lies where it should
    handle = int(Path(found.name).parent.name)
    found.close()
    found.close()
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(handle)


def test_for_another_process_there_is_a_short_folder_of_this_users(deep: Path, short: Path, monkeypatch) -> None:
    monkeypatch.setattr(sockets, "SHORT", ("/nowhere", str(short)))
    found = SocketFolder(deep, elsewhere=True)
    assert heard(found.name)
    made = Path(found.name).parent
    assert made.parent == short and stat.S_IMODE(made.stat().st_mode) == 0o700
    found.close()
    assert list(short.iterdir()) == [] and list(deep.iterdir()) == []


def test_where_there_is_none_it_says_what_to_do(deep: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sockets, "SHORT", ("/nowhere",))
    with pytest.raises(OSError, match=r"is too long for sockets \(.*\); set TMPDIR to a shorter one"):
        SocketFolder(deep, elsewhere=True)


@pytest.mark.slow
@pytest.mark.parametrize("warm", [True, False], ids=["forked", "from nothing"])
def test_a_kernel_runs_with_deep_temporary_files(deep: Path, monkeypatch: pytest.MonkeyPatch, warm: bool) -> None:
    if not warm:
        monkeypatch.setattr(kernel_module, "warm_servers_work", lambda: False)
    elif sys.platform != "linux":
        pytest.skip("nothing is forked here")
    monkeypatch.setattr(tempfile, "tempdir", str(deep))
    with StudentKernel(ROOT / "course", Limits()) as student:
        assert student.run("1 + 1")[0].state == Ending.OK
        student.restart()
        ran, reply = student.ask("str(2 + 2)")
        assert (ran.state, reply) == (Ending.OK, "4")
    assert list(deep.iterdir()) == []
