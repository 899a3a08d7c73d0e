/* +++
name = "Account usage in detail"
meaning = "What an organisation and its children used and the credits that took, by day, week or month, in all and by category."
rows_of = "account_usage.child_detailed.1"
order_by = '"Date"'

[pivot]
columns = "usage_columns"
measures = ["quantity", "credits", "surcharge"]
period = "group_by"

[parameters]
start_date = { kind = "date", required = true }
end_date = { kind = "date", required = true }
group_by = { kind = "choice", choices = ["day", "week", "month"], default = "day" }
include_deployment_charge = { kind = "boolean", default = false }

[columns]
"Date" = { type = "date", meaning = "The day, the Monday of the week, or the first day of the month, in UTC" }
"Total Credits" = { type = "decimal", meaning = "Sum of the columns of credits" }
+++ */
