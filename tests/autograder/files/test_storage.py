"""Files are complete or absent, and a disk that refuses is named in one sentence."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from autograder.files.paths import Course
from autograder.files.storage import UNFINISHED, clear_unfinished, refusal, write_atomically


def test_a_file_is_replaced_as_a_whole(tmp_path: Path) -> None:
    path = tmp_path / "new" / "file.json"
    write_atomically(path, b"one")
    write_atomically(path, b"two")
    assert path.read_bytes() == b"two"
    assert [p.name for p in path.parent.iterdir()] == ["file.json"]


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    path = tmp_path / "file.json"
    write_atomically(path, b"old")

    def full(*arguments: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    if call == "fsync":
        monkeypatch.setattr(os, "fsync", full)
    else:
        monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="No space left"):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_file_and_folder_reach_the_disk_in_this_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    fsync, replace = os.fsync, Path.replace

    def note_fsync(handle: int) -> None:
        done.append("folder" if Path(f"/proc/self/fd/{handle}").is_dir() else "file")
        fsync(handle)

    def note_replace(self: Path, target: Path) -> Path:
        done.append("rename")
        return replace(self, target)

    if not Path("/proc/self/fd").is_dir():
        pytest.skip("the system does not tell what a descriptor is")
    monkeypatch.setattr(os, "fsync", note_fsync)
    monkeypatch.setattr(Path, "replace", note_replace)
    write_atomically(tmp_path / "file.json", b"x")
    assert done == ["file", "rename", "folder"]


def test_only_unfinished_files_are_cleared(tmp_path: Path) -> None:
    course = Course(tmp_path, tmp_path / "grading")
    kept = [course.record("ada", "mini"), course.seeds, course.grading / ".notes", course.grading / "half.part"]
    left = [
        course.verdicts / "ada" / f".mini.json.abc{UNFINISHED}",
        course.logs / "ada" / f".mini.log.abc{UNFINISHED}",
        course.grading / f".seeds.json.abc{UNFINISHED}",
    ]
    for path in [*kept, *left]:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x", encoding="utf-8")
    folder = course.grading / f".abc{UNFINISHED}"
    folder.mkdir()
    (folder / "gradebook.db").write_text("x", encoding="utf-8")
    assert sorted(clear_unfinished(course)) == sorted([*left, folder])
    assert all(path.is_file() for path in kept)


@pytest.mark.parametrize(
    ("number", "says"),
    [
        (errno.ENOSPC, "The disk is full: Writing a file (/x); nothing that was recorded is lost, make room"),
        (errno.EACCES, "Writing a file (/x) is not allowed; make the folder writable"),
        (errno.EIO, "Writing a file (/x) failed: Input/output error; nothing that was recorded is lost"),
    ],
)
def test_what_the_system_refuses_is_said_in_one_sentence(number: int, says: str) -> None:
    assert says in str(refusal(OSError(number, os.strerror(number), "/x"), "Writing a file"))
