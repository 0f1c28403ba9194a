"""What `python -m app` does, one module for what belongs together. `app.__main__` gives each its name."""
