-- title: Credit rates
-- time: effective_from
--
-- How many credits a unit costs, from which day on: a record for each category and unit, and for each change of its
-- rate. A column's comment is its meaning in the API. Columns may be added at the end, nullable; a column is never
-- renamed, retyped or removed.

create table credit_rates (
    id varchar primary key,  -- id of the rate; a later record with the same id replaces it
    effective_from date not null,  -- first day (UTC) on which it holds, until a later one does
    category varchar not null,  -- what it is for, as in the usage records
    unit varchar not null,  -- unit that is priced, as in the usage records
    credits_per_unit decimal(18, 9) not null,  -- credits that one unit costs
    position bigint,  -- where the category's columns stand in reports, lowest first; those without come last, by name
    check (credits_per_unit >= 0),
    check (category not in ('Total', 'Promotional', 'Deployment Charge')),
    check (category = trim(category)),
    check (unit = trim(unit)),
    check (not regexp_matches(category, '[\p{Cc}\p{Zl}\p{Zp}]')),
    check (not regexp_matches(unit, '[\p{Cc}\p{Zl}\p{Zp}]')),
    check (length(category) between 1 and 100),
    check (length(unit) between 1 and 40),
    check (length(id) between 1 and 255)
);
