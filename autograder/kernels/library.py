"""The copy of the students' package for a kernel, without the modules that would answer the assignment."""

from __future__ import annotations

import compileall
import contextlib
import importlib.util
import shutil
from collections.abc import Iterable
from pathlib import Path


def make_library(source: Path, target: Path, withheld: Iterable[str]) -> Path:
    """A copy of ``mlp_utils`` without the modules that would answer the assignment; return the folder it lies in."""
    package = target / "mlp_utils"
    shutil.copytree(source, package, ignore=shutil.ignore_patterns("__pycache__"))
    for name in withheld:
        path = package.joinpath(*name.removeprefix("mlp_utils.").split("."))
        path.with_suffix(".py").unlink(missing_ok=True)
        shutil.rmtree(path, ignore_errors=True)
    _copy_compiled(source, package)
    for path in (target, package, *package.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)  # a kernel runs as a user of its own
    return target


def _copy_compiled(source: Path, package: Path) -> None:
    """Python's compiled form of each module that is there, so that not every server compiles them all again."""
    with contextlib.suppress(OSError):  # a course that may only be read has none
        compileall.compile_dir(source, quiet=2)
        for path in package.rglob("*.py"):
            compiled = Path(importlib.util.cache_from_source(str(path)))
            compiled.parent.mkdir(exist_ok=True)
            shutil.copy2(importlib.util.cache_from_source(str(source / path.relative_to(package))), compiled)
