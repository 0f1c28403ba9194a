"""What comes in from elsewhere: bytes to documents, one file a format; `store` writes the documents."""
