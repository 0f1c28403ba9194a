import pytest

from app.words import analysis as words_analysis
from app.words import forms


@pytest.fixture(params=["default", "morphology"])
def analysis(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Runs the test with the lemmas of simplemma alone, and with those of the extra `morphology`."""
    mode: str = request.param
    monkeypatch.setattr(forms, "has_morphology", lambda: mode == "morphology")
    monkeypatch.setattr(words_analysis, "_cached_keys", words_analysis._cached_keys.__wrapped__)
    return mode
