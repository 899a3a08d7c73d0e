/* +++
name = "Connected account single payout reconciliation summary"
meaning = "Number and sums of the transactions that one automatic payout carried, by reporting category, with a total, for each currency. For one connected account."
accounts = "connected"
rows_of = "payout_reconciliation.by_id.summary.1"

[parameters]
payout = { kind = "id", required = true }
connected_account = { kind = "id", required = true }
columns = { kind = "columns" }
+++ */
