"""What test_sandbox.py and test_sandbox_limits.py share."""

from __future__ import annotations

import pytest
from mlp_utils.handing_in.ran import Ending

from autograder.kernels.kernel import Limits, StudentKernel
from autograder.kernels.sandbox import LIMITS, Sandbox, SandboxUnavailable
from autograder.kernels.which import choose_sandbox

WITHOUT_NAMESPACES = "limits without namespaces"


SMALL = Limits(cell_seconds=20, ask_seconds=20, memory_mb=1500, scratch_mb=64, file_mb=32, processes=48)


def made(kind: str) -> Sandbox:
    """The sandbox of a kind; skips with the reason where the machine does not have it."""
    try:
        if kind == WITHOUT_NAMESPACES:
            return choose_sandbox(LIMITS, namespaces=False)
        return choose_sandbox(kind)
    except SandboxUnavailable as error:
        pytest.skip(str(error))


def said(kernel: StudentKernel, body: str) -> str:
    """What a function with this body returns in the kernel, or the exception that it ends with."""
    lines = "\n".join("    " + line for line in body.strip().split("\n"))
    code = f"def attempt():\n{lines}\ntry:\n    answer = repr(attempt())\nexcept BaseException as e:\n"
    ran, _ = kernel.run(code + "    answer = f'{type(e).__name__}: {e}'")
    assert ran.state == Ending.OK, ran
    asked, reply = kernel.ask("answer")
    assert asked.state == Ending.OK and reply is not None
    return reply
