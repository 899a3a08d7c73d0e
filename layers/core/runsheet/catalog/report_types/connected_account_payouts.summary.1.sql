/* +++
name = "Connected account payouts summary"
meaning = "Number and sums of the payouts and of those that came back, by reporting category, with a total, for each currency. For the connected accounts that the run names, or all of them."
bounds_only = true
accounts = "connected"
rows_of = "payouts.summary.1"

[parameters]
interval_start = { kind = "instant", required = true }
interval_end = { kind = "instant", required = true }
connected_account = { kind = "id" }
connected_accounts = { kind = "ids" }
currency = { kind = "currency" }
timezone = { kind = "timezone" }
columns = { kind = "columns" }
+++ */
