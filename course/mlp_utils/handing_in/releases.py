"""Which release of the course a notebook belongs to, and whether this package is of the same one."""

from __future__ import annotations

import re

from mlp_utils.messages import Remark, show
from mlp_utils.version import __version__


def difference(version: str, installed: str = __version__) -> str:
    """What to say where a notebook was made for another version than the installed one; empty if they agree.

    Versions are numbers with dots ("0.2.0"); the notebook is compared with the package number by number.
    """
    if version == installed:
        return ""
    start = f"This notebook was made for mlp_utils {version}, and mlp_utils {installed} is installed."
    mine, theirs = _numbers(version), _numbers(installed)
    if not mine:
        return f"{start} {version!r} is no version: take a fresh copy of the notebook."
    if mine < theirs:
        return (
            f"{start} The notebook is the older one: checks may have changed since. Copy your answers into a fresh "
            "notebook, or ask your instructor which version counts."
        )
    return (
        f"{start} The package is the older one: checks of this notebook may be missing or have changed. Install the "
        f"version {version} that was handed out with the notebook, then restart the kernel."
    )


def made_for(version: str) -> None:
    """Say so if the notebook that calls this was made for another version of mlp_utils; silent if they agree."""
    text = difference(version)
    if text:
        show(Remark(text))


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(n) for n in version.split(".")) if re.fullmatch(r"\d+(\.\d+)*", version) else ()


__all__ = ["difference", "made_for"]
