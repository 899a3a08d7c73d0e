"""What makes an organisation valid."""

from __future__ import annotations

from datetime import date

import pytest

from runsheet.errors import InvalidRequest
from runsheet.organisations.model import NewOrganisation, checked
from runsheet.zones import names


def test_a_whole_organisation_is_valid_and_its_name_trimmed() -> None:
    year = (date(2026, 1, 1), date(2026, 12, 31))
    new = NewOrganisation(" Acme ", "Europe/Berlin", "org_1", "credits", *year, "Trial", 500, "Flex")

    assert checked(new) == NewOrganisation(
        "Acme", "Europe/Berlin", "org_1", "credits", *year, "Trial", 500, "Flex"
    )


def test_a_subscription_may_last_one_day_or_have_one_end() -> None:
    day = date(2026, 2, 28)

    for start, end in [(day, day), (day, None), (None, day)]:
        checked(NewOrganisation("Acme", subscription_start=start, subscription_end=end))


@pytest.mark.parametrize(
    ("new", "param"),
    [
        (NewOrganisation("\n"), "name"),
        (NewOrganisation("Acme", "Europe/Atlantis"), "timezone"),
        (NewOrganisation("Acme", "europe/berlin"), "timezone"),
        (NewOrganisation("Acme", "../../etc/passwd"), "timezone"),
        (NewOrganisation("Acme", ""), "timezone"),
        (NewOrganisation("Acme", plan=""), "plan"),
        (NewOrganisation("Acme", plan="Credits"), "plan"),
        (NewOrganisation("Acme", plan="credits\n"), "plan"),
        (NewOrganisation("Acme", plan_type="paid"), "plan_type"),  # type: ignore[arg-type]
        (NewOrganisation("Acme", log_model=""), "log_model"),  # type: ignore[arg-type]
        (NewOrganisation("Acme", subscription_credits=0), "subscription_credits"),
        (NewOrganisation("Acme", subscription_credits=10**15 + 1), "subscription_credits"),
        (
            NewOrganisation("Acme", subscription_start=date(2026, 2, 2), subscription_end=date(2026, 2, 1)),
            "subscription_end",
        ),
    ],
)
def test_a_wrong_field_is_named(new: NewOrganisation, param: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        checked(new)
    assert refused.value.param == param


def test_the_zones_are_those_of_tzdata_with_aliases_and_without_the_machine_s_own() -> None:
    assert {"Etc/UTC", "UTC", "US/Pacific", "Asia/Kathmandu", "America/Argentina/Ushuaia"} <= names()
    assert not names() & {"localtime", "posixrules", "Factory/x", ""}
    assert len(names()) > 590
