-- title: Customers
-- time: created_at
--
-- Whom invoices go to: names for the receivables reports. Timestamps are UTC. A column's comment is its meaning in
-- the API. Columns may be added at the end, nullable; a column is never renamed, retyped or removed.

create table customers (
    id varchar primary key,  -- id of the customer; a later record with the same id replaces it
    created_at timestamp not null,  -- when the customer was made
    remote_id varchar,  -- id in the accounting system
    name varchar not null,  -- name of the company or person
    account_number varchar,  -- number that the customer knows
    billing_email varchar,  -- where invoices go
    check (length(id) between 1 and 255)
);
