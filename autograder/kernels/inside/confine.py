"""How a process gives up its powers, step by step, on Linux.

Runs inside the sandbox, where the instructor's package does not exist: the standard library only.  ``explore`` is
done once by the server from which kernels are forked, ``enter`` by each kernel before the student's code runs.
Every step is tried once on the machine at hand; a step that has worked and then fails stops the kernel.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import resource
import signal
import socket
import struct
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from autograder.kernels.inside import seccomp

NEWNS, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET = 0x20000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_BIND, MS_REC, MS_PRIVATE = 1, 2, 4, 8, 4096, 16384, 1 << 18
MNT_DETACH = 2
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_CAPBSET_DROP, PR_SET_SUBREAPER, PR_SET_NO_NEW_PRIVS = 1, 4, 24, 36, 38
PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL = 47, 4
SYS_MOUNT_SETATTR, SYS_LANDLOCK_CREATE, SYS_LANDLOCK_ADD, SYS_LANDLOCK_RESTRICT = 442, 444, 445, 446
SYS_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}
AT_RECURSIVE, AT_FDCWD = 0x8000, -100

SCRATCH = "/scratch"
"""Where a kernel may write, if it has a view of the file system of its own."""

DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")

_libc = ctypes.CDLL(None, use_errno=True)


class CannotConfine(OSError):
    """A step that this machine allows has failed."""


def _call(name: str, result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise CannotConfine(number, f"{name}: {os.strerror(number)}")
    return result


def unshare(flags: int) -> None:
    _call("unshare", _libc.unshare(flags))


def join(namespace: int, kind: int) -> None:
    _call("setns", _libc.setns(namespace, kind))


def prctl(option: int, value: int, name: str) -> None:
    _call(name, _libc.prctl(option, value, 0, 0, 0))


def mount(source: str, target: str, kind: str = "none", flags: int = 0, data: str = "") -> None:
    arguments = (source.encode(), target.encode(), kind.encode(), ctypes.c_ulong(flags), data.encode())
    _call(f"mount {target}", _libc.mount(*arguments))


def works(step: Callable[[], object]) -> bool:
    try:
        step()
    except (OSError, ValueError, KeyError):
        return False
    return True


def trial(step: Callable[[], object]) -> bool:
    """Whether a step works, tried in a child process, which is then gone."""
    pid = os.fork()
    if pid == 0:
        os._exit(0 if works(step) else 1)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


# -- the server's steps


def loopback_up() -> None:
    """Give the namespace's own loopback its address; nothing leads out of it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as endpoint:
        import fcntl

        fcntl.ioctl(endpoint, 0x8914, struct.pack("16sH14s", b"lo", 0x1 | 0x40, b""))  # SIOCSIFFLAGS: up, running


def become_root_of_own_namespace() -> None:
    """A user namespace in which this process may make others, without any power outside it."""
    user, group = os.geteuid(), os.getegid()
    unshare(NEWUSER)
    Path("/proc/self/setgroups").write_text("deny", encoding="utf-8")
    Path("/proc/self/uid_map").write_text(f"{user} {user} 1", encoding="utf-8")
    Path("/proc/self/gid_map").write_text(f"{group} {group} 1", encoding="utf-8")


