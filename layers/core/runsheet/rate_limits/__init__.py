"""How much a key may ask for: requests in a second, and exports that run at once. Held across all containers."""
