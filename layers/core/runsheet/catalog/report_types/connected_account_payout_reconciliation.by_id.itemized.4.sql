/* +++
name = "Connected account itemized single payout reconciliation"
meaning = "Every transaction that one automatic payout carried, oldest first. For one connected account."
accounts = "connected"
rows_of = "payout_reconciliation.by_id.itemized.4"

[parameters]
payout = { kind = "id", required = true }
connected_account = { kind = "id", required = true }
timezone = { kind = "timezone" }
reporting_category = { kind = "reporting_category" }
decimal_separator = { kind = "choice", choices = [".", ","] }
columns = { kind = "columns" }
+++ */