def build_root(entries: list[list[str]]) -> None:
    """Leave the machine's file system for one that has the entries and nothing else, read-only.

    An entry is ["bind", source, place], ["link", target, place], ["folder", place], ["scratch", place] or
    ["proc", place].
    """
    os.umask(0o022)
    mount("none", "/", flags=MS_REC | MS_PRIVATE)
    # Opened before the new root hides them: a source may lie in /tmp, too.
    sources = {entry[1]: os.open(entry[1], os.O_PATH) for entry in entries if entry[0] == "bind"}
    new = "/tmp"
    mount("tmpfs", new, "tmpfs", MS_NOSUID | MS_NODEV, "mode=755,size=1m")
    later: list[tuple[str, str]] = []
    for kind, *rest in entries:
        place = Path(new + rest[-1])
        if kind == "bind":
            source = f"/proc/self/fd/{sources[rest[0]]}"
            if Path(source).is_dir():
                place.mkdir(parents=True, exist_ok=True)
            else:
                place.parent.mkdir(parents=True, exist_ok=True)
                place.touch()
            mount(source, str(place), flags=MS_BIND | MS_REC)
        elif kind == "link":
            place.parent.mkdir(parents=True, exist_ok=True)
            place.symlink_to(rest[0])
        else:
            place.mkdir(parents=True, exist_ok=True)
            later.append((kind, str(place)))
    for descriptor in sources.values():
        os.close(descriptor)
    # struct mount_attr: set, clear, propagation, userns_fd
    attributes = struct.pack("QQQQ", MS_RDONLY | MS_NOSUID, 0, 0, 0)
    arguments = (SYS_MOUNT_SETATTR, AT_FDCWD, new.encode(), AT_RECURSIVE, attributes, ctypes.c_size_t(len(attributes)))
    _call("mount_setattr", _libc.syscall(*arguments))
    for kind, where in later:
        if kind == "scratch":
            mount("tmpfs", where, "tmpfs", MS_NOSUID | MS_NODEV, "mode=755,size=64m")
        elif kind == "proc":
            mount("proc", where, "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC)
    os.chdir(new)
    _call("pivot_root", _libc.syscall(SYS_PIVOT_ROOT[os.uname().machine], b".", b"."))
    _call("umount2", _libc.umount2(b".", MNT_DETACH))
    os.chdir("/")


def namespaces_and_root(entries: list[list[str]]) -> bool:
    """The place that bubblewrap would make, by own means: processes, network and files of its own.

    Goes on in a child, which is process 1 of its namespace; the parent waits for it.  False, and nothing has
    happened, where the machine does not allow it.
    """
    if not trial(lambda: _leave(entries)):
        return False
    if os.geteuid() != 0:
        become_root_of_own_namespace()
    unshare(NEWPID)
    pid = os.fork()
    if pid:
        _, status = os.waitpid(pid, 0)
        os._exit(os.waitstatus_to_exitcode(status) & 0xFF)
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL, "prctl")
    _enter_root(entries)
    return True


def _enter_root(entries: list[list[str]]) -> None:
    unshare(NEWNS | NEWIPC | NEWNET | NEWUTS)
    build_root(entries)


def _leave(entries: list[list[str]]) -> None:
    if os.geteuid() != 0:
        become_root_of_own_namespace()
    unshare(NEWPID)
    pid = os.fork()
    if pid == 0:
        fine = works(lambda: _enter_root(entries))
        os._exit(0 if fine else 1)
    if os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]):
        raise CannotConfine(errno.EPERM, "namespaces")


def explore(request: dict[str, Any], own_root: bool) -> dict[str, Any]:
    """What this machine allows the server's kernels, each tried for real in a child process.

    own_root: the server already stands in namespaces and a file system of its own.
    """
    found: dict[str, Any] = {"own_root": own_root}
    found["own_view"] = own_root and trial(lambda: own_view(0, 0))
    found["pid_namespace"] = found["own_view"] and trial(lambda: unshare(NEWPID))
    found["net_namespace"] = own_root and works(loopback_up)
    found["own_user"] = bool(request.get("uid")) and trial(lambda: _read_as(request))
    found["process_limit"] = _limit_counts(found) and trial(lambda: _start_one(request, found))
    found["landlock"] = landlock_version()
    found["seccomp"] = trial(lambda: _filtered(bool(found["net_namespace"])))
    return found


def _limit_counts(features: dict[str, Any]) -> bool:
    """Whether a limit of processes would count the kernel's alone: never for root, nor for a user with others."""
    return bool(features["own_user"] or (features["own_view"] and os.geteuid() != 0))


def _read_as(request: dict[str, Any]) -> None:
    change_user(int(request["uid"]))
    for name in request["must_read"]:
        Path(name).read_bytes()


