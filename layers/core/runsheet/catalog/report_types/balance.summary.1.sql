/* +++
name = "Balance summary"
meaning = "Balance at the start of the interval, what moved it, and the balance at its end, for each currency."
order_by = """
currency,
case category when 'starting_balance' then 1 when 'activity' then 2 when 'payouts' then 3 else 4 end
"""
default_columns = ["category", "description", "net_amount", "currency"]

[reads]
balance_transactions = "before_end"

[parameters]
interval_start = { kind = "instant", required = true }
interval_end = { kind = "instant", required = true }
timezone = { kind = "timezone" }
currency = { kind = "currency" }
columns = { kind = "columns" }

[columns]
category = { type = "text", meaning = "starting_balance, activity, payouts or ending_balance" }
description = { type = "text", meaning = "The same in words; dates are days in the run's time zone" }
net_amount = { type = "money", meaning = "Balance, or what moved it" }
currency = { type = "text", meaning = "ISO 4217 code in lower case" }
+++ */
with transactions as (
    select
        currency,
        net,
        created < $interval_start as is_before,
        reporting_category = 'payout' or reporting_category = 'payout_reversal' as is_payout
    from balance_transactions
    where
        connected_account is null
        and created < $interval_end
        and ($currency is null or currency = $currency)
),

balances as (
    select
        currency,
        coalesce(sum(net) filter (where is_before), 0) as starting_balance,
        coalesce(sum(net) filter (where not is_before and not is_payout), 0) as activity,
        coalesce(sum(net) filter (where not is_before and is_payout), 0) as payouts,
        sum(net) as ending_balance
    from transactions
    group by currency
),

-- The balance at the end is named after the last day that the interval includes, not after the day it ends on.
days as (
    select
        strftime(local_time($interval_start), '%Y-%m-%d') as first_day,
        strftime(local_time($interval_end - interval 1 second), '%Y-%m-%d') as last_day
),

lines as (
    select 'starting_balance' as category, 'Starting balance (' || first_day || ')' as description,
        starting_balance as amount, currency
    from balances cross join days
    union all
    select 'activity', 'Activity', activity, currency
    from balances
    union all
    select 'payouts', 'Total payouts', payouts, currency
    from balances
    union all
    select 'ending_balance', 'Ending balance (' || last_day || ')', ending_balance, currency
    from balances cross join days
)

select
    category,
    description,
    money(amount, currency) as net_amount,
    currency
from lines
