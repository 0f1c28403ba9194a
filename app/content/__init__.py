"""What the nouns share: blocks and their text, attributions, languages. Knows no noun."""
