"""Report configs: which report is mailed to whom and when (contracts: report configs)."""
