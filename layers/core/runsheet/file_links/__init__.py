"""File links: public addresses of a file that work for weeks, sign afresh on each click, and can be revoked."""
