"""Failures on demand, in test mode: each ends a run as the real one would."""

from __future__ import annotations

import pytest

from runsheet.catalog import header, options
from runsheet.errors import InvalidRequest
from runsheet.report_configs import service as report_configs
from runsheet.report_configs.objects import NewReportConfig
from runsheet.report_runs import creation, execution, failures, service
from runsheet.report_runs.model import NewReportRun, RunRequested
from runsheet.runtime.model import CreatedListQuery
from runsheet.runtime.settings import settings
from runsheet.tenancy import Tenant
from tests import lake as lakes

TENANT, LIVE = Tenant("org_a", "test"), Tenant("org_a", "live")
INTERVAL = {"interval_start": "1680000000", "interval_end": "1680100000"}

pytestmark = pytest.mark.usefixtures("tables", "buckets", "queues")


def failing(code: str) -> NewReportRun:
    return NewReportRun(report_type="balance.summary.1", parameters={**INTERVAL, "fail": code})


def test_every_failure_has_its_words_and_its_own_code() -> None:
    assert tuple(sorted(failures.FORCED)) == options.FAILURES
    made = {code: failure() for code, failure in failures.FORCED.items()}
    assert {code: failed.code for code, failed in made.items()} == {code: code for code in made}
    assert all(failed.message.endswith((".", "[example]")) for failed in made.values())


@pytest.mark.parametrize("code", options.FAILURES)
def test_a_test_run_fails_as_it_is_asked_to(code: str) -> None:
    run = creation.create(TENANT, failing(code))
    assert run.parameters["fail"] == code
    execution.execute(RunRequested(organisation_id="org_a", mode="test", run_id=run.id))
    ended = service.retrieve(TENANT, run.id)
    assert (ended.status, ended.error_code, ended.error) == (
        "failed",
        code,
        failures.FORCED[code]().message,
    )
    assert ended.file is None
    assert lakes.objects(settings().results_bucket) == []


def test_a_failure_that_is_none_is_refused_with_those_that_are() -> None:
    with pytest.raises(InvalidRequest, match=f"must be one of {', '.join(options.FAILURES)}") as refused:
        creation.create(TENANT, failing("boom"))
    assert refused.value.param == "parameters[fail]"


def test_live_runs_and_configs_cannot_be_made_to_fail() -> None:
    with pytest.raises(InvalidRequest, match="test-mode API key only") as refused:
        creation.create(LIVE, failing("internal_error"))
    assert refused.value.param == "parameters[fail]"
    assert service.listed(LIVE, CreatedListQuery(), "https://x").data == []


def test_a_test_config_may_fail_so_that_its_mails_can_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report_configs, "_organisation_timezone", lambda _: "Etc/UTC")
    new = NewReportConfig(
        report_type="balance.summary.1",
        frequency="daily",
        recipient_emails=["a@example.com"],
        parameters={"fail": "internal_error"},
    )
    assert report_configs.create(TENANT, new).parameters == {"fail": "internal_error"}
    with pytest.raises(InvalidRequest, match="test-mode API key only"):
        report_configs.create(LIVE, new)


def test_no_report_type_has_a_parameter_of_an_options_name() -> None:
    text = "/* +++\n" + 'name = "x"\nmeaning = "x"\norder_by = "1"\n[reads]\nsync_runs = "all"\n'
    text += '[parameters]\nfail = { kind = "boolean" }\n[columns]\na = { type = "text", meaning = "x" }\n+++ */\nselect 1'
    with pytest.raises(ValueError, match="parameters that every report type has"):
        header.parse(text, dict[str, header.ReportFile]().__getitem__)
