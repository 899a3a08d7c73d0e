/* +++
name = "Balance change from activity summary"
meaning = "Number and sums of the transactions other than payouts, by reporting category, with a total, for each currency."
order_by = "currency, reporting_category = 'total', reporting_category"
default_columns = ["reporting_category", "currency", "count", "gross", "fee", "net"]

[reads]
balance_transactions = "interval"

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
with transactions as (
    select *
    from balance_transactions
    where
        connected_account is null
        and created >= $interval_start
        and created < $interval_end
        and reporting_category <> 'payout'
        and reporting_category <> 'payout_reversal'
        and ($currency is null or currency = $currency)
),

categories as (
    select
        currency,
        reporting_category,
        count(*) as count,
        sum(gross) as gross,
        sum(fee) as fee,
        sum(net) as net
    from transactions
    group by grouping sets ((currency, reporting_category), (currency))
)

select
    coalesce(reporting_category, 'total') as reporting_category,
    currency,
    count,
    money(gross, currency) as gross,
    money(fee, currency) as fee,
    money(net, currency) as net
from categories
