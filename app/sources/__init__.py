"""Sources: who gave information, text or picture. Not author accounts."""
