"""Run a command under limits: ``python limited.py MEGABYTES CPU_SECONDS COMMAND...``.

A file of its own, run by its path: it must not load anything of the instructor's package into a student's process.
"""

import os
import sys


def main() -> None:
    megabytes, seconds, command = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
    try:
        import resource
    except ImportError:  # Windows has no such limits; the time limits of the grader still hold.
        pass
    else:
        limits = {
            resource.RLIMIT_AS: megabytes * 2**20,
            resource.RLIMIT_CPU: seconds,
            resource.RLIMIT_FSIZE: 100 * 2**20,
            resource.RLIMIT_CORE: 0,
        }
        for kind, value in limits.items():
            hard = resource.getrlimit(kind)[1]
            value = value if hard == resource.RLIM_INFINITY else min(value, hard)
            resource.setrlimit(kind, (value, value))
    os.execv(command[0], command)


if __name__ == "__main__":
    main()
