-- title: Sync runs
-- time: scheduled_at
--
-- What integrations brought in or sent out: a record for each run and entity. Timestamps are UTC. A column's comment is
-- its meaning in the API. Columns may be added at the end, nullable; a column is never renamed, retyped or removed.

create table sync_runs (
    id varchar primary key,  -- id of this run of this entity; a later record with the same id replaces it
    scheduled_at timestamp not null,  -- when it was due; for a run outside the schedule, when it was asked for
    sync_run_id varchar not null,  -- id of the run, which all its entities share
    integration_id varchar not null,  -- id of the integration
    integration_name varchar not null,  -- its name, such as NetSuite
    connection_health varchar,  -- state of the connection at the time, such as healthy or incomplete
    credentials_expire_at timestamp,  -- when its credentials end
    cadence_seconds bigint,  -- how often it is meant to run; without it, as often as it has run so far
    entity varchar not null,  -- what was synchronised: customers, invoices, payments, …
    direction varchar not null,  -- pull from the integration, or push to it
    mode varchar,  -- everything, or only what is new
    status varchar not null,  -- how it went
    started_at timestamp,  -- when it began
    finished_at timestamp,  -- when it ended
    records_seen bigint,  -- number of records looked at
    records_created bigint,  -- of these: new here
    records_updated bigint,  -- of these: changed
    records_deleted bigint,  -- of these: removed
    records_skipped bigint,  -- of these: left alone
    records_failed bigint,  -- of these: refused
    error_code varchar,  -- what went wrong, for programs
    error_message varchar,  -- what went wrong, in words
    retry_count bigint,  -- number of attempts after the first
    check (direction in ('pull', 'push')),
    check (mode in ('full', 'incremental')),
    check (status in ('succeeded', 'partial', 'failed', 'running', 'skipped', 'cancelled')),
    check (cadence_seconds between 1 and 31622400),
    check (records_seen between 0 and 999999999999999),
    check (records_created between 0 and 999999999999999),
    check (records_updated between 0 and 999999999999999),
    check (records_deleted between 0 and 999999999999999),
    check (records_skipped between 0 and 999999999999999),
    check (records_failed between 0 and 999999999999999),
    check (retry_count between 0 and 999999999999999),
    check (length(id) between 1 and 255)
);
