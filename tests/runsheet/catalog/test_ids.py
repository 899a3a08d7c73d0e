"""Parameters that name payouts and accounts, and reports at an instant."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from runsheet import catalog
from runsheet.errors import InvalidRequest

BOUNDS = {"interval_start": "1680000000", "interval_end": "1680100000"}
BY_ID = catalog.report_type("connected_account_payout_reconciliation.by_id.itemized.4")
CONNECTED = catalog.report_type("connected_account_balance.summary.1")


def test_a_payout_and_an_account_are_required_where_the_report_is_about_one() -> None:
    for given_, missing in (({}, "payout"), ({"payout": "po_1"}, "connected_account")):
        with pytest.raises(InvalidRequest) as refused:
            BY_ID.bind(given_)
        assert refused.value.message == f"Missing required param: parameters[{missing}]."
        assert refused.value.code == "parameter_missing"
    bound = BY_ID.bind({"payout": "po_1", "connected_account": "acct_1"})
    assert (bound.values["payout"], bound.values["connected_account"]) == ("po_1", "acct_1")
    assert (bound.interval_start, bound.interval_end) == (None, None)
    assert BY_ID.bind(bound.echo) == bound


@pytest.mark.parametrize("value", ["x" * 256, "é" * 128, "po\0_1", "po\n1", "\ud800"])
def test_an_id_is_short_text_without_control_characters(value: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        BY_ID.bind({"payout": value, "connected_account": "acct_1"})
    assert refused.value.message == (
        "Invalid parameters[payout]: must be an id: up to 255 bytes, without control characters"
    )
    with pytest.raises(InvalidRequest) as refused:
        CONNECTED.bind(BOUNDS | {"connected_accounts": ["acct_1", value]})
    assert refused.value.param == "parameters[connected_accounts][1]"


def test_several_accounts_are_echoed_as_they_came() -> None:
    bound = CONNECTED.bind(BOUNDS | {"connected_accounts": ["acct_2", "acct_1", "acct_2"]})
    assert bound.echo["connected_accounts"] == ["acct_2", "acct_1", "acct_2"]
    assert CONNECTED.bind(bound.echo) == bound


@pytest.mark.parametrize("value", ["acct_1", {"0": "acct_1"}, [], ["acct_1"] * 501])
def test_accounts_are_a_list_of_at_most_500(value: object) -> None:
    with pytest.raises(InvalidRequest, match=r"Invalid array: parameters\[connected_accounts\] ") as refused:
        CONNECTED.bind(BOUNDS | {"connected_accounts": value})
    assert refused.value.param == "parameters[connected_accounts]"


def test_one_account_and_several_exclude_each_other() -> None:
    with pytest.raises(InvalidRequest) as refused:
        CONNECTED.bind(BOUNDS | {"connected_account": "acct_1", "connected_accounts": ["acct_1"]})
    assert refused.value.message == (
        "You may only specify one of these parameters: parameters[connected_account], parameters[connected_accounts]."
    )


def test_a_report_at_an_instant_must_not_look_ahead() -> None:
    ending = catalog.report_type("ending_balance_reconciliation.summary.1")
    bound = ending.bind({"interval_end": 1652054400})
    start, end = datetime(2022, 4, 29, tzinfo=UTC), datetime(2022, 5, 8, 12, tzinfo=UTC)
    with pytest.raises(InvalidRequest, match="only available through 2022-05-08 12:00:00 UTC"):
        ending.check_available(bound, start, end)
    ending.check_available(ending.bind({"interval_end": 1}), start, end)
