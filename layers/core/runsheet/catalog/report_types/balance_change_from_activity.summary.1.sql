/* +++
name = "Balance change from activity summary"
meaning = "Number and sums of the transactions other than payouts, by reporting category, with a total, for each currency."
bounds_only = true
records_of = "balance_change_from_activity.itemized.3"
order_by = "connected_account, currency, reporting_category = 'total', reporting_category"
default_columns = ["reporting_category", "currency", "count", "gross", "fee", "net"]

[parameters]
interval_start = { kind = "instant", required = true }
interval_end = { kind = "instant", required = true }
currency = { kind = "currency" }
timezone = { kind = "timezone" }
columns = { kind = "columns" }

[columns]
reporting_category = { type = "text", meaning = "Reporting category, or total" }
currency = { type = "text", meaning = "ISO 4217 code in lower case" }
count = { type = "integer", meaning = "Number of transactions" }
gross = { type = "money", meaning = "Sum before fees" }
fee = { type = "money", meaning = "Sum of fees, positive when charged" }
net = { type = "money", meaning = "Gross less fee" }
+++ */
with categories as (
    select
        connected_account,
        currency,
        reporting_category,
        count(*) as count,
        sum(gross) as gross,
        sum(fee) as fee,
        sum(net) as net
    from transactions
    group by connected_account, currency, reporting_category
),

-- Of the sums: of the records, grouping sets would add up each of them twice.
with_totals as (
    select
        connected_account,
        currency,
        reporting_category,
        sum(count)::bigint as count,
        sum(gross) as gross,
        sum(fee) as fee,
        sum(net) as net
    from categories
    group by grouping sets ((connected_account, currency, reporting_category), (connected_account, currency))
)

select
    coalesce(reporting_category, 'total') as reporting_category,
    currency,
    count,
    money(gross, currency) as gross,
    money(fee, currency) as fee,
    money(net, currency) as net,
    connected_account
from with_totals
