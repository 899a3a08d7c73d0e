/* +++
name = "Itemized payout reconciliation"
meaning = "Every transaction that an automatic payout carried which left the balance in the interval, oldest first."
in_order = true
order_by = "created_utc, balance_transaction_id"
default_columns = [
    "automatic_payout_id", "automatic_payout_effective_at_utc", "automatic_payout_effective_at",
    "balance_transaction_id", "created_utc", "created", "available_on_utc", "available_on", "currency",
    "gross", "fee", "net", "reporting_category", "source_id", "description", "customer_facing_amount",
    "customer_facing_currency",
]

[reads]
balance_transactions = "all"

[parameters]
interval_start = { kind = "instant", required = true }
interval_end = { kind = "instant", required = true }
timezone = { kind = "timezone" }
currency = { kind = "currency" }
reporting_category = { kind = "reporting_category" }
decimal_separator = { kind = "choice", choices = [".", ","] }
columns = { kind = "columns" }

[columns]
automatic_payout_id = { type = "text", meaning = "Automatic payout that carries it" }
automatic_payout_effective_at_utc = { type = "timestamp", meaning = "When that payout leaves the balance, in UTC" }
automatic_payout_effective_at = { type = "timestamp", meaning = "When that payout leaves the balance, in the run's time zone or UTC" }
balance_transaction_id = { type = "text", meaning = "Id of the balance transaction" }
created_utc = { type = "timestamp", meaning = "When it was made, in UTC" }
created = { type = "timestamp", meaning = "When it was made, in the run's time zone or UTC" }
available_on_utc = { type = "timestamp", meaning = "When its net becomes available, in UTC" }
available_on = { type = "timestamp", meaning = "When its net becomes available, in the run's time zone or UTC" }
currency = { type = "text", meaning = "ISO 4217 code in lower case" }
gross = { type = "money", meaning = "Amount before fees" }
fee = { type = "money", meaning = "Fees, positive when charged" }
net = { type = "money", meaning = "Gross less fee" }
reporting_category = { type = "text", meaning = "What kind of movement it is" }
source_id = { type = "text", meaning = "Charge, refund, dispute, payout or transfer behind it" }
description = { type = "text", meaning = "Free text" }
customer_facing_amount = { type = "money", meaning = "Amount as the customer saw it" }
customer_facing_currency = { type = "text", meaning = "Currency that the customer saw" }
regulatory_tag = { type = "text", meaning = "Regulator's classification" }
customer_id = { type = "text", meaning = "Id of the customer" }
customer_email = { type = "text", meaning = "Their e-mail address" }
customer_name = { type = "text", meaning = "Their name" }
customer_description = { type = "text", meaning = "Free text on the customer" }
customer_shipping_address_line1 = { type = "text", meaning = "Customer's shipping address: first line" }
customer_shipping_address_line2 = { type = "text", meaning = "Customer's shipping address: second line" }
customer_shipping_address_city = { type = "text", meaning = "Customer's shipping address: city" }
customer_shipping_address_state = { type = "text", meaning = "Customer's shipping address: state or province" }
customer_shipping_address_postal_code = { type = "text", meaning = "Customer's shipping address: postal code" }
customer_shipping_address_country = { type = "text", meaning = "Customer's shipping address: country" }
customer_address_line1 = { type = "text", meaning = "Customer's address: first line" }
customer_address_line2 = { type = "text", meaning = "Customer's address: second line" }
customer_address_city = { type = "text", meaning = "Customer's address: city" }
customer_address_state = { type = "text", meaning = "Customer's address: state or province" }
customer_address_postal_code = { type = "text", meaning = "Customer's address: postal code" }
customer_address_country = { type = "text", meaning = "Customer's address: country" }
shipping_address_line1 = { type = "text", meaning = "Shipping address of the charge: first line" }
shipping_address_line2 = { type = "text", meaning = "Shipping address of the charge: second line" }
shipping_address_city = { type = "text", meaning = "Shipping address of the charge: city" }
shipping_address_state = { type = "text", meaning = "Shipping address of the charge: state or province" }
shipping_address_postal_code = { type = "text", meaning = "Shipping address of the charge: postal code" }
shipping_address_country = { type = "text", meaning = "Shipping address of the charge: country" }
card_address_line1 = { type = "text", meaning = "Billing address of the card: first line" }
card_address_line2 = { type = "text", meaning = "Billing address of the card: second line" }
card_address_city = { type = "text", meaning = "Billing address of the card: city" }
card_address_state = { type = "text", meaning = "Billing address of the card: state or province" }
card_address_postal_code = { type = "text", meaning = "Billing address of the card: postal code" }
card_address_country = { type = "text", meaning = "Billing address of the card: country" }
charge_id = { type = "text", meaning = "Id of the charge" }
payment_intent_id = { type = "text", meaning = "Id of the payment intent" }
charge_created_utc = { type = "timestamp", meaning = "When the charge was made or authorised, in UTC" }
charge_created = { type = "timestamp", meaning = "When the charge was made or authorised, in the run's time zone or UTC" }
invoice_id = { type = "text", meaning = "Id of the invoice" }
invoice_number = { type = "text", meaning = "Number of the invoice" }
order_id = { type = "text", meaning = "Id of the order" }
subscription_id = { type = "text", meaning = "Id of the subscription" }
payment_method_type = { type = "text", meaning = "Kind of payment method, such as card" }
is_link = { type = "boolean", meaning = "Whether it was paid with a saved wallet" }
card_brand = { type = "text", meaning = "Brand of the card" }
card_funding = { type = "text", meaning = "credit, debit, prepaid or unknown" }
card_country = { type = "text", meaning = "Country of the card" }
statement_descriptor = { type = "text", meaning = "Text on the customer's statement" }
dispute_reason = { type = "text", meaning = "Reason of the dispute" }
destination_payment_id = { type = "text", meaning = "Payment that the charge made in the destination account" }
trace_id = { type = "text", meaning = "Bank's reference of the payout" }
trace_id_status = { type = "text", meaning = "Whether the bank gives one: pending, unsupported or supported" }
connected_account_id = { type = "text", meaning = "Id of the counterpart account" }
connected_account_name = { type = "text", meaning = "Its name" }
connected_account_country = { type = "text", meaning = "Its country" }
connected_account_direct_charge_id = { type = "text", meaning = "Direct charge on it" }
"payment_metadata[key]" = { type = "metadata", meaning = "Value of one key of the metadata of the payment, else of the charge; of every key with [*]" }
"refund_metadata[key]" = { type = "metadata", meaning = "Value of one key of the metadata of the refund; of every key with [*]" }
"transfer_metadata[key]" = { type = "metadata", meaning = "Value of one key of the metadata of the transfer; of every key with [*]" }
+++ */
-- A payout's own line is none of those that it carries.
create view transactions as
select *
from balance_transactions
where
    automatic_payout_effective_at >= $interval_start
    and automatic_payout_effective_at < $interval_end
    and coalesce(payout_id, source_id) is distinct from automatic_payout_id
    and automatic_payout_id is not null
    and ($currency is null or currency = $currency)
    and ($reporting_category is null or reporting_category = $reporting_category);

