"""Where a kernel's sockets lie, under a name that is short enough: the system takes about a hundred bytes.

Temporary files may lie deep: ``TMPDIR`` of a cluster's job, of macOS, or of a test.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import tempfile
from pathlib import Path

LONGEST = 103
"""Bytes of a socket's name: 107 on Linux, 103 on macOS."""

NAME = "socket"
ROOM = len(f"/{NAME}-99999")

SHORT = ("/tmp", "/var/tmp")


class SocketFolder:
    """A name for the sockets in a folder of this user's; close it when they are no longer connected to.

    elsewhere: another process will use the name too.
    """

    def __init__(self, folder: Path, *, elsewhere: bool = False) -> None:
        self._handle: int | None = None
        self._made: Path | None = None
        place = folder
        if not _fits(folder):
            if not elsewhere and sys.platform == "linux":
                # The same folder under a name of this process's, which nobody else can use.
                self._handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
                place = Path(f"/proc/self/fd/{self._handle}")
            else:
                place = self._made = _short_folder(folder)
        self.name = str(place / NAME)

    def close(self) -> None:
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None
        if self._made is not None:
            shutil.rmtree(self._made, ignore_errors=True)
            self._made = None


def _fits(folder: Path) -> bool:
    return len(os.fsencode(folder)) + ROOM <= LONGEST


def _short_folder(folder: Path) -> Path:
    """A new folder with a short name that only this user may enter (``mkdtemp`` sees to that)."""
    for place in SHORT:
        with contextlib.suppress(OSError):
            return Path(tempfile.mkdtemp(prefix="mlp-", dir=place))
    raise OSError(
        f"the name of the folder for temporary files is too long for sockets ({folder}); set TMPDIR to a shorter one"
    )
