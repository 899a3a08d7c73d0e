/* +++
name = "Payouts summary"
meaning = "Number and sums of the payouts and of those that came back, by reporting category, with a total, for each currency."
bounds_only = true
rows_of = "balance_change_from_activity.summary.1"
records_of = "payouts.itemized.3"

[parameters]
interval_start = { kind = "instant", required = true }
interval_end = { kind = "instant", required = true }
currency = { kind = "currency" }
timezone = { kind = "timezone" }
columns = { kind = "columns" }
+++ */
