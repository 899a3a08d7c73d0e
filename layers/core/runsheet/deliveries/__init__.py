"""Deliveries: who got which run's mail and when, or why not; one per run and recipient, sent at most once."""
