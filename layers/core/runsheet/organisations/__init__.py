"""Organisations: the customers whose data is reported on."""