def _start_one(request: dict[str, Any], features: dict[str, Any]) -> None:
    """Under the limit of processes, start one: older kernels count all processes of the user on the machine."""
    resource.setrlimit(resource.RLIMIT_NPROC, (int(request["processes"]),) * 2)
    if features["own_user"]:
        change_user(int(request["uid"]))
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)


def _filtered(own_network: bool) -> None:
    prctl(PR_SET_NO_NEW_PRIVS, 1, "prctl")
    if not seccomp.install(own_network):
        raise CannotConfine(errno.ENOSYS, "seccomp")


# -- the kernel's steps


def enter(request: dict[str, Any], features: dict[str, Any]) -> None:
    """Confine this process for good; what ``features`` says the machine allows must work."""
    own_user = int(request["uid"]) if features["own_user"] else 0
    os.setsid()
    if features["own_view"]:
        own_view(own_user, int(request["scratch_mb"]))
    limit_resources(request, features)
    if features["landlock"]:
        landlock(request, features)
    if own_user:
        change_user(own_user)
    drop_capabilities()
    prctl(PR_SET_NO_NEW_PRIVS, 1, "prctl")
    prctl(PR_SET_DUMPABLE, 1, "prctl")  # so that the process may look at itself in /proc
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL, "prctl")
    if features["seccomp"] and not seccomp.install(bool(features["net_namespace"])):
        raise CannotConfine(errno.EPERM, "the system call filter could not be installed")


def own_view(user: int, megabytes: int) -> None:
    """Files of this kernel alone: a small disk in memory, and the processes of its own namespace."""
    unshare(NEWNS | NEWIPC)
    mount("none", "/", flags=MS_REC | MS_PRIVATE)
    mount("tmpfs", SCRATCH, "tmpfs", MS_NOSUID | MS_NODEV, f"mode=755,size={megabytes or 1}m,nr_inodes=20000")
    for name, place in (("work", ""), ("tmp", "/tmp"), ("shm", "/dev/shm")):
        folder = Path(SCRATCH, name)
        folder.mkdir()
        if user:
            os.chown(folder, user, user)
        if place and not any(Path(place).iterdir()):  # in this root nothing lies there, unless Python itself does
            mount(str(folder), place, flags=MS_BIND)
    if user:
        os.chown(SCRATCH, user, user)
    if not works(lambda: mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC)):
        mount("tmpfs", "/proc", "tmpfs", MS_RDONLY, "size=4k,mode=555")


def limit_resources(request: dict[str, Any], features: dict[str, Any]) -> None:
    limits = {
        resource.RLIMIT_AS: int(request["memory_mb"]) * 2**20,
        resource.RLIMIT_CPU: int(request["cpu_seconds"]),
        resource.RLIMIT_FSIZE: int(request["file_mb"]) * 2**20,
        resource.RLIMIT_NOFILE: int(request["open_files"]),
        resource.RLIMIT_CORE: 0,
    }
    if features["process_limit"]:
        # Counted for each user, and in a user namespace for that namespace alone.
        limits[resource.RLIMIT_NPROC] = int(request["processes"])
    for kind, value in limits.items():
        hard = resource.getrlimit(kind)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (value, value))


def change_user(user: int) -> None:
    """Become a user that owns nothing and runs nothing else."""
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)


def drop_capabilities() -> None:
    for number in range(64):
        if _libc.prctl(PR_CAPBSET_DROP, number, 0, 0, 0) < 0:
            break
    _libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
    header = struct.pack("Ii", 0x20080522, 0)
    _call("capset", _libc.capset(header, bytes(24)))


def landlock_version() -> int:
    """The version of Landlock in this kernel; 0 if it has none."""
    return max(0, int(_libc.syscall(SYS_LANDLOCK_CREATE, None, ctypes.c_size_t(0), 1)))


READ, READ_WRITE_DEVICE = 0b1101, 0b0110  # execute, read files, list folders; read and write files


