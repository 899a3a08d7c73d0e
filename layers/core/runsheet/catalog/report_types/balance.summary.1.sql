/* +++
name = "Balance summary"
meaning = "Balance at the start of the interval, what moved it, and the balance at its end, for each currency."
bounds_only = true
records_of = "balance.summary.2"
order_by = "connected_account, currency, position"
default_columns = ["category", "description", "net_amount", "currency"]

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
select
    category,
    description,
    money(amount, currency) as net_amount,
    currency,
    position,
    connected_account
from lines
where category = 'starting_balance' or category = 'activity' or category = 'payouts' or category = 'ending_balance'
