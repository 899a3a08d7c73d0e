"""Datasets: the records that reports read, as Parquet files in the lake and a table that lists them."""
