/* +++
name = "Itemized balance change from activity"
meaning = "Every transaction other than payouts that was made in the interval, oldest first, with the columns of version 1: times in UTC."
rows_of = "balance_change_from_activity.itemized.3"
default_columns = [
    "balance_transaction_id", "created_utc", "available_on_utc", "currency", "gross", "fee", "net",
    "reporting_category", "source_id", "description", "customer_facing_amount", "customer_facing_currency",
    "automatic_payout_id", "automatic_payout_effective_at",
]
columns = [
    "balance_transaction_id", "created_utc", "available_on_utc", "currency", "gross", "fee", "net",
    "reporting_category", "source_id", "description", "customer_facing_amount", "customer_facing_currency",
    "trace_id", "trace_id_status", "automatic_payout_id", "automatic_payout_effective_at", "customer_id",
    "customer_email", "customer_name", "customer_description", "shipping_address_line1",
    "shipping_address_line2", "shipping_address_city", "shipping_address_state",
    "shipping_address_postal_code", "shipping_address_country", "charge_id", "payment_intent_id",
    "charge_created_utc", "invoice_id", "subscription_id", "payment_method_type", "is_link", "card_brand",
    "card_funding", "card_country", "statement_descriptor",
]

[parameters]
interval_start = { kind = "instant", required = true }
interval_end = { kind = "instant", required = true }
currency = { kind = "currency" }
reporting_category = { kind = "reporting_category" }
decimal_separator = { kind = "choice", choices = [".", ","] }
columns = { kind = "columns" }
+++ */
