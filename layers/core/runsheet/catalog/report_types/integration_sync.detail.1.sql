/* +++
name = "Integration sync detail"
meaning = "What every run of every integration brought in or sent out, entity by entity, and what has not succeeded for too long."
aliases = ["integration_sync_report"]
order_by = "integration_name, integration_id, entity, direction, scheduled_at, sync_run_id, started_at"

[reads]
sync_runs = "before_end"

[parameters]
interval_start = { kind = "instant", required = true }
interval_end = { kind = "instant", required = true }
timezone = { kind = "timezone" }
columns = { kind = "columns" }

[columns]
integration_id = { type = "text", meaning = "Id of the integration" }
integration_name = { type = "text", meaning = "Its name" }
connection_health = { type = "text", meaning = "State of the connection at its newest run" }
sync_run_id = { type = "text", meaning = "Id of the run, which all its entities share" }
entity = { type = "text", meaning = "What was synchronised: customers, invoices, payments, …" }
direction = { type = "text", meaning = "pull from the integration, or push to it" }
mode = { type = "text", meaning = "full or incremental" }
status = { type = "text", meaning = "succeeded, partial, failed, running, skipped or cancelled; no_run if none was due in the interval" }
scheduled_at = { type = "timestamp", meaning = "When it was due, in the run's time zone, as all times here" }
started_at = { type = "timestamp", meaning = "When it began" }
finished_at = { type = "timestamp", meaning = "When it ended" }
duration_seconds = { type = "integer", meaning = "From start to end" }
records_seen = { type = "integer", meaning = "Number of records looked at" }
records_created = { type = "integer", meaning = "Of these: new" }
records_updated = { type = "integer", meaning = "Of these: changed" }
records_deleted = { type = "integer", meaning = "Of these: removed" }
records_skipped = { type = "integer", meaning = "Of these: left alone" }
records_failed = { type = "integer", meaning = "Of these: refused" }
error_code = { type = "text", meaning = "What went wrong, for programs" }
error_message = { type = "text", meaning = "What went wrong, on one line of at most 200 characters" }
retry_count = { type = "integer", meaning = "Number of attempts after the first" }
last_success_at = { type = "timestamp", meaning = "End of the newest success before the end of the interval" }
stale = { type = "boolean", meaning = "True if that is more than three times as long ago as it is meant to run; empty if that is not known" }
credentials_expire_at = { type = "timestamp", meaning = "When the integration's credentials end" }
+++ */
with numbered as (
    select
        *,
        coalesce(finished_at, started_at, scheduled_at) as ended_at,
        row_number() over stream as age,
        epoch(scheduled_at - lead(scheduled_at) over stream) as gap_seconds
    from sync_runs
    where scheduled_at < $interval_end
    window stream as (partition by integration_id, entity, direction order by scheduled_at desc, id desc)
),

streams as (
    select
        integration_id,
        entity,
        direction,
        max(integration_name) filter (where age = 1) as integration_name,
        max(connection_health) filter (where age = 1) as connection_health,
        max(credentials_expire_at) filter (where age = 1) as credentials_expire_at,
        coalesce(max(cadence_seconds) filter (where age = 1), median(gap_seconds)) as cadence_seconds,
        min(scheduled_at) as first_scheduled_at,
        max(scheduled_at) as last_scheduled_at,
        max(ended_at) filter (where status = 'succeeded' and ended_at < $interval_end) as last_success_at
    from numbered
    group by integration_id, entity, direction
),

runs as (
    select *
    from numbered
    where scheduled_at >= $interval_start
)

-- What has stopped running has no run to show, and is what the reader must not miss: it has a row for 90 days.
select
    streams.integration_id,
    streams.integration_name,
    streams.connection_health,
    sync_run_id,
    streams.entity,
    streams.direction,
    mode,
    coalesce(status, 'no_run') as status,
    local_time(scheduled_at) as scheduled_at,
    local_time(started_at) as started_at,
    local_time(finished_at) as finished_at,
    date_sub('second', started_at, finished_at) as duration_seconds,
    records_seen,
    records_created,
    records_updated,
    records_deleted,
    records_skipped,
    records_failed,
    error_code,
    left(trim(regexp_replace(error_message, '[\t\n\f\r ]+', ' ', 'g')), 200) as error_message,
    retry_count,
    local_time(last_success_at) as last_success_at,
    epoch($interval_end - coalesce(last_success_at, first_scheduled_at)) > 3 * streams.cadence_seconds as stale,
    local_time(streams.credentials_expire_at) as credentials_expire_at
from streams
left join runs
    on runs.integration_id = streams.integration_id
    and runs.entity = streams.entity
    and runs.direction = streams.direction
where runs.id is not null or last_scheduled_at >= $interval_start - interval 90 days
