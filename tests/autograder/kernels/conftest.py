"""Fixtures that test_sandbox.py and test_sandbox_limits.py share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from autograder.kernels.kernel import StudentKernel
from autograder.kernels.library import make_library
from autograder.kernels.sandbox import BWRAP, LIMITS, Sandbox

from ...conftest import ROOT
from .sandboxes import SMALL, WITHOUT_NAMESPACES, made


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_library(
        ROOT / "course" / "mlp_utils", tmp_path_factory.mktemp("library") / "l", ["mlp_utils.gradients.gradcheck"]
    )


@pytest.fixture(scope="module", params=[BWRAP, LIMITS, WITHOUT_NAMESPACES])
def sandbox(request: pytest.FixtureRequest) -> Sandbox:
    return made(request.param)


@pytest.fixture(scope="module")
def kernel(sandbox: Sandbox, library: Path) -> Iterator[StudentKernel]:
    """A kernel that several tests share; they leave it alive."""
    with StudentKernel(library, SMALL, sandbox) as student:
        yield student
