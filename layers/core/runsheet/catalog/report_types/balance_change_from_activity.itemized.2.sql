/* +++
name = "Itemized balance change from activity"
meaning = "Every transaction other than payouts that was made in the interval, oldest first, with the columns of version 2: times in UTC."
rows_of = "balance_change_from_activity.itemized.3"
default_columns = [
    "balance_transaction_id", "created_utc", "available_on_utc", "currency", "gross", "fee", "net",
    "reporting_category", "source_id", "description", "customer_facing_amount", "customer_facing_currency",
    "automatic_payout_id", "automatic_payout_effective_at",
]
columns = [
    "balance_transaction_id", "created_utc", "available_on_utc", "currency", "gross", "fee", "net",
    "reporting_category", "source_id", "description", "customer_facing_amount", "customer_facing_currency",
    "regulatory_tag", "trace_id", "trace_id_status", "automatic_payout_id", "automatic_payout_effective_at",
    "customer_id", "customer_email", "customer_name", "customer_description",
    "customer_shipping_address_line1", "customer_shipping_address_line2", "customer_shipping_address_city",
    "customer_shipping_address_state", "customer_shipping_address_postal_code",
    "customer_shipping_address_country", "customer_address_line1", "customer_address_line2",
    "customer_address_city", "customer_address_state", "customer_address_postal_code",
    "customer_address_country", "shipping_address_line1", "shipping_address_line2", "shipping_address_city",
    "shipping_address_state", "shipping_address_postal_code", "shipping_address_country",
    "card_address_line1", "card_address_line2", "card_address_city", "card_address_state",
    "card_address_postal_code", "card_address_country", "charge_id", "payment_intent_id",
    "charge_created_utc", "invoice_id", "invoice_number", "subscription_id", "payment_method_type",
    "is_link", "card_brand", "card_funding", "card_country", "statement_descriptor", "dispute_reason",
    "connected_account_id", "connected_account_name", "connected_account_country",
    "connected_account_direct_charge_id", "payment_metadata[key]", "refund_metadata[key]",
    "transfer_metadata[key]",
]

[parameters]
interval_start = { kind = "instant", required = true }
interval_end = { kind = "instant", required = true }
currency = { kind = "currency" }
reporting_category = { kind = "reporting_category" }
decimal_separator = { kind = "choice", choices = [".", ","] }
columns = { kind = "columns" }
+++ */
