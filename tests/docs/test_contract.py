"""What docs/contract.md says of the catalogue is what there is."""

from __future__ import annotations

import re
from fnmatch import fnmatch

import pytest

from runsheet import catalog
from runsheet.report_runs.model import ReportRunObject
from tests.template.template import ROOT

TEXT = (ROOT / "docs" / "contract.md").read_text()
TYPES = catalog.report_types()
_CATALOGUE = TEXT.partition("## The catalogue")[2].partition("## Files and file links")[0]
_TYPES_TEXT, _, _COLUMNS_TEXT = _CATALOGUE.partition("### Columns of itemized reports")
ADDRESS = ("line1", "line2", "city", "state", "postal_code", "country")
CONNECTED = "connected_account_"


def rows(text: str, first: str) -> list[list[str]]:
    """Return the cells of the rows of the table whose first title is `first`, without the title."""
    cells = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| ")]
    titles = [number for number, row in enumerate(cells) if row[0] == first]
    width = len(cells[titles[0]])
    return [row for row in cells if len(row) == width and row[0] != first]


def names(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


DOCUMENTED = {names(row[0])[0]: row[1:] for row in rows(_TYPES_TEXT, "report type")}


def test_the_tables_have_every_type_once_but_those_of_connected_accounts() -> None:
    listed = [names(row[0])[0] for row in rows(_TYPES_TEXT, "report type")]
    assert sorted(listed) == [each for each in TYPES if not each.startswith(CONNECTED)]


@pytest.mark.parametrize("report_type_id", DOCUMENTED)
def test_a_type_has_the_parameters_and_as_many_columns_as_its_row_says(report_type_id: str) -> None:
    required, optional, columns, defaults = DOCUMENTED[report_type_id]
    found = TYPES[report_type_id]
    assert names(required) == [name for name, one in found.parameters.items() if one.required]
    assert names(optional) == [name for name, one in found.parameters.items() if not one.required]
    assert int(columns) == len(found.columns)
    shown = len(found.default_columns or found.columns)
    assert (len(found.columns) if defaults == "all" else int(defaults)) == shown


def test_the_types_of_connected_accounts_are_those_that_the_text_says() -> None:
    sentence = re.search(
        r"Each of these types but (.*?) is also there as `connected_account_…`", _TYPES_TEXT, re.DOTALL
    )
    assert sentence
    of_the_contract = [
        names(row[0])[0] for row in rows(_TYPES_TEXT.partition("**Not here**")[0], "report type")
    ]
    expected = {CONNECTED + each for each in of_the_contract if each not in names(sentence[1])}
    assert {each for each in TYPES if each.startswith(CONNECTED)} == expected
    for each in expected:
        plain, found = TYPES[each.removeprefix(CONNECTED)], TYPES[each]
        assert [column.name for column in found.columns] == [
            "connected_account",
            *(column.name for column in plain.columns),
        ]
        added = {"connected_account"} | (set() if ".by_id." in each else {"connected_accounts"})
        assert found.parameters.keys() == plain.parameters.keys() | added
        assert found.parameters["connected_account"].required == (".by_id." in each)


def test_what_is_not_here_is_not_here() -> None:
    missing = [name for row in rows(_TYPES_TEXT, "not here") for name in names(row[0])]
    assert len(missing) > 15
    assert not [(each, pattern) for each in TYPES for pattern in missing if fnmatch(each, pattern)]


def test_the_matrix_of_columns_is_the_catalogue_s() -> None:
    title = next(line for line in _COLUMNS_TEXT.splitlines() if line.startswith("| column |"))
    families = names(title)
    matrix = rows(_COLUMNS_TEXT, "column")
    ids = [each for each in TYPES if each.rpartition(".")[0] in families]
    assert len(ids) == 16
    for each in ids:
        family, _, version = each.rpartition(".")
        expected = []
        for name, *cells in matrix:
            versions = cells[families.index(family)]
            if versions == "all" or version in versions.split(", "):
                [column] = names(name)
                block = column.endswith("_address_*")
                expected += [column[:-1] + part for part in ADDRESS] if block else [column]
        found = [column.name for column in TYPES[each].columns]
        if family == "balance_change_from_activity.itemized":
            expected = moved(expected)
        assert found == expected, each


def moved(columns: list[str]) -> list[str]:
    """Return the columns as the text says of that family: trace and automatic payout behind the regulatory tag."""
    trace = [name for name in columns if name.startswith("trace_id")]
    payout = [name for name in columns if name.startswith("automatic_payout")]
    rest = [name for name in columns if name not in {*trace, *payout}]
    at = rest.index("customer_id")
    return [*rest[:at], *trace, *payout, *rest[at:]]


def test_the_columns_of_payouts_are_as_the_text_says() -> None:
    listed = re.search(r"`payouts\.itemized\.1`: (.*?)\. `\.2` has", _COLUMNS_TEXT, re.DOTALL)
    assert listed
    first = names(listed[1])
    second = [*first, "regulatory_tag"]
    third = list(second)
    third.insert(third.index("effective_at_utc") + 1, "effective_at")
    third.insert(third.index("payout_reversed_at"), "payout_reversed_at_utc")
    for version, expected in enumerate((first, second, third), start=1):
        assert [column.name for column in TYPES[f"payouts.itemized.{version}"].columns] == expected


def test_the_columns_of_summaries_are_as_the_text_says() -> None:
    sentence = re.search(r"`balance\.summary\.\*` have (.*?); the other summaries (.*?)\.\n", _COLUMNS_TEXT)
    assert sentence
    for each, found in TYPES.items():
        if ".summary." in each and not each.startswith((CONNECTED, "ar_aging")):
            of = sentence[1] if each.startswith("balance.summary") else sentence[2]
            assert [column.name for column in found.columns] == names(of)


def test_the_aliases_are_as_the_text_says() -> None:
    told = dict(re.findall(r"`(\w+)` (?:is another name )?of `([\w.]+)`", _TYPES_TEXT))
    assert told == {alias: each for each, found in TYPES.items() for alias in found.aliases}


def test_a_run_has_as_many_fields_as_the_text_says() -> None:
    assert "a run's 10 fields" in TEXT
    assert "and 10 fields behind them" in TEXT
    fields = list(ReportRunObject.model_fields)
    assert len(fields) == 20
    assert fields.index("succeeded_at") == 9
