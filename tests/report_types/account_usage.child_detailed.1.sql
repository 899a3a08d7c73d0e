/* +++
name = "Account usage child_detailed"
meaning = "Stands in for the report type of the same id until the package has it: days and number of records."
reads = ["balance_transactions"]
records = "all"
order_by = "day"

[parameters]
start_date = { kind = "date", required = true }
end_date = { kind = "date", required = true }
group_by = { kind = "choice", choices = ["day", "week", "month"] }

[columns]
day = { type = "date", meaning = "First day" }
records = { type = "integer", meaning = "Number of records" }
+++ */
select $start_date as day, count(*) as records
from balance_transactions
where $group_by is not null and $end_date is not null
