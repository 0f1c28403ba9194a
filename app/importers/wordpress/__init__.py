"""WordPress exports: `site` is what must be known of all of one, `stories` makes documents of its posts."""
