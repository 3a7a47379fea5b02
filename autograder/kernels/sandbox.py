"""Which sandbox this machine gives, and what it lacks.

    bwrap    bubblewrap makes the place in which kernels live: no network, and of the files only what Python needs
    limits   the kernel's own means, as far as this machine and user may use them
    none     no confinement at all; for course staff who look for a fault in the course itself

Where Linux allows it, both kinds give each student's process namespaces, a user, a disk in memory, Landlock, a filter
of system calls and limits of its own.  What works is tried, not assumed.
"""

from __future__ import annotations

import os
import sys
import sysconfig
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autograder.files.paths import CourseError
from autograder.kernels.machine import base_executable, bubblewrap, numpy_folder, readable, warm_servers_work

AUTO, BWRAP, LIMITS, NONE = "auto", "bwrap", "limits", "none"
KINDS = (AUTO, BWRAP, LIMITS, NONE)

LIBRARY = "/library"
"""Where the students' package lies for a kernel that has a file system of its own."""

LACKS = {
    "own_root": "Student code shares the machine's file system; only file permissions keep it out.",
    "pid_namespace": "Student code can see which other processes run.",
    "net_namespace": "Student code has no network namespace of its own.",
    "own_user": "Student code runs as the user who grades.",
    "process_limit": "The number of processes is checked five times a second only.",
    "landlock": "There is no Landlock: nothing besides the file system's permissions guards files.",
    "seccomp": "There is no filter of system calls for this processor.",
}


class SandboxUnavailable(CourseError):
    """The sandbox that was asked for does not work here."""


@dataclass(frozen=True)
class Sandbox:
    """A way to confine kernels that has been tried on this machine; plain data, the same for all kernels of a run.

    features:   what ``confine.explore`` has found.
    namespaces: whether own means may include namespaces; without them it is what most containers allow.
    """

    kind: str
    features: Mapping[str, Any] = field(default_factory=dict)
    namespaces: bool = True

    def missing(self) -> tuple[str, ...]:
        """What this sandbox does not do on this machine, in sentences."""
        if self.kind == NONE:
            return ("Student code runs without a sandbox: it can do whatever the user who grades can do.",)
        if not warm_servers_work():
            system = "Windows" if os.name == "nt" else sys.platform
            limits = "" if os.name == "nt" else ", and limits of memory and CPU time as far as the system keeps them"
            return (
                f"There is no sandbox for {system}: student code is only stopped when it takes too long{limits}. "
                "It can read your files and use the network; grade on Linux, or in a virtual machine.",
            )
        has = self.features
        hidden = {
            "own_root" if has["landlock"] else "",
            "net_namespace" if has["seccomp"] else "",
            # In a namespace of its own, the user has no other processes and no files of the machine.
            "own_user" if has["own_root"] else "",
            "pid_namespace" if has["landlock"] >= 6 and has["own_user"] else "",
            "landlock" if has["own_root"] else "",
        }
        lacks = [text for name, text in LACKS.items() if not has[name] and name not in hidden]
        if not has["net_namespace"] and not has["seccomp"]:
            lacks.append("Student code can use the network.")
        if has["landlock"] < 6 and not has["pid_namespace"] and not has["own_user"]:
            lacks.append("Student code can stop the grader's other processes.")
        if not has["own_view"]:
            lacks.append("The space on disk is checked five times a second only.")
        lacks.append(
            "Memory is limited for each process; the sum over a student's processes is checked five times a second."
        )
        return tuple(lacks)

    def command(self, library: Path) -> list[str]:
        """The command that starts a warm server, to which its code is then sent."""
        python = [base_executable(), "-I", "-S", "-B", "-X", "utf8", "-c", BOOT]
        if self.kind != BWRAP:
            return python
        arguments = [bubblewrap() or "bwrap", "--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts"]
        if os.geteuid() != 0:
            arguments += ["--unshare-user", "--cap-add", "ALL"]
        else:
            arguments += ["--cap-drop", "ALL"]
            for name in ("SYS_ADMIN", "SETUID", "SETGID", "SETPCAP", "KILL", "CHOWN", "NET_ADMIN"):
                arguments += ["--cap-add", f"CAP_{name}"]
        made: set[Path] = set()
        for kind, *rest in root_entries(library):
            # Folders that bubblewrap makes unasked are closed to other users.
            for folder in [f for f in reversed(Path(rest[-1]).parents) if f not in made and f != Path("/")]:
                arguments += ["--dir", str(folder)]
                made.add(folder)
            if kind == "bind":
                device = rest[0].startswith("/dev/")
                arguments += ["--dev-bind" if device else "--ro-bind", *rest]
            else:
                arguments += {"link": ["--symlink"], "folder": ["--dir"], "scratch": ["--tmpfs"], "proc": ["--proc"]}[
                    kind
                ]
                arguments += rest
        return [*arguments, "--remount-ro", "/", "--chdir", "/", "--", *python]

    def setup(self, library: Path) -> dict[str, Any]:
        """The first request to a warm server."""
        return {
            "do": "setup",
            "confine": self.kind != NONE,
            "in_own_root": self.kind == BWRAP,
            "root": root_entries(library) if self.kind == LIMITS and self.namespaces else [],
            "library": str(library),
            "own_library": LIBRARY,
            "must_read": [str(Path(sysconfig.get_path("stdlib")) / "os.py"), str(numpy_folder() / "__init__.py")],
        }


BOOT = """
import json, os, sys, types
size = int.from_bytes(os.read(0, 4), "big")
text = b""
while len(text) < size:
    text += os.read(0, size - len(text))
sent = json.loads(text)
sys.path[:] = sent["path"]
package = None
for name in ("autograder", "autograder.kernels", "autograder.kernels.inside"):
    package = sys.modules[name] = types.ModuleType(name)
for name, source in sent["modules"]:
    module = types.ModuleType(package.__name__ + "." + name)
    sys.modules[module.__name__] = module
    setattr(package, name, module)
    exec(compile(source, name, "exec"), module.__dict__)
null = os.open(os.devnull, os.O_RDWR)
os.dup2(null, 0)
os.close(null)
package.server.main(sent["channel"])
"""
"""What the server's Python runs: its own source comes over standard input, so that no file of the course is needed."""


def root_entries(library: Path) -> list[list[str]]:
    """The file system in which kernels live; see ``confine.build_root``."""
    from autograder.kernels.inside.confine import DEVICES, SCRATCH  # for Linux only

    entries: list[list[str]] = []
    shown: list[Path] = []
    for name in sorted(readable(), key=lambda path: len(Path(path).parts)):
        path = Path(name)
        if any(path.is_relative_to(other) for other in shown):
            continue
        if path.is_symlink() and len(path.parts) == 2:  # /lib and the like
            entries.append(["link", str(path.readlink()), name])
            continue
        shown.append(path)
        entries.append(["bind", os.path.realpath(path), name])
    entries += [["bind", name, name] for name in DEVICES]
    entries += [["bind", str(library.resolve()), LIBRARY], ["folder", "/tmp"], ["folder", "/dev/shm"]]
    return [*entries, ["proc", "/proc"], ["scratch", SCRATCH]]