select
    automatic_payout_id,
    automatic_payout_effective_at as automatic_payout_effective_at_utc,
    local_time(automatic_payout_effective_at) as automatic_payout_effective_at,
    id as balance_transaction_id,
    created as created_utc,
    local_time(created) as created,
    available_on as available_on_utc,
    local_time(available_on) as available_on,
    currency,
    money(gross, currency) as gross,
    money(fee, currency) as fee,
    money(net, currency) as net,
    reporting_category,
    source_id,
    description,
    money(customer_facing_amount, customer_facing_currency) as customer_facing_amount,
    customer_facing_currency,
    regulatory_tag,
    customer_id,
    customer_email,
    customer_name,
    customer_description,
    customer_shipping_address_line1,
    customer_shipping_address_line2,
    customer_shipping_address_city,
    customer_shipping_address_state,
    customer_shipping_address_postal_code,
    customer_shipping_address_country,
    customer_address_line1,
    customer_address_line2,
    customer_address_city,
    customer_address_state,
    customer_address_postal_code,
    customer_address_country,
    shipping_address_line1,
    shipping_address_line2,
    shipping_address_city,
    shipping_address_state,
    shipping_address_postal_code,
    shipping_address_country,
    card_address_line1,
    card_address_line2,
    card_address_city,
    card_address_state,
    card_address_postal_code,
    card_address_country,
    charge_id,
    payment_intent_id,
    charge_created as charge_created_utc,
    local_time(charge_created) as charge_created,
    invoice_id,
    invoice_number,
    order_id,
    subscription_id,
    payment_method_type,
    is_link,
    card_brand,
    card_funding,
    card_country,
    statement_descriptor,
    dispute_reason,
    destination_payment_id,
    trace_id,
    trace_id_status,
    connected_account_id,
    connected_account_name,
    connected_account_country,
    connected_account_direct_charge_id,
    payment_metadata,
    refund_metadata,
    transfer_metadata,
    connected_account
from transactions
