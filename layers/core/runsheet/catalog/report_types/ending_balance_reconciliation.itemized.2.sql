/* +++
name = "Itemized ending balance reconciliation"
meaning = "Every transaction that was in the balance at interval_end, because no automatic payout had carried it out by then, oldest first. With the columns of version 2: times in UTC."
rows_of = "ending_balance_reconciliation.itemized.4"
default_columns = [
    "automatic_payout_id", "automatic_payout_effective_at", "balance_transaction_id", "created_utc",
    "available_on_utc", "currency", "gross", "fee", "net", "reporting_category", "source_id", "description",
    "customer_facing_amount", "customer_facing_currency",
]
columns = [
    "automatic_payout_id", "automatic_payout_effective_at", "balance_transaction_id", "created_utc",
    "available_on_utc", "currency", "gross", "fee", "net", "reporting_category", "source_id", "description",
    "customer_facing_amount", "customer_facing_currency", "regulatory_tag", "customer_id", "customer_email",
    "customer_name", "customer_description", "customer_shipping_address_line1",
    "customer_shipping_address_line2", "customer_shipping_address_city", "customer_shipping_address_state",
    "customer_shipping_address_postal_code", "customer_shipping_address_country", "customer_address_line1",
    "customer_address_line2", "customer_address_city", "customer_address_state",
    "customer_address_postal_code", "customer_address_country", "shipping_address_line1",
    "shipping_address_line2", "shipping_address_city", "shipping_address_state",
    "shipping_address_postal_code", "shipping_address_country", "card_address_line1", "card_address_line2",
    "card_address_city", "card_address_state", "card_address_postal_code", "card_address_country",
    "charge_id", "payment_intent_id", "charge_created_utc", "invoice_id", "invoice_number",
    "subscription_id", "payment_method_type", "is_link", "card_brand", "card_funding", "card_country",
    "statement_descriptor", "dispute_reason", "trace_id", "trace_id_status", "connected_account_id",
    "connected_account_name", "connected_account_country", "connected_account_direct_charge_id",
    "payment_metadata[key]", "refund_metadata[key]", "transfer_metadata[key]",
]

[parameters]
interval_end = { kind = "instant", required = true }
currency = { kind = "currency" }
reporting_category = { kind = "reporting_category" }
columns = { kind = "columns" }
+++ */
