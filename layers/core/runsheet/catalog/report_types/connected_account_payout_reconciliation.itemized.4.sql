/* +++
name = "Connected account itemized payout reconciliation"
meaning = "Every transaction that an automatic payout carried which left the balance in the interval, oldest first, with the columns of version 4. For the connected accounts that the run names, or all of them."
accounts = "connected"
rows_of = "payout_reconciliation.itemized.4"

[parameters]
interval_start = { kind = "instant", required = true }
interval_end = { kind = "instant", required = true }
connected_account = { kind = "id" }
connected_accounts = { kind = "ids" }
timezone = { kind = "timezone" }
currency = { kind = "currency" }
reporting_category = { kind = "reporting_category" }
decimal_separator = { kind = "choice", choices = [".", ","] }
columns = { kind = "columns" }
+++ */
