/* +++
name = "Itemized ending balance reconciliation"
meaning = "Every transaction that was in the balance at interval_end, because no automatic payout had carried it out by then, oldest first."
rows_of = "payout_reconciliation.itemized.5"
in_order = false
in_parts = true

[reads]
balance_transactions = "before_end"

[parameters]
interval_end = { kind = "instant", required = true }
timezone = { kind = "timezone" }
currency = { kind = "currency" }
reporting_category = { kind = "reporting_category" }
decimal_separator = { kind = "choice", choices = [".", ","] }
columns = { kind = "columns" }
+++ */
-- The automatic payouts that had left the balance. Their own lines and those that they carried make up for each other.
create table paid_out as
select distinct automatic_payout_id as id
from balance_transactions
where
    created < $interval_end
    and automatic_payout_effective_at < $interval_end
    and coalesce(payout_id, source_id) is distinct from automatic_payout_id;

create view transactions as
select *
from balance_transactions
where
    created < $interval_end
    and (
        automatic_payout_id is null
        or automatic_payout_id = coalesce(payout_id, source_id)
        or coalesce(automatic_payout_effective_at >= $interval_end, true)
    )
    and not exists (
        from paid_out
        where reporting_category = 'payout' and paid_out.id = coalesce(payout_id, source_id)
    )
    and ($currency is null or currency = $currency)
    and ($reporting_category is null or reporting_category = $reporting_category);
