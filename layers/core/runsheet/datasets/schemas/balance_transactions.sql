-- title: Balance transactions
-- time: created
-- currencies: currency, customer_facing_currency
--
-- Every movement of an organisation's balance: what the balance, payout and reconciliation reports read.
-- Amounts are integers in minor units of at most 15 digits; timestamps are UTC. A column's comment is its meaning
-- in the API. Columns may be added at the end, nullable; a column is never renamed, retyped or removed.

create table balance_transactions (
    id varchar primary key,  -- id of the balance transaction; a later record with the same id replaces it
    connected_account varchar,  -- account the line belongs to, when it is not the organisation's own
    created timestamp not null,  -- when the transaction was made
    available_on timestamp not null,  -- when its net amount becomes available
    currency varchar not null,  -- ISO 4217 code in lower case
    gross bigint not null,  -- minor units
    fee bigint not null,  -- minor units, positive when charged
    net bigint not null,  -- minor units, gross less fee
    reporting_category varchar not null,  -- what kind of movement it is
    source_id varchar,  -- charge, refund, dispute, payout or transfer behind it
    description varchar,  -- free text
    customer_facing_amount bigint,  -- minor units of customer_facing_currency, as the customer saw it
    customer_facing_currency varchar,  -- ISO 4217 code in lower case
    regulatory_tag varchar,  -- regulator's classification
    trace_id varchar,  -- bank's reference of the payout
    trace_id_status varchar,  -- whether the bank gives one
    automatic_payout_id varchar,  -- automatic payout that carries it
    automatic_payout_effective_at timestamp,  -- when that payout leaves the balance
    customer_id varchar,  -- id of the customer
    customer_email varchar,  -- their e-mail address
    customer_name varchar,  -- their name
    customer_description varchar,  -- free text on the customer
    customer_shipping_address_line1 varchar,  -- customer's shipping address: first line
    customer_shipping_address_line2 varchar,  -- customer's shipping address: second line
    customer_shipping_address_city varchar,  -- customer's shipping address: city
    customer_shipping_address_state varchar,  -- customer's shipping address: state or province
    customer_shipping_address_postal_code varchar,  -- customer's shipping address: postal code
    customer_shipping_address_country varchar,  -- customer's shipping address: country
    customer_address_line1 varchar,  -- customer's address: first line
    customer_address_line2 varchar,  -- customer's address: second line
    customer_address_city varchar,  -- customer's address: city
    customer_address_state varchar,  -- customer's address: state or province
    customer_address_postal_code varchar,  -- customer's address: postal code
    customer_address_country varchar,  -- customer's address: country
    shipping_address_line1 varchar,  -- shipping address of the charge: first line
    shipping_address_line2 varchar,  -- shipping address of the charge: second line
    shipping_address_city varchar,  -- shipping address of the charge: city
    shipping_address_state varchar,  -- shipping address of the charge: state or province
    shipping_address_postal_code varchar,  -- shipping address of the charge: postal code
    shipping_address_country varchar,  -- shipping address of the charge: country
    card_address_line1 varchar,  -- billing address of the card: first line
    card_address_line2 varchar,  -- billing address of the card: second line
    card_address_city varchar,  -- billing address of the card: city
    card_address_state varchar,  -- billing address of the card: state or province
    card_address_postal_code varchar,  -- billing address of the card: postal code
    card_address_country varchar,  -- billing address of the card: country
    charge_id varchar,  -- id of the charge
    payment_intent_id varchar,  -- id of the payment intent
    charge_created timestamp,  -- when the charge was made or authorised
    invoice_id varchar,  -- id of the invoice
    invoice_number varchar,  -- number of the invoice
    order_id varchar,  -- id of the order
    subscription_id varchar,  -- id of the subscription
    payment_method_type varchar,  -- card, us_bank_account, …
    is_link boolean,  -- paid with a saved wallet
    card_brand varchar,  -- brand of the card
    card_funding varchar,  -- credit, debit, prepaid, unknown
    card_country varchar,  -- country of the card
    statement_descriptor varchar,  -- text on the customer's statement
    dispute_reason varchar,  -- reason of the dispute
    connected_account_id varchar,  -- id of the counterpart account
    connected_account_name varchar,  -- its name
    connected_account_country varchar,  -- its country
    connected_account_direct_charge_id varchar,  -- direct charge on it
    destination_payment_id varchar,  -- payment that the charge made in the destination account
    payout_id varchar,  -- id of the payout, for lines that are one
    payout_effective_at timestamp,  -- when it leaves the balance, or came back to it
    payout_expected_arrival_date date,  -- when the bank should have it
    payout_status varchar,  -- state of the payout
    payout_reversed_at timestamp,  -- when it failed or was canceled
    payout_type varchar,  -- kind of destination
    payout_description varchar,  -- free text on the payout
    payout_destination_id varchar,  -- bank account or card
    payment_metadata map(varchar, varchar),  -- metadata of the payment, else of the charge
    refund_metadata map(varchar, varchar),  -- metadata of the refund
    transfer_metadata map(varchar, varchar),  -- metadata of the transfer
    check (gross between -999999999999999 and 999999999999999),
    check (fee between -999999999999999 and 999999999999999),
    check (net between -999999999999999 and 999999999999999),
    check (customer_facing_amount between -999999999999999 and 999999999999999),
    check (net = gross - fee),
    check (length(id) between 1 and 255),
    check (trace_id_status in ('pending', 'unsupported', 'supported')),
    check (payout_status in ('paid', 'pending', 'in_transit', 'canceled', 'failed')),
    check (payout_type in ('bank_account', 'card')),
    check (reporting_category in (
        'advance', 'advance_funding', 'anticipation_repayment', 'charge', 'charge_failure',
        'climate_order_purchase', 'climate_order_refund', 'connect_collection_transfer',
        'connect_reserved_funds', 'contribution', 'dispute', 'dispute_reversal', 'fee',
        'financing_paydown', 'financing_paydown_reversal', 'financing_payout',
        'financing_payout_reversal', 'issuing_authorization_hold', 'issuing_authorization_release',
        'issuing_dispute', 'issuing_transaction', 'network_cost', 'other_adjustment',
        'partial_capture_reversal', 'payout', 'payout_reversal', 'platform_earning',
        'platform_earning_refund', 'refund', 'refund_failure', 'risk_reserved_funds', 'tax',
        'topup', 'topup_reversal', 'transfer', 'transfer_reversal', 'unreconciled_customer_funds'
    ))
);
