/* +++
name = "Itemized payout reconciliation"
meaning = "Every transaction that an automatic payout carried which left the balance in the interval, oldest first, with the columns of version 2: times in UTC."
rows_of = "payout_reconciliation.itemized.5"
default_columns = [
    "automatic_payout_id", "automatic_payout_effective_at", "balance_transaction_id", "created_utc",
    "available_on_utc", "currency", "gross", "fee", "net", "reporting_category", "source_id", "description",
    "customer_facing_amount", "customer_facing_currency",
]
columns = [
    "automatic_payout_id", "automatic_payout_effective_at", "balance_transaction_id", "created_utc",
    "available_on_utc", "currency", "gross", "fee", "net", "reporting_category", "source_id", "description",
    "customer_facing_amount", "customer_facing_currency", "customer_id", "customer_email",
    "customer_description", "charge_id", "charge_created_utc", "invoice_id", "subscription_id", "is_link",
    "card_brand", "card_funding", "card_country", "destination_payment_id", "trace_id", "trace_id_status",
    "payment_metadata[key]", "refund_metadata[key]", "transfer_metadata[key]",
]

[parameters]
interval_start = { kind = "instant", required = true }
interval_end = { kind = "instant", required = true }
currency = { kind = "currency" }
reporting_category = { kind = "reporting_category" }
decimal_separator = { kind = "choice", choices = [".", ","] }
columns = { kind = "columns" }
+++ */
