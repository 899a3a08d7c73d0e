"""Repeating a POST is harmless: its first answer is given again (contracts: v1, section 5)."""
