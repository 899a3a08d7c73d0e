"""Webhook deliveries: one event on its way to one endpoint, tried for three days, each try on record."""
