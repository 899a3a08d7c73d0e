/* +++
name = "Itemized single payout reconciliation"
meaning = "Every transaction that one automatic payout carried, oldest first, with the columns of version 3: times in UTC."
rows_of = "payout_reconciliation.by_id.itemized.4"
default_columns = [
    "automatic_payout_id", "automatic_payout_effective_at", "balance_transaction_id", "created_utc",
    "available_on_utc", "currency", "gross", "fee", "net", "reporting_category", "source_id", "description",
    "customer_facing_amount", "customer_facing_currency",
]
columns = [
    "automatic_payout_id", "automatic_payout_effective_at", "balance_transaction_id", "created_utc",
    "available_on_utc", "currency", "gross", "fee", "net", "reporting_category", "source_id", "description",
    "customer_facing_amount", "customer_facing_currency", "regulatory_tag", "customer_id", "customer_email",
    "customer_name", "customer_description", "shipping_address_line1", "shipping_address_line2",
    "shipping_address_city", "shipping_address_state", "shipping_address_postal_code",
    "shipping_address_country", "charge_id", "payment_intent_id", "charge_created_utc", "invoice_id",
    "subscription_id", "payment_method_type", "is_link", "card_brand", "card_funding", "card_country",
    "statement_descriptor", "dispute_reason", "destination_payment_id", "trace_id", "trace_id_status",
    "connected_account_id", "connected_account_name", "connected_account_country",
    "connected_account_direct_charge_id",
]

[parameters]
payout = { kind = "id", required = true }
reporting_category = { kind = "reporting_category" }
decimal_separator = { kind = "choice", choices = [".", ","] }
columns = { kind = "columns" }
+++ */
