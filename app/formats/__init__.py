"""Renditions: what articles and notes look like in other formats than the JSON of the API."""
