/* +++
name = "Accounts receivable aging summary"
meaning = "What each customer owed at the end of a day, by how long it was past due, with a total for each currency."
aliases = ["ar_aging_report"]
order_by = "row_type, customer_name, customer_id, currency"

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
as_of_date = { type = "date", meaning = "The day at whose end this was owed" }
row_type = { type = "text", meaning = "customer, or total for the sum of a currency" }
customer_id = { type = "text", meaning = "Id of the customer" }
customer_name = { type = "text", meaning = "Their name, or TOTAL" }
account_number = { type = "text", meaning = "The number that they know" }
currency = { type = "text", meaning = "ISO 4217 code in lower case; amounts of different currencies are never added up" }
num_open_invoices = { type = "integer", meaning = "Number of open invoices" }
current = { type = "money", meaning = "Not past due" }
days_1_30 = { type = "money", meaning = "1 to 30 days past due" }
days_31_60 = { type = "money", meaning = "31 to 60 days past due" }
days_61_90 = { type = "money", meaning = "61 to 90 days past due" }
days_91_plus = { type = "money", meaning = "91 or more days past due" }
total = { type = "money", meaning = "Sum of the five" }
unapplied_credits = { type = "money", meaning = "What of the total is credit memos and payments that settled nothing yet: negative" }
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
        'payment' as document_type, id, customer_id, null::date as issue_date, paid_at, currency, amount as total_amount,
        case when coalesce(refunded_at, paid_at) < $as_of_end then coalesce(amount_refunded, 0) else 0 end as refunded
    from payments
    where
        paid_at < $as_of_end
        and ($currency is null or currency = $currency)
    union all
    select 'credit_memo', id, customer_id, issue_date, null, currency, total_amount, 0
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
        'invoice' as document_type, customer_id, currency, coalesce(due_date, issue_date) as aged_from,
        total_amount - coalesce(settled.amount, 0) as amount_due
    from issued
    left join settled on settled.invoice_id = issued.id
    where total_amount <> coalesce(settled.amount, 0)
    union all
    select
        credits.document_type, customer_id, currency, coalesce(issue_date, local_time(paid_at)::date),
        refunded + coalesce(used.amount, 0) - total_amount
    from credits
    left join used on used.credit_id = credits.id and used.document_type = credits.document_type
    where total_amount <> refunded + coalesce(used.amount, 0)
),

aged as (
    select *, greatest($as_of - aged_from, 0) as days_past_due
    from open_documents
),

sums as (
    select
        customer_id,
        currency,
        grouping(customer_id) = 1 as is_total,
        count(*) filter (where document_type = 'invoice') as num_open_invoices,
        coalesce(sum(amount_due) filter (where days_past_due = 0), 0) as current,
        coalesce(sum(amount_due) filter (where days_past_due between 1 and 30), 0) as days_1_30,
        coalesce(sum(amount_due) filter (where days_past_due between 31 and 60), 0) as days_31_60,
        coalesce(sum(amount_due) filter (where days_past_due between 61 and 90), 0) as days_61_90,
        coalesce(sum(amount_due) filter (where days_past_due > 90), 0) as days_91_plus,
        sum(amount_due) as total,
        coalesce(sum(amount_due) filter (where document_type <> 'invoice'), 0) as unapplied_credits
    from aged
    group by grouping sets ((customer_id, currency), (currency))
)

select
    $as_of as as_of_date,
    case when is_total then 'total' else 'customer' end as row_type,
    customer_id,
    case when is_total then 'TOTAL' else customers.name end as customer_name,
    customers.account_number,
    currency,
    num_open_invoices,
    money(current, currency) as current,
    money(days_1_30, currency) as days_1_30,
    money(days_31_60, currency) as days_31_60,
    money(days_61_90, currency) as days_61_90,
    money(days_91_plus, currency) as days_91_plus,
    money(total, currency) as total,
    money(unapplied_credits, currency) as unapplied_credits
from sums
left join customers on customers.id = sums.customer_id
