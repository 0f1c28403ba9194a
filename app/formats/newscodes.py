"""Codes of IPTC for what documents state. Source: https://cv.iptc.org/newscodes/; genres as of 2024-02-13."""

from collections.abc import Mapping
from typing import Any, Final

GENRES: Final = "http://cv.iptc.org/newscodes/genre/"
_DIGITAL_SOURCES: Final = "http://cv.iptc.org/newscodes/digitalsourcetype/"
# Codes and names in English by our genres.
_GENRES: Final = {
    "news": ("Current", "Current Events"),
    "analysis": ("Analysis", "Analysis"),
    "opinion": ("Opinion", "Opinion"),
    "interview": ("Interview", "Interview"),
    "feature": ("Feature", "Feature"),
    "review": ("Review", "Review"),
    "live": ("LiveCoverage", "Live Coverage"),
    "obituary": ("Obituary", "Obituary"),
    "explainer": ("Background", "Background"),
    "fact_check": ("Fact_Check", "Fact Check"),
    "press_release": ("Press_Release", "Press Release"),
    "sponsored": ("Sponsored", "Sponsored"),
}


def genre_code(genre: str) -> str:
    return _GENRES[genre][0]


def genre_uri(genre: str) -> str:
    return f"{GENRES}{genre_code(genre)}"


def genre_name(genre: str) -> str:
    """The name that IPTC gives to the genre, in English."""
    return _GENRES[genre][1]


def digital_source_uri(ai: Mapping[str, Any] | None) -> str | None:
    """The code of how it came to be, where what is said of AI names one."""
    if ai is None or ai["digital_source_type"] is None:
        return None
    return f"{_DIGITAL_SOURCES}{ai['digital_source_type']}"
