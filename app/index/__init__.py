"""The index of words: which objects have which keys of words, in which view. Knows how no noun is made of texts."""
