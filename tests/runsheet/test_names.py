"""Names that are shown to people hold printable text only."""

from __future__ import annotations

import pytest

from runsheet.errors import InvalidRequest
from runsheet.names import display_name


@pytest.mark.parametrize("name", ["A", "Acme GmbH & Co. KG", "Ünïcødé 株式会社", "=1+1", "x" * 200, "👩‍🚀"])
def test_any_printable_text_is_a_name(name: str) -> None:
    assert display_name(name) == name


def test_the_spaces_around_it_go() -> None:
    assert display_name("  Acme  ") == "Acme"


@pytest.mark.parametrize("name", ["", "   ", "a\nb", "a\x00b", "a\x7fb", "a\u2028b", "a\ud800b", "x" * 201])
def test_what_a_mail_or_terminal_could_not_show_is_refused(name: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        display_name(name, param="title")
    assert refused.value.param == "title"
