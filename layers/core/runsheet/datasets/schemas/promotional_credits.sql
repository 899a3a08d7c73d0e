-- title: Promotional credits
-- time: valid_from
--
-- Credits that were given away for a category: they are used up before any others, and end on a day. A column's comment
-- is its meaning in the API. Columns may be added at the end, nullable; a column is never renamed, retyped or removed.

create table promotional_credits (
    id varchar primary key,  -- id of the grant; a later record with the same id replaces it
    valid_from date not null,  -- first day (UTC) whose usage they pay for
    valid_until date not null,  -- last day (UTC) whose usage they pay for
    category varchar not null,  -- what they pay for, as in the usage records
    credits decimal(18, 9) not null,  -- how many there are
    check (credits >= 0),
    check (valid_until >= valid_from),
    check (category not in ('Total', 'Promotional', 'Deployment Charge')),
    check (category = trim(category)),
    check (not regexp_matches(category, '[\p{Cc}\p{Zl}\p{Zp}]')),
    check (length(category) between 1 and 100),
    check (length(id) between 1 and 255)
);
