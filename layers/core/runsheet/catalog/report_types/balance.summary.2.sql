/* +++
name = "Balance summary"
meaning = "Balance at the start of the interval, what moved it before and after fees, and the balance at its end, for each currency."
bounds_only = true
order_by = "connected_account, currency, position"
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
category = { type = "text", meaning = "starting_balance, activity_gross, activity_fee, activity, payouts_gross, payouts_fee, payouts or ending_balance" }
description = { type = "text", meaning = "The same in words; dates are days in the run's time zone" }
net_amount = { type = "money", meaning = "Balance, or what moved it; fees are negative; activity and payouts are the sums of the two before them" }
currency = { type = "text", meaning = "ISO 4217 code in lower case" }
+++ */
-- Added up as they are first, so that what is filtered are a few sums and not every record.
create view sums as
select
    connected_account,
    currency,
    created < $interval_start as is_before,
    reporting_category = 'payout' or reporting_category = 'payout_reversal' as is_payout,
    sum(gross) as gross,
    sum(fee) as fee,
    sum(net) as net
from balance_transactions
where created < $interval_end and ($currency is null or currency = $currency)
group by all;

create view balances as
select
    connected_account,
    currency,
    coalesce(sum(net) filter (where is_before), 0) as starting_balance,
    coalesce(sum(gross) filter (where not is_before and not is_payout), 0) as activity_gross,
    coalesce(sum(-fee) filter (where not is_before and not is_payout), 0) as activity_fee,
    coalesce(sum(net) filter (where not is_before and not is_payout), 0) as activity,
    coalesce(sum(gross) filter (where not is_before and is_payout), 0) as payouts_gross,
    coalesce(sum(-fee) filter (where not is_before and is_payout), 0) as payouts_fee,
    coalesce(sum(net) filter (where not is_before and is_payout), 0) as payouts,
    sum(net) as ending_balance
from sums
group by connected_account, currency;

-- The balance at the end is named after the last day that the interval includes, not after the day it ends on.
create view lines as
select
    connected_account,
    currency,
    unnest([
        {
            'position': 1,
            'category': 'starting_balance',
            'description': 'Starting balance (' || strftime(local_time($interval_start), '%Y-%m-%d') || ')',
            'amount': starting_balance
        },
        {'position': 2, 'category': 'activity_gross', 'description': 'Account activity before fees', 'amount': activity_gross},
        {'position': 3, 'category': 'activity_fee', 'description': 'Less fees', 'amount': activity_fee},
        {'position': 4, 'category': 'activity', 'description': 'Activity', 'amount': activity},
        {'position': 5, 'category': 'payouts_gross', 'description': 'Payouts to bank', 'amount': payouts_gross},
        {'position': 6, 'category': 'payouts_fee', 'description': 'Payout fees', 'amount': payouts_fee},
        {'position': 7, 'category': 'payouts', 'description': 'Total payouts', 'amount': payouts},
        {
            'position': 8,
            'category': 'ending_balance',
            'description':
                'Ending balance (' || strftime(local_time($interval_end - interval 1 second), '%Y-%m-%d') || ')',
            'amount': ending_balance
        }
    ], recursive := true)
from balances;

select
    category,
    description,
    money(amount, currency) as net_amount,
    currency,
    position,
    connected_account
from lines
