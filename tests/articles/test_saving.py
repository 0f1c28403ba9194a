"""What saving a state leaves as it was."""

from httpx import AsyncClient

from tests.answers import refusal


async def test_a_correction_leaves_the_working_copy_its_address(desk: AsyncClient) -> None:
    await desk.post("/v1/articles", json={"language": "en", "headline": "Flood", "slug": "flood"})
    etag = (await desk.post("/v1/articles/flood/publish")).headers["etag"]
    await desk.patch("/v1/articles/flood/draft", json={"slug": "the-flood"}, headers={"If-Match": etag})
    corrected = await desk.post("/v1/articles/flood/correct", json={"kind": "correction", "text": "It was the Strypa."})
    assert corrected.status_code == 200, corrected.text

    other = await desk.post("/v1/articles", json={"language": "en", "headline": "Another", "slug": "the-flood"})

    refusal(other, 409, "conflict")
    assert (await desk.post("/v1/articles/flood/publish")).status_code == 200
    assert (await desk.get("/v1/articles/the-flood")).status_code == 200
