/* +++
name = "Ending balance reconciliation summary"
meaning = "Number and sums of the transactions that were in the balance at interval_end, by reporting category, with a total, for each currency."
bounds_only = true
rows_of = "balance_change_from_activity.summary.1"
records_of = "ending_balance_reconciliation.itemized.4"

[parameters]
interval_end = { kind = "instant", required = true }
currency = { kind = "currency" }
timezone = { kind = "timezone" }
columns = { kind = "columns" }
+++ */
