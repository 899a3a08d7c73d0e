/* +++
name = "Itemized payouts"
meaning = "Every payout that was made in the interval, and every one that came back, oldest first, with the columns of version 2: times in UTC."
rows_of = "payouts.itemized.3"
default_columns = [
    "payout_id", "effective_at_utc", "currency", "gross", "fee", "net", "reporting_category",
    "balance_transaction_id", "description", "payout_expected_arrival_date", "payout_status",
]
columns = [
    "payout_id", "effective_at_utc", "currency", "gross", "fee", "net", "reporting_category",
    "balance_transaction_id", "description", "payout_expected_arrival_date", "payout_status",
    "payout_reversed_at", "payout_type", "payout_description", "payout_destination_id", "trace_id",
    "trace_id_status", "regulatory_tag",
]

[parameters]
interval_start = { kind = "instant", required = true }
interval_end = { kind = "instant", required = true }
currency = { kind = "currency" }
reporting_category = { kind = "reporting_category" }
decimal_separator = { kind = "choice", choices = [".", ","] }
columns = { kind = "columns" }
+++ */
