"""The table of configs: the index of what is due, revisions, tenants."""

from __future__ import annotations

from dataclasses import replace

import boto3
import pytest
from botocore.exceptions import ClientError

from runsheet.report_configs import table
from runsheet.report_configs.model import ReportConfig
from runsheet.runtime.settings import settings
from runsheet.tenancy import Tenant

pytestmark = pytest.mark.usefixtures("tables")
TENANT = Tenant("org_a", "test")


def config(config_id: str = "rc_1", tenant: Tenant = TENANT, next_run_at: int | None = 100) -> ReportConfig:
    return ReportConfig(
        tenant=tenant,
        id=config_id,
        report_type="balance.summary.1",
        frequency="monthly",
        time="08:00:00",
        weekday=4,
        day_of_month="last",
        timezone=None,
        recipient_emails=["a@exämple.com"],
        cc_emails=None,
        unsubscribed_emails=[],
        is_enabled=next_run_at is not None,
        parameters={"columns": ["net_amount"], "currency": "usd"},
        skip_if_empty=False,
        attach="auto",
        created_at=1,
        modified_at=None,
        last_sent_at=None,
        next_run_at=next_run_at,
        zone="Etc/UTC",
        revision=1,
    )


def due(until: int) -> list[str]:
    return [found.id for shard in table.SHARDS for found in table.due(shard, until=until)]


def test_what_was_put_is_read_back_whole() -> None:
    every = replace(
        config(),
        timezone="Asia/Tokyo",
        cc_emails=[],
        day_of_month=3,
        modified_at=2,
        last_sent_at=3,
        unsubscribed_emails=["a@b.c"],
    )
    for stored in (config("rc_1"), config("rc_2", next_run_at=None), replace(every, id="rc_3")):
        table.put(stored)
        assert table.get(TENANT, stored.id) == stored
    assert table.of_tenant(TENANT) == [table.get(TENANT, name) for name in ("rc_1", "rc_2", "rc_3")]
    assert table.count(TENANT) == 3


def test_an_id_is_never_given_twice() -> None:
    assert table.put(config()) == config()
    assert table.put(replace(config(), time="09:00:00")) == config()
    assert table.get(TENANT, "rc_1") == config()


def test_another_tenants_config_is_not_there() -> None:
    table.put(config())
    for other in (Tenant("org_a", "live"), Tenant("org_b", "test")):
        assert table.get(other, "rc_1") is None
        assert table.of_tenant(other) == []
        assert table.count(other) == 0
        assert table.delete(other, "rc_1") is False
        assert table.update(config(tenant=other)) is None
    assert table.delete(TENANT, "rc_1") is True
    assert table.delete(TENANT, "rc_1") is False


def test_a_write_on_an_old_revision_is_refused() -> None:
    table.put(config())
    first = table.update(replace(config(), time="09:00:00"))
    assert first is not None
    assert first.revision == 2
    assert table.update(replace(config(), time="10:00:00")) is None
    assert table.get(TENANT, "rc_1") == first


def test_an_update_in_a_transaction_is_refused_in_the_same_way() -> None:
    table.put(config())
    stale = table.update_operation(replace(config(), revision=7))
    with pytest.raises(ClientError, match="ConditionalCheckFailed"):
        boto3.client("dynamodb").transact_write_items(TransactItems=[{"Put": stale}])
    boto3.client("dynamodb").transact_write_items(
        TransactItems=[{"Put": table.update_operation(replace(config(), next_run_at=200))}]
    )
    assert table.get(TENANT, "rc_1") == replace(config(), next_run_at=200, revision=2)


def test_only_enabled_configs_stand_in_the_index_each_in_one_shard() -> None:
    for number in range(40):
        table.put(config(f"rc_{number}", next_run_at=number))
    table.put(config("rc_off", next_run_at=None))
    assert sorted(due(9)) == [f"rc_{number}" for number in range(10)]
    assert due(-1) == []
    assert len({table.shard_of(f"rc_{number}") for number in range(1000)}) == 16
    shard = table.shard_of("rc_3")
    assert [found.next_run_at for found in table.due(shard, until=50)] == sorted(
        number for number in range(40) if table.shard_of(f"rc_{number}") == shard
    )
    (found,) = (each for each in table.due(shard, until=50) if each.id == "rc_3")
    assert found == config("rc_3", next_run_at=3)


def test_disabling_takes_a_config_out_of_the_index() -> None:
    table.put(config())
    table.update(replace(config(), is_enabled=False, next_run_at=None))
    assert due(1000) == []
    item = boto3.client("dynamodb").scan(TableName=settings().report_configs_table)["Items"][0]
    assert not {"shard", "next_run_at"} & item.keys()
