"""The environment of a function, read once. A template test holds this against template.yaml, both ways."""

from __future__ import annotations

import os
from dataclasses import dataclass, fields
from functools import cache


@dataclass(frozen=True)
class Settings:
    """Every variable that template.yaml sets; a function has those it needs, reading another raises KeyError."""

    organisations_table: str
    api_keys_table: str
    idempotency_table: str
    report_runs_table: str
    files_table: str
    reusable_results_table: str
    datasets_table: str
    dataset_uploads_table: str
    dataset_uploads_queue_url: str
    dataset_compactions_table: str
    dataset_compactions_queue_url: str
    dispatch_queue_url: str
    report_runs_queue_url: str
    report_runs_per_organisation: str
    report_configs_table: str
    deliveries_table: str
    events_table: str
    webhook_endpoints_table: str
    webhook_secrets_table: str
    webhook_deliveries_table: str
    webhooks_queue_url: str
    event_bus: str
    allow_local_webhooks: str
    file_links_table: str
    file_links_secret_arn: str
    rate_limits_table: str
    live_requests_per_second: str
    test_requests_per_second: str
    usage_requests_per_second: str
    suppressed_addresses_table: str
    emails_queue_url: str
    mail_events_queue_url: str
    mail_from: str
    mail_configuration_set: str
    mails_per_second: str
    base_url_parameter: str
    lake_bucket: str
    lake_role_arn: str
    lake_query_role_arn: str
    lake_database: str
    athena_work_group: str
    athena_queries_table: str
    athena_rows: str
    athena_bytes_per_day: str
    query_events_queue_url: str
    results_bucket: str
    uploads_bucket: str
    public_base_url: str
    retention_days: str

    @property
    def retention_seconds(self) -> int:
        """How long runs, their files and their deliveries are kept."""
        return int(self.retention_days) * 24 * 60 * 60

    def __getattribute__(self, name: str) -> str:
        """Return the variable's value; KeyError names a variable that this function does not have."""
        value = object.__getattribute__(self, name)
        if value is None:
            raise KeyError(f"the environment of this function has no {name.upper()}")
        return value  # type: ignore[no-any-return]


@cache
def settings() -> Settings:
    """Return the settings of this process."""
    values = {field.name: os.environ.get(field.name.upper()) for field in fields(Settings)}
    return Settings(**values)  # type: ignore[arg-type]
