"""API keys: who calls, for which organisation, in which mode, and what they may do."""
