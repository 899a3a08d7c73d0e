"""Files: the results of report runs, kept for the organisation's retention."""
