"""Read models: what a screen shows, as plain values, read in one transaction that the database keeps from writing."""
