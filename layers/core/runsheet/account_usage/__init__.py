"""The account usage export: report runs of the types `account_usage.*`, asked for day by day, and the forecast."""

FAMILY = "account_usage."
"""What the ids of its report types begin with."""
