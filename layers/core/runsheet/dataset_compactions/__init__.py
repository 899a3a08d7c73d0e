"""Dataset compactions: many small files of a dataset rewritten as few large ones, beside readers and writers."""
