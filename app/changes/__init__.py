"""The log: every write leaves one row in it, in the same transaction. Knows no noun by name."""
