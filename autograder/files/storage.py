"""Files that are complete or absent, whatever happens while they are written, and what the disk's refusals mean."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from autograder.files.paths import Course, CourseError

UNFINISHED = ".part"
"""How the name of a file ends while it is being written; such a name also starts with a dot."""

FULL = (errno.ENOSPC, errno.EDQUOT)
READ_ONLY = (errno.EACCES, errno.EPERM, errno.EROFS)


@contextmanager
def writing(path: Path) -> Iterator[BinaryIO]:
    """A stream whose content stands in the file when the block has ended; until then the old content does.

    File and folder are synchronised with the disk, so that a loss of power cannot undo what has been reported.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=UNFINISHED)
    try:
        with os.fdopen(handle, "wb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        Path(name).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink(missing_ok=True)
        raise
    synchronise(path.parent)


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file so that a reader sees the old content or the new one, whatever happens in between."""
    with writing(path) as stream:
        stream.write(content)


def synchronise(folder: Path) -> None:
    """Bring the names in a folder to the disk; Windows cannot be asked to and does it by itself."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # some network file systems have no such call
            raise
    finally:
        os.close(handle)


def clear_unfinished(course: Course) -> list[Path]:
    """Remove the half-written files of a grader that was killed; only the holder of the grading lock may."""
    folders = [course.grading, *_folders(course.verdicts), *_folders(course.logs)]
    folders += [folder for student in _folders(course.autograded) for folder in _folders(student)]
    cleared = []
    for folder in folders:
        for path in folder.glob(f".*{UNFINISHED}"):
            if path.is_dir():  # a gradebook that was being created
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
            cleared.append(path)
    return cleared


def _folders(top: Path) -> Iterable[Path]:
    return [path for path in top.iterdir() if path.is_dir()] if top.is_dir() else []


def refusal(error: OSError, doing: str) -> CourseError:
    """What the system's error means for somebody who grades, in one sentence; ``doing`` says what was tried."""
    where = f" ({error.filename})" if error.filename else ""
    if error.errno in FULL:
        return CourseError(
            f"The disk is full: {doing}{where}; nothing that was recorded is lost, make room and run the same command "
            "again."
        )
    if error.errno in READ_ONLY:
        return CourseError(
            f"{doing}{where} is not allowed; make the folder writable for this user and run the same command again."
        )
    return CourseError(
        f"{doing}{where} failed: {error.strerror or error}; nothing that was recorded is lost, run the same command "
        "again when this is mended."
    )
