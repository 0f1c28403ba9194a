"""The commands of `python -m app` and everything they print. `app.__main__` gives each command its name."""
