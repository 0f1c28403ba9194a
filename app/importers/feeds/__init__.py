"""Feeds: `reading` takes RSS and Atom apart, `json_feed` JSON Feed; `stories` makes documents of their entries."""
