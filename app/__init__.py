"""Dovidka: articles, sources and reference notes as versioned, linked objects over HTTP."""

__version__ = "0.2.0"
