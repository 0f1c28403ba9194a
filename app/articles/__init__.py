"""Articles: one story each, in one language, built of typed blocks that refer to sources and notes."""
