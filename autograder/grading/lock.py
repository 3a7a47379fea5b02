"""One grader at a time for a grading folder.

The operating system holds the lock and drops it with the process, however that ends, so a dead grader never blocks
the next one.  Where a file system knows no locks, a file that only one process can create stands in.
"""

from __future__ import annotations

import errno
import json
import os
import secrets
import shutil
import socket
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from autograder.files.paths import Course, CourseError
from autograder.files.storage import refusal

SCRATCH = "mlp-run-"
NO_LOCKS = (errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS, errno.EINVAL)

_held: set[int] = set()


@contextmanager
def grading_lock(course: Course) -> Iterator[Path]:
    """Hold the grading folder and a scratch folder, which all temporary files of this run go to.

    ``CourseError`` names the process and the host that hold it already.  The scratch folder of a grader that was
    killed is removed.
    """
    path = course.grading / ".lock"
    try:
        course.grading.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise refusal(error, f"Writing to {course.grading}") from error
    _held.add(handle)
    scratch = None
    try:
        marker = _take(handle, path)
        try:
            _remove_scratch(_read(path))
            scratch = Path(tempfile.gettempdir(), f"{SCRATCH}{secrets.token_hex(8)}").absolute()
            _note(handle, scratch)  # before it is there, so that whoever is killed here leaves nothing unknown
            scratch.mkdir(mode=0o700)
            scratch.chmod(0o711)  # a kernel may run as another user, in a folder of its own in here
            with _temporary_files_in(scratch):
                yield scratch
        finally:
            if marker is not None:
                marker.unlink(missing_ok=True)
    except OSError as error:
        raise refusal(error, f"Grading in {course.grading}") from error
    finally:
        if scratch is not None:
            shutil.rmtree(scratch, ignore_errors=True)
        _held.discard(handle)
        os.close(handle)


def let_go() -> None:
    """In a forked process: the lock is the parent's alone, and is free when the parent has ended."""
    for handle in _held:
        os.close(handle)
    _held.clear()


def _take(handle: int, path: Path) -> Path | None:
    """Lock the open file; return the file that stands in for the lock where there are no locks."""
    try:
        _lock(handle)
    except OSError as error:
        if error.errno in NO_LOCKS:
            return _take_by_file(path.with_suffix(".held"))
        raise _refuse(path, _read(path)) from error
    return None


def _lock(handle: int) -> None:
    if sys.platform == "win32":
        import msvcrt

        os.lseek(handle, 2**30, os.SEEK_SET)  # far behind the text, which others may read
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _take_by_file(path: Path) -> Path:
    for _ in range(2):
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
        except FileExistsError:
            holder = _read(path)
            if _alive(holder):
                raise _refuse(path, holder, by_file=True) from None
            path.unlink(missing_ok=True)
        else:
            with os.fdopen(handle, "wb") as stream:
                stream.write(json.dumps(_me()).encode())
            return path
    raise _refuse(path, _read(path), by_file=True)


def _refuse(path: Path, holder: dict[str, Any], by_file: bool = False) -> CourseError:
    who = f"process {holder.get('pid', 'unknown')} on {holder.get('host', 'an unknown host')}"
    advice = f", or delete {path} if that process is no more" if by_file else ""
    return CourseError(
        f"{path.parent} is being graded already, by {who}; wait until it has finished, or stop it{advice}."
    )


def _alive(holder: dict[str, Any]) -> bool:
    """Whether the process that wrote this still runs; of another host nobody here can tell."""
    if holder.get("host") != socket.gethostname():
        return bool(holder)
    try:
        return bool(abs(psutil.Process(int(holder["pid"])).create_time() - float(holder["began"])) < 2)
    except (psutil.Error, KeyError, ValueError, TypeError):
        return False


def _me() -> dict[str, Any]:
    return {"pid": os.getpid(), "host": socket.gethostname(), "began": psutil.Process().create_time()}


def _note(handle: int, scratch: Path) -> None:
    os.lseek(handle, 0, os.SEEK_SET)
    os.ftruncate(handle, 0)
    os.write(handle, json.dumps(_me() | {"scratch": str(scratch)}).encode())


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _remove_scratch(before: dict[str, Any]) -> None:
    """What a killed grader of this host has left behind."""
    left = Path(str(before.get("scratch", "")))
    if before.get("host") == socket.gethostname() and left.name.startswith(SCRATCH):
        shutil.rmtree(left, ignore_errors=True)


@contextmanager
def _temporary_files_in(folder: Path) -> Iterator[None]:
    before = tempfile.tempdir
    tempfile.tempdir = str(folder)
    try:
        yield
    finally:
        tempfile.tempdir = before
