"""What blocks an order, and what one click can do about it: pure functions on values."""
