"""API keys: who may write, and who may read unpublished content."""
