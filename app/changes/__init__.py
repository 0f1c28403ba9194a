"""The log: every write leaves one entry in it, in the same transaction. Knows no noun by name."""
