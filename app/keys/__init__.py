"""Keys: who may write, and who may read what is not public."""
