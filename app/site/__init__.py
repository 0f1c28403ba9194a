"""The pages for readers: what the API has, as a newspaper. HTML by the server; scripts add comfort only."""
