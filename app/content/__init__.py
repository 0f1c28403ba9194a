"""What the nouns share: blocks, HTML, attributions, differences, languages, the steps of publishing. Knows no noun."""
