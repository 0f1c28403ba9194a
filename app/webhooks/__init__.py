"""Webhooks: who is told of changes by requests, from where in the log, and how that went."""
