"""A system call filter for a student's process.

Runs inside the sandbox: the standard library only.  It closes what files, users and namespaces leave open: sockets
of other families, new namespaces, shared memory that outlives a process, tracing, keys, and rarely used doors into
the kernel.  A call that is refused fails with EPERM and the process goes on.
"""

from __future__ import annotations

import ctypes
import errno
import platform
import struct

PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 22, 2
ALLOW, REFUSE = 0x7FFF0000, 0x00050000
LOAD, EQUAL, AND, RETURN = 0x20, 0x15, 0x54, 0x06
AT_LEAST = 0x35
NUMBER, ARCH, FIRST_ARGUMENT, SECOND_ARGUMENT = (
    0,
    4,
    16,
    24,
)  # in struct seccomp_data, little-endian

NEW_NAMESPACES = 0x7E020000 | 0x00000080
"""CLONE_NEWNS, CGROUP, UTS, IPC, USER, PID, NET and TIME."""

MACHINES = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1)}

# Name: number on x86-64, number on ARM64.
REFUSED = {
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "kcmp": (312, 272),
    "pidfd_getfd": (438, 438),
    "unshare": (272, 97),
    "setns": (308, 268),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    "open_by_handle_at": (304, 265),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "shmget": (29, 194),
    "semget": (64, 190),
    "msgget": (68, 186),
    "mq_open": (240, 180),
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "kexec_load": (246, 104),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "reboot": (169, 142),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "acct": (163, 89),
    "quotactl": (179, 60),
    "syslog": (103, 116),
    "vhangup": (153, 58),
}
CLONE, CLONE3, SOCKET, SOCKETPAIR = (56, 220), (435, 435), (41, 198), (53, 199)

AF_UNIX, AF_INET, AF_INET6, AF_NETLINK = 1, 2, 10, 16
SOCK_DGRAM, SOCKET_TYPE = 2, 0xF


def program(machine: str, own_network: bool) -> bytes:
    """The filter as the kernel's instructions; ``KeyError`` for a machine whose numbers are not known here.

    own_network: whether there is a network namespace, which makes sockets harmless.  Without one none may be made, not
                 even by a path, behind which other programs of this machine may listen; a pair of connected sockets
                 may, except of the kind that can send to any address.
    """
    arch, column = MACHINES[machine]
    code: list[bytes] = []

    def add(operation: int, value: int, if_true: int = 0, if_false: int = 0) -> None:
        code.append(struct.pack("<HBBI", operation, if_true, if_false, value))

    def refuse(number: int = errno.EPERM) -> None:
        add(RETURN, REFUSE | number)

    add(LOAD, ARCH)
    add(EQUAL, arch, 1, 0)
    refuse()
    add(LOAD, NUMBER)
    add(AT_LEAST, 0x40000000, 0, 1)  # the x32 variants of all calls
    refuse()
    for numbers in REFUSED.values():
        add(EQUAL, numbers[column], 0, 1)
        refuse()
    add(EQUAL, CLONE3[column], 0, 1)
    refuse(errno.ENOSYS)  # its flags lie in memory, out of a filter's reach; the C library then uses clone
    add(EQUAL, CLONE[column], 0, 4)
    add(LOAD, FIRST_ARGUMENT)
    add(AND, NEW_NAMESPACES & ~0x80)  # the low byte is the exit signal
    add(EQUAL, 0, 1, 0)
    refuse()
    families = (AF_UNIX, AF_INET, AF_INET6, AF_NETLINK) if own_network else ()
    for call, allowed in ((SOCKET[column], families), (SOCKETPAIR[column], families or (AF_UNIX,))):
        add(LOAD, NUMBER)
        add(EQUAL, call, 0, len(allowed) + (3 if own_network else 7))
        add(LOAD, FIRST_ARGUMENT)
        for k, family in enumerate(allowed):
            add(EQUAL, family, len(allowed) - k, 0)
        refuse(errno.EOPNOTSUPP)  # which libraries expect where a protocol is missing
        if not own_network:
            add(LOAD, SECOND_ARGUMENT)
            add(AND, SOCKET_TYPE)
            add(EQUAL, SOCK_DGRAM, 0, 1)
            refuse(errno.EOPNOTSUPP)
        add(RETURN, ALLOW)
    add(RETURN, ALLOW)
    return b"".join(code)


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def install(own_network: bool) -> bool:
    """Install the filter in this process (NO_NEW_PRIVS must be set); False where it cannot be."""
    if platform.machine() not in MACHINES:
        return False
    code = program(platform.machine(), own_network)
    argument = _Program(len(code) // 8, code)
    libc = ctypes.CDLL(None, use_errno=True)
    return bool(libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(argument), 0, 0) == 0)
