"""Answers name what they show by the keys of the log, so that a cache drops exactly what a change touched."""

import pytest
from httpx import AsyncClient

from tests.conftest import Load
from tests.factories import article, article_id, box, credit, note, section, source, tag

FLOOD = f"article:{article_id('flood')}"


@pytest.fixture
async def loaded(load: Load) -> None:
    await load(
        section("city"),
        tag("rivers"),
        source("wire"),
        note("dam"),
        article("flood", section="city", tags=["rivers"], body=[box("dam")], attributions=[credit("wire")]),
        article("povin", language="uk", translation_of=article_id("flood")),
    )


@pytest.mark.parametrize(
    ("path", "keys"),
    {
        "/v1/articles?language=en": {"articles", FLOOD},
        "/v1/articles?tag=rivers&source=wire": {"articles:tag:rivers", FLOOD},
        "/v1/articles?section=city": {"articles:tag:city", FLOOD},
        "/v1/articles?source=wire&role=reported_by": {"articles:source.reported_by:wire", FLOOD},
        "/v1/articles?tag=rivers&include=tags,sources,notes": {
            "articles:tag:rivers", FLOOD, "tag:city", "tag:rivers", "source:wire", "note:dam",
        },
        "/v1/articles/flood?include=translations": {FLOOD, f"article:{article_id('povin')}"},
        f"/v1/articles?ids={article_id('flood')}": {FLOOD},
        "/v1/articles/flood": {FLOOD},
        "/v1/tags?type=topic": {"tags", "tag:rivers"},
        "/v1/notes/dam": {"note:dam"},
    }.items(),
)  # fmt: skip
async def test_an_answer_names_what_it_shows(loaded: None, api: AsyncClient, path: str, keys: set[str]) -> None:
    answer = await api.get(path)
    assert answer.status_code == 200
    assert {*answer.headers["surrogate-key"].split(" ")} == keys
