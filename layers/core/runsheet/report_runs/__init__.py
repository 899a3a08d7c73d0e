"""Report runs: created over the API, carried out by a worker, ended as `succeeded` or `failed`, once."""
