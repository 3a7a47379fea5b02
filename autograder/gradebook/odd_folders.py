"""nbgrader in folders whose names mean something in an address, a pattern or a setting: ``who?``, ``[a]``, ``50%``.

nbgrader puts the names of folders as they are into the address of its database, into the patterns that it looks for
notebooks with, and into the settings of its ``alembic``.  Nothing can be set there, so its own functions are replaced
where they are loaded: for our commands and, by ``nbgrader_config.py``, for nbgrader's.
"""

from __future__ import annotations

import functools
import glob
import os
import re
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from nbgrader import api, dbutil
from nbgrader.coursedir import CourseDirectory
from sqlalchemy.engine import make_url

from autograder.files.paths import CourseError

LOOK = ("nbgrader.converters.base", "nbgrader.utils", "nbgrader.apps.api")
"""The modules of nbgrader's that look for files with ``glob.glob``."""

_format_path = CourseDirectory.format_path


def database_url(path: Path) -> str:
    """The address of a gradebook, in which every sign of its path stands for itself."""
    # A percent sign starts a code, and a question mark ends the path; no other sign means anything there.
    url = "sqlite:///" + str(path).replace("%", "%25").replace("?", "%3F")
    if make_url(url).database != str(path):
        raise CourseError(
            f"The installed SQLAlchemy cannot open {path}; rename the folder so that no % and no ? is in its path, or "
            "install the version that constraints.txt names."
        )
    return url


def teach_nbgrader() -> None:
    """Replace what nbgrader does with paths, in the modules of it that are loaded; again and again does no harm."""
    CourseDirectory.format_path = format_path
    dbutil.write_alembic_ini = write_alembic_ini
    api.get_alembic_version = alembic_version
    for name in LOOK:
        if name in sys.modules:
            sys.modules[name].glob = SimpleNamespace(glob=find)  # type: ignore[attr-defined]
    upgrade = getattr(sys.modules.get("nbgrader.apps.dbapp"), "DbUpgradeApp", None)
    if upgrade is not None and not hasattr(upgrade, "_backup_named_file"):
        upgrade._backup_named_file, upgrade._backup_db_file = upgrade._backup_db_file, _backup_db_file


def find(pattern: str) -> list[str]:
    """``glob.glob``, but as much of the pattern as names something that is there stands for itself."""
    signs = os.sep + (os.altsep or "")
    known = 0
    for end in (*(match.start() for match in re.finditer(f"[{re.escape(signs)}]", pattern)), len(pattern)):
        part = re.split(f"[{re.escape(signs)}]", pattern[:end])[-1]
        if part == "*" or (end and not os.path.lexists(pattern[:end])):
            break
        known = end
    if known in (0, len(pattern)):
        return [pattern] if known else glob.glob(pattern)  # noqa: PTH207 - nbgrader wants text as glob gives it
    found = glob.glob(pattern[known + 1 :], root_dir=pattern[:known])  # noqa: PTH207
    return [pattern[: known + 1] + name for name in found]


def format_path(
    directory: CourseDirectory, nbgrader_step: str, student_id: str, assignment_id: str, escape: bool = False
) -> str:
    """nbgrader's own; but in a regular expression the folder of the step stands for itself, as the root does."""
    step = re.escape(nbgrader_step) if escape else nbgrader_step
    return str(_format_path(directory, step, student_id, assignment_id, escape))


def write_alembic_ini(alembic_ini: str = "alembic.ini", db_url: str = "sqlite:///gradebook.db") -> None:
    """nbgrader's own, with the percent signs of paths doubled: a single one means something in such a file."""
    path = Path(dbutil.ALEMBIC_INI_TEMPLATE_PATH)
    values = {"alembic_dir": dbutil.ALEMBIC_DIR, "db_url": db_url}
    text = path.read_text(encoding="utf-8").format(**{name: text.replace("%", "%%") for name, text in values.items()})
    Path(alembic_ini).write_text(text, encoding="locale")  # in which alembic, a process of its own, reads it


@functools.cache
def alembic_version() -> str:
    """The newest form of the database: of nbgrader's migrations the one that no other builds on.

    nbgrader runs a command for that, which takes two seconds and is found only where PATH is right.
    """
    before: dict[str, str] = {}
    for path in Path(dbutil.ALEMBIC_DIR).glob("versions/*.py"):
        found = re.findall(r"^(revision|down_revision)\b.*?= *\W?(\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)
        said = dict(found)
        before[said["revision"]] = said["down_revision"]
    (last,) = set(before) - set(before.values())
    return last


def _backup_db_file(app: Any, db_file: str) -> None:
    """``nbgrader db upgrade`` copies the database first, and takes the rest of the address for the file."""
    app._backup_named_file(make_url(f"sqlite:///{db_file}").database)
