/* +++
name = "Single payout reconciliation summary"
meaning = "Number and sums of the transactions that one automatic payout carried, by reporting category, with a total, for each currency."
rows_of = "balance_change_from_activity.summary.1"
records_of = "payout_reconciliation.by_id.itemized.4"

[parameters]
payout = { kind = "id", required = true }
columns = { kind = "columns" }
+++ */
