"""Codes of IPTC for what documents state. Source: https://cv.iptc.org/newscodes/genre/, as of 2024-02-13."""

from typing import Final

GENRES: Final = "http://cv.iptc.org/newscodes/genre/"
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
