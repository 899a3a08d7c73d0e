/* +++
name = "Itemized ending balance reconciliation"
meaning = "Every transaction that was in the balance at interval_end, because no automatic payout had carried it out by then, oldest first. With the columns of version 3."
rows_of = "ending_balance_reconciliation.itemized.4"
default_columns = [
    "automatic_payout_id", "automatic_payout_effective_at_utc", "automatic_payout_effective_at",
    "balance_transaction_id", "created_utc", "created", "available_on_utc", "available_on", "currency",
    "gross", "fee", "net", "reporting_category", "source_id", "description", "customer_facing_amount",
    "customer_facing_currency",
]
columns = [
    "automatic_payout_id", "automatic_payout_effective_at_utc", "automatic_payout_effective_at",
    "balance_transaction_id", "created_utc", "created", "available_on_utc", "available_on", "currency",
    "gross", "fee", "net", "reporting_category", "source_id", "description", "customer_facing_amount",
    "customer_facing_currency", "customer_id", "customer_email", "customer_name", "customer_description",
    "shipping_address_line1", "shipping_address_line2", "shipping_address_city", "shipping_address_state",
    "shipping_address_postal_code", "shipping_address_country", "charge_id", "payment_intent_id",
    "charge_created_utc", "charge_created", "invoice_id", "subscription_id", "payment_method_type",
    "is_link", "card_brand", "card_funding", "card_country", "statement_descriptor", "trace_id",
    "trace_id_status", "connected_account_id", "connected_account_name", "connected_account_country",
]

[parameters]
interval_end = { kind = "instant", required = true }
timezone = { kind = "timezone" }
currency = { kind = "currency" }
reporting_category = { kind = "reporting_category" }
columns = { kind = "columns" }
+++ */
