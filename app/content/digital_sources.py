"""The codes by which IPTC tells how a medium came to be. Source: https://cv.iptc.org/newscodes/digitalsourcetype/, as
of 2024-10-23; retired codes too, which archives have."""

from typing import Final, Literal

DigitalSourceType = Literal[
    "digitalCapture", "computationalCapture", "negativeFilm", "positiveFilm", "print", "minorHumanEdits", "humanEdits",
    "algorithmicallyEnhanced", "softwareImage", "digitalArt", "digitalCreation", "dataDrivenMedia",
    "trainedAlgorithmicMedia", "algorithmicMedia", "screenCapture", "virtualRecording", "composite", "compositeCapture",
    "compositeSynthetic", "compositeWithTrainedAlgorithmicMedia",
]  # fmt: skip
# Those that say that generative AI had a part.
MADE_WITH_AI: Final = frozenset({"trainedAlgorithmicMedia", "compositeWithTrainedAlgorithmicMedia"})
