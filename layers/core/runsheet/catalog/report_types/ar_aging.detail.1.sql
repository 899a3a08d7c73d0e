/* +++
name = "Accounts receivable aging detail"
meaning = "Every invoice that was open at the end of a day, by how long it was past due, and every credit that settled nothing yet."
order_by = "customer_name, customer_id, currency, coalesce(due_date, issue_date), document_type, document_id"

[reads]
customers = "all"
invoices = "all"
payments = "all"
payment_allocations = "all"
credit_memos = "all"
credit_memo_allocations = "all"

[parameters]
as_of = { kind = "date", required = true }
timezone = { kind = "timezone" }
currency = { kind = "currency" }
columns = { kind = "columns" }

[columns]
as_of_date = { type = "date", meaning = "The day at whose end these documents were open" }
customer_id = { type = "text", meaning = "Id of the customer" }
customer_name = { type = "text", meaning = "Their name" }
account_number = { type = "text", meaning = "The number that they know" }
document_type = { type = "text", meaning = "invoice, credit_memo or payment" }
document_id = { type = "text", meaning = "Id of the document" }
document_number = { type = "text", meaning = "Number printed on it, or the payment's reference" }
remote_id = { type = "text", meaning = "Id in the accounting system" }
issue_date = { type = "date", meaning = "Date of the document; of a payment the day it came, in the run's time zone" }
due_date = { type = "date", meaning = "Last day to pay an invoice without being late" }
days_past_due = { type = "integer", meaning = "Days since the due date, or since the issue date where there is none; 0 up to that day" }
bucket = { type = "text", meaning = "The column of the amount: current, days_1_30, days_31_60, days_61_90 or days_91_plus" }
currency = { type = "text", meaning = "ISO 4217 code in lower case" }
total_amount = { type = "money", meaning = "Amount of the document; credits are negative" }
amount_paid = { type = "money", meaning = "What of it was settled; of credits what was used or refunded, negative" }
amount_due = { type = "money", meaning = "What of it was open: total_amount less amount_paid" }
current = { type = "money", meaning = "amount_due, if it was not past due" }
days_1_30 = { type = "money", meaning = "amount_due, if 1 to 30 days past due" }
days_31_60 = { type = "money", meaning = "amount_due, if 31 to 60 days past due" }
days_61_90 = { type = "money", meaning = "amount_due, if 61 to 90 days past due" }
days_91_plus = { type = "money", meaning = "amount_due, if 91 or more days past due" }
due_date_missing = { type = "boolean", meaning = "True for an invoice without a due date: it is aged from its issue date" }
+++ */
with issued as (
    select *
    from invoices
    where
        issue_date <= $as_of
        and (voided_at is null or voided_at >= $as_of_end)
        and ($currency is null or currency = $currency)
),

credits as (
    select
        'payment' as document_type, id, customer_id, remote_id, reference_number as number, null::date as issue_date,
        paid_at, currency, amount as total_amount,
        case when coalesce(refunded_at, paid_at) < $as_of_end then coalesce(amount_refunded, 0) else 0 end as refunded
    from payments
    where
        paid_at < $as_of_end
        and ($currency is null or currency = $currency)
    union all
    select 'credit_memo', id, customer_id, remote_id, number, issue_date, null, currency, total_amount, 0
    from credit_memos
    where
        issue_date <= $as_of
        and (voided_at is null or voided_at >= $as_of_end)
        and ($currency is null or currency = $currency)
),

allocations as (
    select 'payment' as document_type, payment_id as credit_id, invoice_id, amount
    from payment_allocations
    where allocated_at < $as_of_end and approved is not false
    union all
    select 'credit_memo', credit_memo_id, invoice_id, amount
    from credit_memo_allocations
    where allocated_at < $as_of_end
),

-- An allocation counts once both of its documents are there: a payment in advance is a credit until the invoice comes.
settlements as (
    select credits.document_type, credits.id as credit_id, issued.id as invoice_id, allocations.amount
    from allocations
    join credits on credits.id = allocations.credit_id and credits.document_type = allocations.document_type
    join issued on issued.id = allocations.invoice_id and issued.currency = credits.currency
),

settled as (
    select invoice_id, sum(amount) as amount
    from settlements
    group by invoice_id
),

used as (
    select document_type, credit_id, sum(amount) as amount
    from settlements
    group by document_type, credit_id
),

open_documents as (
    select
        'invoice' as document_type, id, customer_id, remote_id, number, issue_date, due_date,
        coalesce(due_date, issue_date) as aged_from, due_date is null as due_date_missing,
        currency, total_amount, coalesce(settled.amount, 0) as amount_paid
    from issued
    left join settled on settled.invoice_id = issued.id
    where total_amount <> coalesce(settled.amount, 0)
    union all
    select
        credits.document_type, id, customer_id, remote_id, number, coalesce(issue_date, local_time(paid_at)::date), null,
        coalesce(issue_date, local_time(paid_at)::date), false,
        currency, -total_amount, -(refunded + coalesce(used.amount, 0))
    from credits
    left join used on used.credit_id = credits.id and used.document_type = credits.document_type
    where total_amount <> refunded + coalesce(used.amount, 0)
),

aged as (
    select
        *,
        total_amount - amount_paid as amount_due,
        greatest($as_of - aged_from, 0) as days_past_due
    from open_documents
),

bucketed as (
    select
        *,
        case
            when days_past_due = 0 then 'current'
            when days_past_due <= 30 then 'days_1_30'
            when days_past_due <= 60 then 'days_31_60'
            when days_past_due <= 90 then 'days_61_90'
            else 'days_91_plus'
        end as bucket
    from aged
)

select
    $as_of as as_of_date,
    bucketed.customer_id,
    customers.name as customer_name,
    customers.account_number,
    document_type,
    bucketed.id as document_id,
    bucketed.number as document_number,
    bucketed.remote_id,
    issue_date,
    due_date,
    days_past_due,
    bucket,
    currency,
    money(total_amount, currency) as total_amount,
    money(amount_paid, currency) as amount_paid,
    money(amount_due, currency) as amount_due,
    money(case when bucket = 'current' then amount_due else 0 end, currency) as current,
    money(case when bucket = 'days_1_30' then amount_due else 0 end, currency) as days_1_30,
    money(case when bucket = 'days_31_60' then amount_due else 0 end, currency) as days_31_60,
    money(case when bucket = 'days_61_90' then amount_due else 0 end, currency) as days_61_90,
    money(case when bucket = 'days_91_plus' then amount_due else 0 end, currency) as days_91_plus,
    due_date_missing
from bucketed
left join customers on customers.id = bucketed.customer_id
