/* +++
name = "Connected account itemized ending balance reconciliation"
meaning = "Every transaction that was in the balance at interval_end, because no automatic payout had carried it out by then, oldest first. For the connected accounts that the run names, or all of them."
accounts = "connected"
rows_of = "ending_balance_reconciliation.itemized.4"

[parameters]
interval_end = { kind = "instant", required = true }
connected_account = { kind = "id" }
connected_accounts = { kind = "ids" }
timezone = { kind = "timezone" }
currency = { kind = "currency" }
reporting_category = { kind = "reporting_category" }
decimal_separator = { kind = "choice", choices = [".", ","] }
columns = { kind = "columns" }
+++ */
