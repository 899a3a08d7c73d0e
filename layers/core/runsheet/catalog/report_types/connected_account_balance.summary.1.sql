/* +++
name = "Connected account balance summary"
meaning = "Balance at the start of the interval, what moved it, and the balance at its end, for each currency. For the connected accounts that the run names, or all of them."
bounds_only = true
accounts = "connected"
rows_of = "balance.summary.1"

[parameters]
interval_start = { kind = "instant", required = true }
interval_end = { kind = "instant", required = true }
connected_account = { kind = "id" }
connected_accounts = { kind = "ids" }
timezone = { kind = "timezone" }
currency = { kind = "currency" }
columns = { kind = "columns" }
+++ */
