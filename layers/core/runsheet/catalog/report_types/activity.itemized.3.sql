/* +++
name = "Itemized activity"
meaning = "What happened in the interval, whenever it was booked: a line for the amount of each transaction and one for its fee, oldest transaction first."
in_order = true
order_by = "created_utc, balance_transaction_id, position"
default_columns = [
    "balance_transaction_id", "balance_transaction_created_at", "balance_transaction_reporting_category",
    "balance_transaction_component", "activity_at", "currency", "amount", "charge_id", "payment_intent_id",
    "refund_id", "dispute_id", "invoice_id", "subscription_id", "fee_id", "transfer_id", "destination_id",
    "automatic_payout_id", "event_type", "activity_interval_type", "activity_start_date",
    "activity_end_date", "balance_transaction_description",
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
balance_transaction_id = { type = "text", meaning = "Id of the balance transaction" }
balance_transaction_created_at = { type = "timestamp", meaning = "When the transaction was made, in the run's time zone or UTC" }
balance_transaction_reporting_category = { type = "text", meaning = "What kind of movement it is" }
balance_transaction_component = { type = "text", meaning = "What of it the line is: gross, payments_fee, dispute_fee, transfer_fee, transfer_reversal_fee, other_fee or tax" }
balance_transaction_regulatory_tag = { type = "text", meaning = "Regulator's classification" }
activity_at = { type = "timestamp", meaning = "When it happened: when the transaction was made, or the end of the days that a fee is for, in the run's time zone or UTC" }
currency = { type = "text", meaning = "ISO 4217 code in lower case" }
amount = { type = "money", meaning = "What the line adds to the balance" }
charge_id = { type = "text", meaning = "Id of the charge" }
payment_intent_id = { type = "text", meaning = "Id of the payment intent" }
refund_id = { type = "text", meaning = "Refund behind it" }
dispute_id = { type = "text", meaning = "Dispute behind it" }
invoice_id = { type = "text", meaning = "Id of the invoice" }
invoice_number = { type = "text", meaning = "Number of the invoice" }
subscription_id = { type = "text", meaning = "Id of the subscription" }
fee_id = { type = "text", meaning = "Fee behind it" }
transfer_id = { type = "text", meaning = "Transfer behind it" }
destination_id = { type = "text", meaning = "Account that the money was transferred to" }
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
automatic_payout_id = { type = "text", meaning = "Automatic payout that carries it" }
automatic_payout_effective_at = { type = "timestamp", meaning = "When that payout leaves the balance, in the run's time zone or UTC" }
event_type = { type = "text", meaning = "charge_captured for a charge and what of it was not captured, else the kind of movement" }
payment_method_type = { type = "text", meaning = "Kind of payment method, such as card" }
is_link = { type = "boolean", meaning = "Whether it was paid with a saved wallet" }
card_brand = { type = "text", meaning = "Brand of the card" }
card_funding = { type = "text", meaning = "credit, debit, prepaid or unknown" }
card_country = { type = "text", meaning = "Country of the card" }
statement_descriptor = { type = "text", meaning = "Text on the customer's statement" }
customer_facing_currency = { type = "text", meaning = "Currency that the customer saw; on the gross line" }
customer_facing_amount = { type = "money", meaning = "Amount as the customer saw it; on the gross line" }
activity_interval_type = { type = "text", meaning = "range for a fee over some days, else instant" }
activity_start_date = { type = "date", meaning = "First day that the fee is for" }
activity_end_date = { type = "date", meaning = "Last day that the fee is for" }
balance_transaction_description = { type = "text", meaning = "Free text" }
connected_account_id = { type = "text", meaning = "Id of the counterpart account" }
connected_account_name = { type = "text", meaning = "Its name" }
connected_account_country = { type = "text", meaning = "Its country" }
connected_account_direct_charge_id = { type = "text", meaning = "Direct charge on it" }
+++ */
-- A fee for some days names them before its text: "Billing (2026-01-01 - 2026-01-31): Usage", or one day.
create view described as
select
    *,
    reporting_category = 'fee' or reporting_category = 'network_cost' or reporting_category = 'tax' as is_fee,
    reporting_category = 'transfer' or reporting_category = 'transfer_reversal' as is_transfer,
    case
        when is_fee then regexp_extract(description, '^[^:]+ \((\d{4}-\d{2}-\d{2})(?: - (\d{4}-\d{2}-\d{2}))?\): ', ['first', 'last'])
    end as days
from balance_transactions;

create view dated as
select
    *,
    try_cast(days.first as date) as first_day,
    case when days.last = '' then first_day else try_cast(days.last as date) end as last_day,
    case when first_day <= last_day then first_day end as activity_start_date,
    case when first_day <= last_day then last_day end as activity_end_date
from described;

create view transactions as
select *, coalesce(activity_end_date + interval 1 day - interval 1 second, created) as activity_at
from dated
where
    activity_at >= $interval_start
    and activity_at < $interval_end
    and reporting_category <> 'payout'
    and reporting_category <> 'payout_reversal'
    and reporting_category <> 'connect_reserved_funds'
    and ($currency is null or currency = $currency)
    and ($reporting_category is null or reporting_category = $reporting_category);

with lines as (
    select *, unnest([
        {
            'position': 1,
            'amount': gross,
            'component': case
                when reporting_category = 'tax' then 'tax'
                when is_fee then 'other_fee'
                else 'gross'
            end
        },
        {
            'position': 2,
            'amount': -fee,
            'component': case
                when is_fee then 'tax'
                when is_transfer then reporting_category || '_fee'
                when reporting_category = 'dispute' or reporting_category = 'dispute_reversal' then 'dispute_fee'
                when reporting_category = 'other_adjustment' then 'other_fee'
                else 'payments_fee'
            end
        }
    ]) as line
    from transactions
)

select
    id as balance_transaction_id,
    local_time(created) as balance_transaction_created_at,
    reporting_category as balance_transaction_reporting_category,
    line.component as balance_transaction_component,
    regulatory_tag as balance_transaction_regulatory_tag,
    local_time(activity_at) as activity_at,
    currency,
    money(line.amount, currency) as amount,
    charge_id,
    payment_intent_id,
    case when reporting_category = 'refund' or reporting_category = 'refund_failure' then source_id end as refund_id,
    case when reporting_category = 'dispute' or reporting_category = 'dispute_reversal' then source_id end as dispute_id,
    invoice_id,
    invoice_number,
    subscription_id,
    case when is_fee then source_id end as fee_id,
    case when is_transfer then source_id end as transfer_id,
    case when is_transfer or destination_payment_id is not null then connected_account_id end as destination_id,
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
    automatic_payout_id,
    local_time(automatic_payout_effective_at) as automatic_payout_effective_at,
    case
        when reporting_category = 'charge' or reporting_category = 'partial_capture_reversal' then 'charge_captured'
        else reporting_category
    end as event_type,
    payment_method_type,
    is_link,
    card_brand,
    card_funding,
    card_country,
    statement_descriptor,
    case when line.position = 1 then customer_facing_currency end as customer_facing_currency,
    case when line.position = 1 then money(customer_facing_amount, customer_facing_currency) end as customer_facing_amount,
    case when activity_end_date is null then 'instant' else 'range' end as activity_interval_type,
    activity_start_date,
    activity_end_date,
    description as balance_transaction_description,
    connected_account_id,
    connected_account_name,
    connected_account_country,
    connected_account_direct_charge_id,
    created as created_utc,
    line.position as position
from lines
where line.amount <> 0
