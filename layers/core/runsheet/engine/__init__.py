"""Runs reports: DuckDB inside the worker, over the Parquet files of one organisation, to a CSV in S3."""
