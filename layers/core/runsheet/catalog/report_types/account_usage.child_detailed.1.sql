/* +++
name = "Account usage, child organisations in detail"
meaning = "What an organisation and each of its children used, and the credits that took, by day, week or month: a row for every one of them."
reads_organisations = true
order_by = '"Date", "Organization ID"'
quotes = "text"

[reads]
usage_records = "before_end"
credit_rates = "all"
promotional_credits = "all"
deployment_charges = "all"

[pivot]
columns = "usage_columns"
measures = ["quantity", "credits"]
period = "group_by"

[parameters]
start_date = { kind = "date", required = true }
end_date = { kind = "date", required = true }
group_by = { kind = "choice", choices = ["day", "week", "month"], default = "day" }
include_deployment_charge = { kind = "boolean", default = false }

[columns]
"Organization ID" = { type = "text", meaning = "Id of the child, or of the organisation itself for its own usage" }
"Organization Name" = { type = "text", meaning = "What it is called now" }
"Date" = { type = "date", meaning = "The day, the Monday of the week, or the first day of the month, in UTC" }
"Total Credits" = { type = "decimal", meaning = "Sum of the columns of credits" }
+++ */

-- Each rate from its first day up to that of the next; of two with the same first day that with the later id holds.
create table rates as
select
    category,
    unit,
    credits_per_unit,
    position,
    effective_from,
    lead(effective_from) over (partition by category, unit order by effective_from, id) as effective_until
from credit_rates
qualify coalesce(effective_until > effective_from, true);

-- The columns are of what has a rate in the interval, used or not, so that they are the same month after month.
create table categories as
select
    category,
    unit,
    dense_rank() over (order by position nulls last, category) as category_number,
    row_number() over (order by position nulls last, category, unit) as unit_number
from (
    select category, unit, max(max_by(position, effective_from)) over (partition by category) as position
    from rates
    where effective_from < $interval_end and coalesce(effective_until > $interval_start, true)
    group by category, unit
) as in_force;

create table promotions as
with begun as (
    select *
    from promotional_credits
    where valid_from < $interval_end
)

select
    category,
    valid_from,
    valid_until,
    credits,
    row_number() over (partition by category order by valid_until, valid_from, id) as rank
from begun
where category in (select category from begun where valid_until >= $interval_start);

-- What a unit costs on every day of the interval, and on those before it on which a promotion was used up.
create table days as
select category, unit, credits_per_unit, unnest(generate_series(
    greatest(effective_from, least($interval_start::date, (select min(valid_from) from promotions))),
    least(effective_until, $interval_end::date) - 1,
    interval 1 day
))::date as day
from rates;

-- Promotional credits are used up first, the ones that end first before others; what is left of a day's credits is charged.
create table promoted as
with recursive used as (
    select category, used_at::date as day, unit, sum(quantity) as quantity
    from usage_records
    where
        category in (select category from promotions)
        and used_at >= (select min(valid_from) from promotions)
        and used_at < $interval_end
    group by all
),

daily as (
    select used.category, used.day, sum(quantity * credits_per_unit) as credits
    from used
    join days on days.category = used.category and days.unit = used.unit and days.day = used.day
    group by used.category, used.day
),

rounds as (
    select category, day, credits, credits as left_over, 0::bigint as rank
    from daily
    union all
    select category, day, credits, left_over - coalesce(least(left_over, greatest(pool - used_before, 0)), 0), rank + 1
    from (
        select
            rounds.*,
            promotions.credits as pool,
            coalesce(sum(left_over) over (
                partition by rounds.category, promotions.rank
                order by day
                rows between unbounded preceding and 1 preceding
            ), 0) as used_before
        from rounds
        left join promotions
            on promotions.category = rounds.category
            and promotions.rank = rounds.rank + 1
            and rounds.day between promotions.valid_from and promotions.valid_until
        where rounds.rank < (select max(rank) from promotions)
    ) as taken
)

select category, day, credits, credits - left_over as promotional_credits
from rounds
where rank = (select max(rank) from promotions) and left_over < credits;

