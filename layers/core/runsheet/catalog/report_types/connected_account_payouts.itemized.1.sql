/* +++
name = "Connected account itemized payouts"
meaning = "Every payout that was made in the interval, and every one that came back, oldest first, with the columns of version 1: times in UTC. For the connected accounts that the run names, or all of them."
accounts = "connected"
rows_of = "payouts.itemized.1"

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
