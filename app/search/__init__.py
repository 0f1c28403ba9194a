"""Search and suggestions over all nouns: what is found by words, ranked, and what somebody may be about to type."""
