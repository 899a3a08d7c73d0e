/* +++
name = "Itemized single payout reconciliation"
meaning = "Every transaction that one automatic payout carried, oldest first."
rows_of = "payout_reconciliation.itemized.5"
columns = [
    "automatic_payout_id", "automatic_payout_effective_at_utc", "automatic_payout_effective_at",
    "balance_transaction_id", "created_utc", "created", "available_on_utc", "available_on", "currency",
    "gross", "fee", "net", "reporting_category", "source_id", "description", "customer_facing_amount",
    "customer_facing_currency", "regulatory_tag", "customer_id", "customer_email", "customer_name",
    "customer_description", "shipping_address_line1", "shipping_address_line2", "shipping_address_city",
    "shipping_address_state", "shipping_address_postal_code", "shipping_address_country", "charge_id",
    "payment_intent_id", "charge_created_utc", "charge_created", "invoice_id", "subscription_id",
    "payment_method_type", "is_link", "card_brand", "card_funding", "card_country", "statement_descriptor",
    "dispute_reason", "destination_payment_id", "trace_id", "trace_id_status", "connected_account_id",
    "connected_account_name", "connected_account_country", "connected_account_direct_charge_id",
    "payment_metadata[key]", "refund_metadata[key]", "transfer_metadata[key]",
]

[reads]
balance_transactions = "all"

[parameters]
payout = { kind = "id", required = true }
timezone = { kind = "timezone" }
reporting_category = { kind = "reporting_category" }
decimal_separator = { kind = "choice", choices = [".", ","] }
columns = { kind = "columns" }
+++ */
create view transactions as
select *
from balance_transactions
where
    automatic_payout_id = $payout
    and coalesce(payout_id, source_id) is distinct from automatic_payout_id
    and ($reporting_category is null or reporting_category = $reporting_category);
