"""Holds what is derived against the documents that it is derived from: view entries, lists, counters, rows, the log."""
