/* +++
name = "Account usage detailed"
meaning = "Stands in for the report type of the same id until the package has it: days and number of records."
reads = ["balance_transactions"]
records = "all"
order_by = "day"

[parameters]
start_date = { kind = "date", required = true }
end_date = { kind = "date", required = true }
group_by = { kind = "choice", choices = ["day", "week", "month"] }
include_deployment_charge = { kind = "choice", choices = ["true", "false"] }

[columns]
day = { type = "date", meaning = "First day" }
records = { type = "integer", meaning = "Number of records" }
+++ */
select $start_date as day, count(*) as records
from balance_transactions
where $include_deployment_charge is not null and $group_by is not null and $end_date is not null