-- On the day on which promotional credits run out, the organisations get the rest in the order of their ids.
create table shares as
select category, day, organisation_id, least(credits, promotional_credits - used_before) as credits
from (
    select
        *,
        coalesce(sum(credits) over (
            partition by category, day
            order by organisation_id
            rows between unbounded preceding and 1 preceding
        ), 0) as used_before
    from (
        select
            promoted.category,
            promoted.day,
            promotional_credits,
            coalesce(organisation_id, (select id from organisations where is_own)) as organisation_id,
            sum(quantity * credits_per_unit) as credits
        from promoted
        join usage_records
            on usage_records.category = promoted.category and usage_records.used_at::date = promoted.day
        join days
            on days.category = promoted.category and days.unit = usage_records.unit and days.day = promoted.day
        where promotional_credits < promoted.credits and promoted.day >= $interval_start
        group by 1, 2, 3, 4
    ) as by_organisation
) as in_order
where used_before < promotional_credits;

create table surcharges as
select surcharge::decimal(9, 4) as surcharge, unnest(generate_series(
    greatest(effective_from, $interval_start::date),
    least(effective_until, $interval_end::date) - 1,
    interval 1 day
))::date as day
from (
    select effective_from, surcharge, lead(effective_from) over (order by effective_from, id) as effective_until
    from deployment_charges
    where $include_deployment_charge and (select is_child from organisations where is_own)
) as charges;

-- What a record of each day adds to: 0 stands for promotional credits, on which nothing is charged on top.
create table terms as
select
    days.category,
    days.unit,
    days.day,
    credits_per_unit,
    unit_number,
    case when promotional_credits = credits then 0 else category_number end as category_number,
    case when promotional_credits = credits then 0 else coalesce(surcharge, 0) end as surcharge
from days
join categories on categories.category = days.category and categories.unit = days.unit
left join promoted on promoted.category = days.category and promoted.day = days.day
left join surcharges on surcharges.day = days.day
where days.day >= $interval_start;

create table usage_columns as
select title, measure, category_number, unit_number
from (
    select
        category || ' (' || unit || ')' as title,
        'quantity' as measure,
        null as category_number,
        unit_number,
        unit_number as place
    from categories
    union all
    select category || ' Credits', 'credits', category_number, null, max(unit_number) + 0.5
    from categories
    group by category, category_number
    union all
    select 'Promotional Credits', 'credits', 0, null, 'infinity'::double
    where exists (from promotions where valid_until >= $interval_start)
    union all
    select 'Deployment Charge Credits', 'surcharge', null, null, 'infinity'::double
    from organisations
    where $include_deployment_charge and is_own and is_child
) as listed
order by place, title desc;

with records as (
    select
        used_at::date as day,
        coalesce(organisation_id, (select id from organisations where is_own)) as organisation_id,
        category_number,
        unit_number,
        quantity,
        case
            when credits_per_unit is null
                then refused('rate_missing', concat(
                    'There is no credit rate for the category ''', usage_records.category, ''' in the unit ''',
                    usage_records.unit, ''' on ', used_at::date, '. Send one to credit_rates, of 0 if it is free.'
                ))
            else quantity * credits_per_unit
        end as credits,
        surcharge
    from usage_records
    left join terms
        on terms.category = usage_records.category
        and terms.unit = usage_records.unit
        and terms.day = usage_records.used_at::date
    where used_at >= $interval_start and used_at < $interval_end
),

additions as (
    select day, organisation_id, category_number, unit_number, quantity, credits, credits * surcharge as surcharge
    from records
    union all
    select
        shares.day,
        organisation_id,
        moved.category_number,
        null,
        null,
        sign * shares.credits,
        least(sign, 0) * shares.credits * surcharge
    from shares
    join (select distinct category, day, surcharge from terms) as charged
        on charged.category = shares.category and charged.day = shares.day
    join (
        select distinct category, category_number, -1 as sign
        from categories
        union all
        select distinct category, 0, 1
        from categories
    ) as moved on moved.category = shares.category
    where shares.day >= $interval_start and shares.day < $interval_end
    union all
    -- A row for every organisation and period, so that none without usage is left out.
    select unnest(generate_series($interval_start, $interval_end - interval 1 day, interval 1 day))::date, id, null, null, null, 0, 0
    from organisations
)

select
    organisation_id as "Organization ID",
    organisations.name as "Organization Name",
    date_trunc($group_by, day)::date as "Date",
    credits + surcharge as "Total Credits",
    category_number,
    unit_number,
    quantity,
    credits,
    surcharge
from additions
left join organisations on organisations.id = additions.organisation_id
