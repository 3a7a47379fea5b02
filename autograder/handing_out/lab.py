"""A student's view: JupyterLab on a private copy of the release."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from autograder.files.paths import Course, CourseError


def copy_release(course: Course, folder: Path) -> list[Path]:
    """Copy every released file that is not in the folder yet; return the copies.  An existing file is never touched."""
    if not course.release.is_dir():
        raise CourseError(f"{course.release} is missing; run `python -m autograder build` first.")
    if folder == course.release or folder.is_relative_to(course.release):
        raise CourseError(f"{folder} is the release itself; name another folder.")
    copied = []
    for path in sorted(course.release.rglob("*")):
        target = folder / path.relative_to(course.release)
        if path.is_file() and ".ipynb_checkpoints" not in path.parts and not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
            copied.append(target)
    return copied


def open_lab(folder: Path) -> int:
    """Run JupyterLab in the folder until it is closed; return its exit code."""
    # In a container one is root, and Jupyter wants to be told that this is meant.
    root = ["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    command = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={folder}", *root]
    return subprocess.call(command, env=lab_environment(os.environ))


def lab_environment(present: Mapping[str, str]) -> dict[str, str]:
    """The environment of JupyterLab: the kernel called python3 is this Python's, whatever others are known here."""
    others = ("JUPYTER_PATH", "JUPYTER_PREFER_ENV_PATH", "JUPYTERLAB_DIR", "PYTHONHOME", "PYTHONSTARTUP")
    return {name: text for name, text in present.items() if name not in others} | {"JUPYTER_PREFER_ENV_PATH": "1"}
