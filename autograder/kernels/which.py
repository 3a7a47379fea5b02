"""Which sandbox works here: found by trying, not assumed."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

from autograder.kernels.machine import bubblewrap, numpy_folder, warm_servers_work
from autograder.kernels.sandbox import AUTO, BWRAP, KINDS, LIMITS, NONE, Sandbox, SandboxUnavailable
from autograder.kernels.warm import ServerFailed, WarmServer


def choose_sandbox(kind: str = AUTO, *, namespaces: bool = True) -> Sandbox:
    """The sandbox of that kind, or the strongest that works; ``SandboxUnavailable`` says in a sentence why not."""
    if kind not in KINDS:
        raise SandboxUnavailable(f"There is no sandbox {kind!r}; choose one of {', '.join(KINDS)}.")
    if kind == NONE or not warm_servers_work():
        if kind == BWRAP:
            raise SandboxUnavailable("bubblewrap exists for Linux only; use --sandbox limits to grade without it.")
        return Sandbox(NONE if kind == NONE else LIMITS)
    if kind in (AUTO, BWRAP):
        features, reason = _tried(BWRAP)
        if features:
            return Sandbox(BWRAP, features)
        if kind == BWRAP:
            raise SandboxUnavailable(
                f"bubblewrap does not work here ({reason}); install or allow it, or use --sandbox limits."
            )
    features, reason = _tried(LIMITS, namespaces)
    if not features:
        raise SandboxUnavailable(f"The sandbox could not be tried ({reason}).")
    return Sandbox(LIMITS, features, namespaces)


@functools.cache
def _tried(kind: str, namespaces: bool = True) -> tuple[Mapping[str, Any], str]:
    """The features of a sandbox, found by starting an empty one; or nothing, and why."""
    if kind == BWRAP and bubblewrap() is None:
        return {}, "it is not installed"
    try:
        with WarmServer(Sandbox(kind, {}, namespaces), numpy_folder(), preload=False) as server:
            features = server.features
    except ServerFailed as error:
        return {}, str(error).rstrip(".")
    if kind == BWRAP and not (features["own_view"] and features["pid_namespace"]):
        return {}, "it does not let a server make namespaces of its own"
    return features, ""
