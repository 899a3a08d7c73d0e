"""Dataset uploads: files of records that a loader puts into S3, and what became of them."""
