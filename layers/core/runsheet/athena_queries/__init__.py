"""Queries of Athena, which carry out the report runs that are too large for one worker: started, looked at, stopped."""
