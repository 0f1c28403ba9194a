"""Webhooks: subscribers that receive each change of the log as a signed HTTP request."""
