"""HTTP and nothing else: this package could serve another product tomorrow."""
