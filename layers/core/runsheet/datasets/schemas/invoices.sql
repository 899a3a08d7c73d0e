-- title: Invoices
-- time: created_at
-- currencies: currency
--
-- What was billed. What is still open is not stored: reports compute it for any day from the allocations of payments
-- and credit memos. Dates are days as printed on the invoice, in nobody's time zone. A column's comment is its meaning
-- in the API. Columns may be added at the end, nullable; a column is never renamed, retyped or removed.

create table invoices (
    id varchar primary key,  -- id of the invoice; a later record with the same id replaces it
    created_at timestamp not null,  -- when the record of it was made
    customer_id varchar not null,  -- id of the customer
    remote_id varchar,  -- id in the accounting system
    number varchar,  -- number printed on it
    issue_date date not null,  -- date of the invoice
    due_date date,  -- last day to pay without being late; without one it is the issue date
    currency varchar not null,  -- ISO 4217 code in lower case
    total_amount bigint not null,  -- minor units, tax included
    voided_at timestamp,  -- when it was cancelled; nothing is owed from that day on
    check (total_amount between 0 and 999999999999999),
    check (length(id) between 1 and 255),
    check (length(customer_id) between 1 and 255)
);
