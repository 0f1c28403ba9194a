"""The hard story on a server, for tests that only read."""

from collections.abc import AsyncIterator

import pytest
from httpx import AsyncClient

from tests.conftest import serving
from tests.formats.stories import beside, hard, translation


@pytest.fixture(scope="module")
async def library(module_url: str) -> AsyncIterator[AsyncClient]:
    async with serving(module_url, *beside(), hard(), translation()) as api:
        yield api
