"""Report types: the catalogue as the v1 contract shows it."""
