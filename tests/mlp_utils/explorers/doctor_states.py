"""What test_gradient_doctor.py and test_gradient_doctor_shown.py share."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from mlp_utils.explorers.doctor.mistakes import MISTAKES
from mlp_utils.explorers.doctor.state import (
    RATES,
    SIZES,
    DoctorState,
)

IDS = [each.id for each in MISTAKES]


@st.composite
def states(draw: st.DrawFn, **fixed: Any) -> DoctorState:
    """Every setting of the sliders."""
    values: dict[str, Any] = {name: draw(st.integers(*ends)) for name, ends in SIZES.items()}
    values["epsilon"] = draw(st.sampled_from([0.0, 0.1, 0.3, 0.5]))
    values["rate"] = draw(st.sampled_from(RATES))
    values["seed"] = draw(st.integers(0, 99))
    values["mistake"] = draw(st.sampled_from(IDS))
    return DoctorState(**(values | fixed))
