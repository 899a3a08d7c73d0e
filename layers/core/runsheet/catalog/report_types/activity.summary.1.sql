/* +++
name = "Activity summary"
meaning = "Number and sums of what happened in the interval, whenever it was booked, by reporting category, with a total, for each currency."
rows_of = "balance_change_from_activity.summary.1"
records_of = "activity.itemized.3"

[parameters]
interval_start = { kind = "instant", required = true }
interval_end = { kind = "instant", required = true }
currency = { kind = "currency" }
timezone = { kind = "timezone" }
columns = { kind = "columns" }
+++ */
