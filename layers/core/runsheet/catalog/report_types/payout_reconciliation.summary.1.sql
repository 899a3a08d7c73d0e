/* +++
name = "Payout reconciliation summary"
meaning = "Number and sums of the transactions that automatic payouts carried which left the balance in the interval, by reporting category, with a total, for each currency."
rows_of = "balance_change_from_activity.summary.1"
records_of = "payout_reconciliation.itemized.5"

[parameters]
interval_start = { kind = "instant", required = true }
interval_end = { kind = "instant", required = true }
currency = { kind = "currency" }
timezone = { kind = "timezone" }
columns = { kind = "columns" }
+++ */
