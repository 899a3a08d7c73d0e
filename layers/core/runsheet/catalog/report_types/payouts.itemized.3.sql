/* +++
name = "Itemized payouts"
meaning = "Every payout that was made in the interval, and every one that came back, oldest first."
in_order = true
order_by = "created_utc, balance_transaction_id"
default_columns = [
    "payout_id", "effective_at_utc", "effective_at", "currency", "gross", "fee", "net",
    "reporting_category", "balance_transaction_id", "description", "payout_expected_arrival_date",
    "payout_status",
]

[reads]
balance_transactions = "interval"

[parameters]
interval_start = { kind = "instant", required = true }
interval_end = { kind = "instant", required = true }
timezone = { kind = "timezone" }
currency = { kind = "currency" }
reporting_category = { kind = "reporting_category" }
decimal_separator = { kind = "choice", choices = [".", ","] }
columns = { kind = "columns" }

[columns]
payout_id = { type = "text", meaning = "Id of the payout" }
effective_at_utc = { type = "timestamp", meaning = "When it leaves the balance, or came back to it, in UTC" }
effective_at = { type = "timestamp", meaning = "When it leaves the balance, or came back to it, in the run's time zone or UTC" }
currency = { type = "text", meaning = "ISO 4217 code in lower case" }
gross = { type = "money", meaning = "Amount before fees" }
fee = { type = "money", meaning = "Fees, positive when charged" }
net = { type = "money", meaning = "Gross less fee" }
reporting_category = { type = "text", meaning = "payout, or payout_reversal for what came back" }
balance_transaction_id = { type = "text", meaning = "Id of the balance transaction" }
description = { type = "text", meaning = "Free text" }
payout_expected_arrival_date = { type = "date", meaning = "When the bank should have it" }
payout_status = { type = "text", meaning = "paid, pending, in_transit, canceled or failed" }
payout_reversed_at_utc = { type = "timestamp", meaning = "When it failed or was canceled, in UTC" }
payout_reversed_at = { type = "timestamp", meaning = "When it failed or was canceled, in the run's time zone or UTC" }
payout_type = { type = "text", meaning = "Kind of destination: bank_account or card" }
payout_description = { type = "text", meaning = "Free text on the payout" }
payout_destination_id = { type = "text", meaning = "Bank account or card" }
trace_id = { type = "text", meaning = "Bank's reference of the payout" }
trace_id_status = { type = "text", meaning = "Whether the bank gives one: pending, unsupported or supported" }
regulatory_tag = { type = "text", meaning = "Regulator's classification" }
+++ */
create view transactions as
select *
from balance_transactions
where
    created >= $interval_start
    and created < $interval_end
    and (reporting_category = 'payout' or reporting_category = 'payout_reversal')
    and ($currency is null or currency = $currency)
    and ($reporting_category is null or reporting_category = $reporting_category);

select
    coalesce(payout_id, source_id) as payout_id,
    payout_effective_at as effective_at_utc,
    local_time(payout_effective_at) as effective_at,
    currency,
    money(gross, currency) as gross,
    money(fee, currency) as fee,
    money(net, currency) as net,
    reporting_category,
    id as balance_transaction_id,
    description,
    payout_expected_arrival_date,
    payout_status,
    payout_reversed_at as payout_reversed_at_utc,
    local_time(payout_reversed_at) as payout_reversed_at,
    payout_type,
    payout_description,
    payout_destination_id,
    trace_id,
    trace_id_status,
    regulatory_tag,
    created as created_utc,
    connected_account
from transactions
