"""Words of texts and of questions: where they stand, by which keys they find each other, and what a question asks for.

Knows no noun and no database. Nouns hand it the texts that they save; requests hand it the words that somebody typed.
"""
