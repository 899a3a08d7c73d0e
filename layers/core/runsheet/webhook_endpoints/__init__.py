"""Webhook endpoints: the addresses that an organisation's events are delivered to."""
