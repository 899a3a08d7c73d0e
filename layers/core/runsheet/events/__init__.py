"""Events: what happened to an organisation's report runs and report types, kept for 30 days."""
