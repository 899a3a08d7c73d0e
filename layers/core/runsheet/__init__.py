"""Runsheet: report runs, scheduled reports and usage exports in your own AWS account."""
