"""The derivations of the sources: mended they pass; as they were handed in, the first false line is named."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from mlp_utils.derivations.steps import FALSE, TRUE, UNREAD

from .looked_at import look
from .source_derivations import DERIVATIONS
from .source_settings import Derivation, Slip

SLIPS = [(derivation, slip) for derivation in DERIVATIONS for slip in derivation.slips]


@pytest.mark.parametrize("derivation", DERIVATIONS, ids=lambda d: f"{d.source}: {d.about}")
def test_a_mended_derivation_passes(derivation: Derivation) -> None:
    seen = look(derivation.mended, derivation.setting)
    assert (seen.line, seen.state) == (0, TRUE), seen.says


@pytest.mark.parametrize(("derivation", "slip"), SLIPS, ids=[slip.says for _, slip in SLIPS])
def test_a_false_line_is_named_with_its_kind(
    derivation: Derivation, slip: Slip, record_property: Callable[[str, object], None]
) -> None:
    seen = look(derivation.as_handed_in(slip), derivation.setting)
    print(f"{derivation.source:32} {slip.says:72} line {seen.line} {seen.kind or seen.state:10} {seen.says}")
    record_property("table", [derivation.source, slip.says, seen.line, seen.kind or seen.state])
    assert seen.state == (UNREAD if slip.kind == "unread" else FALSE), seen.says
    assert seen.line == max(slip.line, 2)
    assert slip.kind in (seen.kind, seen.state), seen.says


def test_the_table_of_false_lines_is_long_enough() -> None:
    assert len(SLIPS) >= 45
    assert len({slip.says for _, slip in SLIPS}) >= 40