def landlock(request: dict[str, Any], features: dict[str, Any]) -> None:
    """Deny every path but those named; TCP, and signals to others, where nothing else keeps them apart."""
    version = int(features["landlock"])
    bits = {1: 13, 2: 14, 3: 15, 4: 15}.get(version, 16)
    everything = (1 << bits) - 1
    tcp = 3 if version >= 4 and not features["net_namespace"] else 0
    scoped = 3 if version >= 6 else 0  # abstract sockets and signals
    attributes = struct.pack("QQQ", everything, tcp, scoped)[: 8 if version < 4 else 16 if version < 6 else 24]
    prctl(PR_SET_NO_NEW_PRIVS, 1, "prctl")
    size = ctypes.c_size_t(len(attributes))
    rules = _call("landlock", _libc.syscall(SYS_LANDLOCK_CREATE, attributes, size, 0))
    writable = [SCRATCH, "/tmp", "/dev/shm"] if features["own_view"] else [request["scratch"]]
    allowed = [(path, READ) for path in request["readable"]] + [(path, everything) for path in writable]
    allowed += [(path, READ_WRITE_DEVICE) for path in DEVICES]
    if features["own_view"]:
        allowed.append(("/proc", READ))
    for path, rights in allowed:
        try:
            place = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except FileNotFoundError:
            continue
        if not Path(path).is_dir():
            rights &= 0b0111  # rights that only folders have are refused for files
        rule = struct.pack("=Qi", rights, place)
        _call(f"landlock {path}", _libc.syscall(SYS_LANDLOCK_ADD, rules, 1, rule, 0))
        os.close(place)
    _call("landlock", _libc.syscall(SYS_LANDLOCK_RESTRICT, rules, 0))
    os.close(rules)


# -- the end of a kernel


def kill_everything(pid: int, user: int) -> None:
    """End a kernel and whatever it has started, wherever that has hidden itself.

    pid:  the kernel; 0 if it has ended by itself.
    user: the kernel's own user, if its processes have no namespace that ends with it.
    """
    for kill in (os.killpg, os.kill) if pid else ():
        with contextlib.suppress(ProcessLookupError):
            kill(pid, signal.SIGKILL)
    # The server is the parent of all orphans; in a namespace of processes there are none left.
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        if user:
            _kill_user(user)
        for child in children(os.getpid()):
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
            time.sleep(0.0005)
        except ChildProcessError:
            return
    os._exit(1)  # something cannot be ended: no other kernel may start beside it


def _kill_user(user: int) -> None:
    """Send SIGKILL to all processes of a user at once: faster than they can start others."""
    helper = os.fork()
    if helper == 0:
        try:
            change_user(user)
            os.kill(-1, signal.SIGKILL)  # all that this user may signal but the caller
        finally:
            os._exit(0)
    os.waitpid(helper, 0)


def children(pid: int) -> list[int]:
    """The direct children of a process."""
    found: list[int] = []
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            with contextlib.suppress(OSError):
                found += [int(word) for word in (task / "children").read_text(encoding="utf-8").split()]
    return found


def usage(own_pages: int) -> tuple[int, int]:
    """Processes, and bytes of memory in sum, of everything that descends from this server.

    own_pages: the server's own memory, of which each child holds a copy that costs nothing until it is changed.
    """
    count, total = 0, 0
    left = children(os.getpid())
    while left and count < 10_000:
        pid = left.pop()
        left += children(pid)
        count += 1
        total += max(0, private_pages(pid) - own_pages)
    return count, total * resource.getpagesize()


def private_pages(pid: int) -> int:
    try:
        words = Path(f"/proc/{pid}/statm").read_text(encoding="utf-8").split()
    except OSError:
        return 0
    return int(words[1]) - int(words[2])


def folder_size(folder: str) -> int:
    total = 0
    for place, _, files in os.walk(folder):
        for name in files:
            with contextlib.suppress(OSError):
                total += Path(place, name).lstat().st_blocks * 512
    return total
