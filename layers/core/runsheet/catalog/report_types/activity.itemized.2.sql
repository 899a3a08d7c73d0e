/* +++
name = "Itemized activity"
meaning = "What happened in the interval, whenever it was booked: a line for the amount of each transaction and one for its fee, oldest transaction first."
rows_of = "activity.itemized.3"

[parameters]
interval_start = { kind = "instant", required = true }
interval_end = { kind = "instant", required = true }
timezone = { kind = "timezone" }
currency = { kind = "currency" }
reporting_category = { kind = "reporting_category" }
decimal_separator = { kind = "choice", choices = [".", ","] }
columns = { kind = "columns" }
+++ */
