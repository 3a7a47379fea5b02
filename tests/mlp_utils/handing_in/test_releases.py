"""A notebook that is older or newer than the installed package says so."""

from __future__ import annotations

import mlp_utils
import pytest
from mlp_utils.handing_in.releases import difference, made_for


def test_the_same_version_is_silent(capsys: pytest.CaptureFixture[str]) -> None:
    made_for(mlp_utils.__version__)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("notebook", "installed", "older"),
    [
        ("0.1.0", "0.2.0", "notebook is the older"),
        ("0.9.0", "0.10.0", "notebook is the older"),
        ("0.10.0", "0.9.1", "package is the older"),
        ("1.0", "0.2.0", "package is the older"),
        ("later", "0.2.0", "is no version"),
    ],
)
def test_another_version_is_named_with_what_to_do(notebook: str, installed: str, older: str) -> None:
    text = difference(notebook, installed)
    assert notebook in text and installed in text and older in text


def test_a_notebook_of_another_release_says_so_and_goes_on(capsys: pytest.CaptureFixture[str]) -> None:
    made_for("0.0.1")
    assert "older" in capsys.readouterr().out
