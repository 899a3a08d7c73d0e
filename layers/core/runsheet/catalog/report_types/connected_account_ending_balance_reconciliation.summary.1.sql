/* +++
name = "Connected account ending balance reconciliation summary"
meaning = "Number and sums of the transactions that were in the balance at interval_end, by reporting category, with a total, for each currency. For the connected accounts that the run names, or all of them."
bounds_only = true
accounts = "connected"
rows_of = "ending_balance_reconciliation.summary.1"

[parameters]
interval_end = { kind = "instant", required = true }
connected_account = { kind = "id" }
connected_accounts = { kind = "ids" }
currency = { kind = "currency" }
timezone = { kind = "timezone" }
columns = { kind = "columns" }
+++ */
