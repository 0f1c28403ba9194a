"""The client for TypeScript in a browser, on a page of another origin than the API."""

import os
import shutil

import pytest
from playwright.sync_api import sync_playwright

from tests.browser.conftest import FLAGS, NAMES
from tests.clients.conftest import Newsroom, Workshop
from tests.clients.generate import TYPESCRIPT

CHROMIUM = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
# A client with a cache reads twice, walks, is refused, and hears of the next change by the stream.
SCRIPT = """async ([server, code]) => {
  const { createClient, isProblem } = await import(URL.createObjectURL(new Blob([code], { type: "text/javascript" })));
  const cache = new Map();
  const api = createClient(server, { cache });
  const [first, second] = [await api.tags.list(), await api.tags.list()];
  let walked = 0;
  for await (const item of api.articles.pages({ limit: 10, fields: ["headline"] })) walked += item.headline ? 1 : 0;
  const code404 = await api.articles.get("no-such-story").catch((error) => isProblem(error) && error.code);
  const { head } = await api.changes.list({ limit: 1 });
  const same = JSON.stringify(first) === JSON.stringify(second);
  window.heard = (async () => {
    for await (const change of api.changes.follow({ after: head })) return change.document.headline;
  })();
  return { same, kept: cache.size > 0, walked: walked > 10, code404 };
}"""


@pytest.mark.skipif(CHROMIUM is None, reason="There is no Chromium. On Debian: apt-get install chromium.")
def test_the_client_runs_on_a_page_of_another_origin(workshop: Workshop, newsroom: Newsroom) -> None:
    workshop.node("esbuild", str(TYPESCRIPT.parent / "index.ts"), "--bundle", "--format=esm", "--outfile=client.js")
    code = (workshop.folder / "client.js").read_text()

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page()
        page.goto(f"{newsroom.proxy.url}/robots.txt")  # another port is another origin
        told = page.evaluate(SCRIPT, [newsroom.url, code])
        newsroom.publish("Heard in a browser")
        heard = page.evaluate("() => window.heard")
        browser.close()

    assert told == {"same": True, "kept": True, "walked": True, "code404": "not-found"}
    assert heard == "Heard in a browser"
