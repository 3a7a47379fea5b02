"""What of this machine a kernel needs: its Python, the folders with packages, the files that it may read."""

from __future__ import annotations

import os
import shutil
import sys
import sysconfig
from pathlib import Path


def warm_servers_work() -> bool:
    return sys.platform == "linux"


def base_executable() -> str:
    """The Python that the virtual environment stands on: its own launcher would be a file outside what is readable."""
    return os.path.realpath(getattr(sys, "_base_executable", "") or sys.executable)


def module_path() -> list[str]:
    """``sys.path`` of a kernel: the standard library and the installed packages, no ``.pth`` file's additions."""
    standard = [sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib", vars={"platbase": sys.base_exec_prefix})]
    dynamic = [p for p in sys.path if p.endswith("lib-dynload")]
    packages = [p for p in sys.path if Path(p).name in ("site-packages", "dist-packages") and Path(p).is_dir()]
    return list(dict.fromkeys(os.path.realpath(path) for path in [*standard, *dynamic, *packages]))


def readable() -> list[str]:
    """The files and folders of the machine that Python needs."""
    system = [
        "/usr",
        "/lib",
        "/lib32",
        "/lib64",
        "/bin",
        "/etc/ld.so.cache",
        "/etc/localtime",
        "/etc/fonts",
        "/etc/alternatives",
    ]
    own = [base_executable(), *module_path()]
    base = os.path.realpath(sys.base_prefix)
    if base != "/usr":
        own.append(str(Path(base) / "lib"))
    return [path for path in dict.fromkeys([*system, *own]) if Path(path).exists()]


def bubblewrap() -> str | None:
    return shutil.which("bwrap")


def numpy_folder() -> Path:
    import numpy as np

    return Path(np.__file__).resolve().parent
