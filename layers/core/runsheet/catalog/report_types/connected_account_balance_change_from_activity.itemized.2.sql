/* +++
name = "Connected account itemized balance change from activity"
meaning = "Every transaction other than payouts that was made in the interval, oldest first, with the columns of version 2: times in UTC. For the connected accounts that the run names, or all of them."
accounts = "connected"
rows_of = "balance_change_from_activity.itemized.2"

[parameters]
interval_start = { kind = "instant", required = true }
interval_end = { kind = "instant", required = true }
connected_account = { kind = "id" }
connected_accounts = { kind = "ids" }
currency = { kind = "currency" }
reporting_category = { kind = "reporting_category" }
decimal_separator = { kind = "choice", choices = [".", ","] }
columns = { kind = "columns" }
+++ */
