-- title: Usage records
-- time: used_at
--
-- What was used of the plan, in raw units: a record for each hour or day, category and organisation. Quantities add up:
-- an hour's record is that hour's part of the day, so of an average over the day (DPM, GB stored) it is a 24th of the
-- hour's average. Timestamps are UTC. A column's comment is its meaning in the API. Columns may be added at the end,
-- nullable; a column is never renamed, retyped or removed.

create table usage_records (
    id varchar primary key,  -- id of the record; a later record with the same id replaces it
    used_at timestamp not null,  -- beginning of the hour or day that it is about
    organisation_id varchar,  -- child organisation whose usage it is; without it, the organisation's own
    category varchar not null,  -- what was used, such as Continuous Ingest; names the columns of reports
    unit varchar not null,  -- what the quantity counts, such as GB
    quantity decimal(18, 9) not null,  -- how much of it, as a part of the day
    check (quantity >= 0),
    check (category not in ('Total', 'Promotional', 'Deployment Charge')),
    check (category = trim(category)),
    check (unit = trim(unit)),
    check (not regexp_matches(category, '[\p{Cc}\p{Zl}\p{Zp}]')),
    check (not regexp_matches(unit, '[\p{Cc}\p{Zl}\p{Zp}]')),
    check (length(category) between 1 and 100),
    check (length(unit) between 1 and 40),
    check (length(organisation_id) between 1 and 255),
    check (length(id) between 1 and 255)
);
