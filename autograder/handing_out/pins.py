"""Exact versions of everything that ``mlp_utils`` needs, on every system that students have.

The closure of its dependencies is computed from the metadata of what is installed here and from ``constraints.txt``,
without asking any index.  A package that is needed on some systems only gets an environment marker.
"""

from __future__ import annotations

import importlib.metadata
import itertools
import tomllib
from collections.abc import Collection, Mapping
from pathlib import Path

from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from autograder.files.paths import CourseError

PLATFORMS = {"linux": ("posix", "Linux"), "darwin": ("posix", "Darwin"), "win32": ("nt", "Windows")}
"""``sys_platform`` with the ``os_name`` and ``platform_system`` that belong to it."""

PYTHONS = ("3.11", "3.12", "3.13", "3.14")

LEAVES = {"appnope", "colorama", "pywinpty"}
"""Packages for macOS or Windows that need nothing themselves, so that they need not be installed here."""

Where = tuple[str, str]
"""A platform and a version of Python."""

EVERYWHERE = frozenset(itertools.product(PLATFORMS, PYTHONS))


def requirements(root: Path) -> str:
    """The text of ``requirements.txt``: one ``name==version`` a line, some with a marker.

    Raises ``CourseError`` if a pin is missing, or if it contradicts what is installed or what a package asks for.
    """
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    pins = read_pins(root / "constraints.txt")
    found: dict[str, set[Where]] = {}
    for where in sorted(EVERYWHERE):
        for name in _closure(project["dependencies"], where, pins):
            found.setdefault(name, set()).add(where)
    lines = [
        f"{pins[name][0]}=={pins[name][1]}" + (f"; {text}" if (text := marker(places)) else "")
        for name, places in sorted(found.items())
    ]
    return "\n".join([f"# Everything that mlp_utils {project['version']} needs. start.py installs it.", *lines, ""])


def read_pins(path: Path) -> dict[str, tuple[str, str]]:
    """The lines of ``constraints.txt``: name as written and version, by normalised name."""
    pins = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            name, version = line.split("==")
            pins[str(canonicalize_name(name))] = (name.strip(), version.strip())
    return pins


def _closure(wanted: list[str], where: Where, pins: Mapping[str, tuple[str, str]]) -> set[str]:
    """The names of all packages that are needed in one place."""
    environment = _environment(where)
    todo = [("mlp_utils", Requirement(text)) for text in wanted]
    done: set[tuple[str, frozenset[str]]] = set()
    while todo:
        asker, requirement = todo.pop()
        name = str(canonicalize_name(requirement.name))
        if name not in pins:
            raise CourseError(f"constraints.txt has no line for {name}, which {asker} needs; add one.")
        if not requirement.specifier.contains(pins[name][1], prereleases=True):
            raise CourseError(
                f"constraints.txt pins {name} {pins[name][1]}, and {asker} needs {requirement}; change it."
            )
        key = (name, frozenset(requirement.extras))
        if key in done:
            continue
        done.add(key)
        for inner in _needs(name, pins[name][1]):
            extras = ("", *requirement.extras)
            if inner.marker is None or any(inner.marker.evaluate({**environment, "extra": e}) for e in extras):
                todo.append((name, inner))
    return {name for name, _ in done}


def _needs(name: str, version: str) -> list[Requirement]:
    """What a package needs, by the metadata of the installed one, which has to be the pinned one."""
    try:
        package = importlib.metadata.distribution(name)
    except importlib.metadata.PackageNotFoundError:
        if name in LEAVES:
            return []
        raise CourseError(f"{name} {version} is not installed here; run `make setup` first.") from None
    if package.version != version:
        raise CourseError(
            f"{name} {package.version} is installed and constraints.txt pins {version}; install the pinned version, "
            "or change the line."
        )
    return [Requirement(text) for text in package.requires or []]


def _environment(where: Where) -> dict[str, str]:
    platform, python = where
    os_name, system = PLATFORMS[platform]
    return {
        "sys_platform": platform,
        "os_name": os_name,
        "platform_system": system,
        "platform_machine": "AMD64" if platform == "win32" else "x86_64",
        "python_version": python,
        "python_full_version": f"{python}.0",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
    }


def marker(places: Collection[Where]) -> str:
    """The shortest marker for these places; empty for everywhere."""
    if set(places) == EVERYWHERE:
        return ""
    platforms = [text for text in _platform_markers(places) if text]
    pythons = [text for text in _python_markers(places) if text]
    both = [f"{a} and {b}" for a in platforms for b in pythons]
    # Where no simple marker fits, each place by itself.
    each = " or ".join(f"(sys_platform == {p!r} and python_version == {v!r})" for p, v in sorted(places))
    for text in (*platforms, *pythons, *both, each.replace("'", '"')):
        if {where for where in EVERYWHERE if Marker(text).evaluate(_environment(where))} == set(places):
            return text
    raise AssertionError("the last one always fits")


def _platform_markers(places: Collection[Where]) -> list[str]:
    here = {platform for platform, _ in places}
    only = [f'sys_platform == "{platform}"' for platform in here if len(here) == 1]
    return only + [f'sys_platform != "{p}"' for p in PLATFORMS if set(PLATFORMS) - {p} == here]


def _python_markers(places: Collection[Where]) -> list[str]:
    here = {python for _, python in places}
    older = [f'python_version < "{p}"' for k, p in enumerate(PYTHONS) if set(PYTHONS[:k]) == here]
    return older + [f'python_version >= "{p}"' for k, p in enumerate(PYTHONS) if set(PYTHONS[k:]) == here]


__all__ = ["marker", "read_pins", "requirements"]
