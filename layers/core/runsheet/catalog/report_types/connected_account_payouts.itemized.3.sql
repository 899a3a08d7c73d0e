/* +++
name = "Connected account itemized payouts"
meaning = "Every payout that was made in the interval, and every one that came back, oldest first. For the connected accounts that the run names, or all of them."
accounts = "connected"
rows_of = "payouts.itemized.3"

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
