"""Fixtures that test_gradcheck.py and test_gradcheck_wrong.py share."""

from __future__ import annotations

import pytest

from .gradient_losses import Network


@pytest.fixture
def net() -> Network:
    return Network()
