"""Whatever its bytes, a feed is read, or refused in words that say why."""

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.importers.feeds.entries import MOST_ENTRIES, Feed
from app.importers.feeds.json_feed import read_json_feed
from app.importers.feeds.reading import read_xml
from app.importers.recognition import recognise
from app.importers.xml_text import DamagedExport
from tests.importers.feeds.samples import atom, atom_entry, item, json_feed, rss

PICTURE = '<media:content url="https://a.example/1.jpg"><media:description>Yard</media:description></media:content>'
XHTML = '<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>Млин</p></div></content>'
MANY = " ".join(f"a{number}='b'" for number in range(501))
FEEDS = (rss(item(7, "A &amp; B", "<p>It.</p>", PICTURE), item(8)), atom(atom_entry("1", "Млин", XHTML)))


@given(text=st.sampled_from(FEEDS), changes=st.dictionaries(st.integers(0, 2_000), st.integers(0, 255), max_size=4),
       end=st.integers(0, 2_000))  # fmt: skip
def test_any_bytes_are_read_or_refused(text: str, changes: dict[int, int], end: int) -> None:
    data = bytearray(text.encode())
    for place, byte in changes.items():
        data[place % len(data)] = byte
    with suppress(DamagedExport):
        assert isinstance(read_xml(bytes(data[:end])), Feed)


@pytest.mark.parametrize(
    ("text", "detail"),
    [
        (rss("<item/>" * (2 * MOST_ENTRIES + 1)), "more than 10000 entries"),
        (f"<rss {MANY}></rss>", "more than 500 attributes"),
    ],
)
def test_what_would_take_too_long_is_refused(text: str, detail: str) -> None:
    with pytest.raises(DamagedExport, match=detail):
        read_xml(text.encode())


def test_a_json_feed_of_too_many_items_is_refused() -> None:
    with pytest.raises(DamagedExport, match="more than 10000 entries"):
        read_json_feed(json_feed(*[{}] * (MOST_ENTRIES + 1)).encode())


@pytest.mark.parametrize("encoding", ["utf-16", "windows-1251"])
def test_a_feed_is_read_in_the_encoding_that_it_names(encoding: str) -> None:
    text = f'<?xml version="1.0" encoding="{encoding}"?>{rss(item(7, "Млин"))}'

    feed = read_xml(text.encode(encoding))

    assert (feed.entries[0].title, feed.damages) == ("Млин", [])


def test_an_ampersand_is_a_text_where_it_begins_no_character() -> None:
    link = "<link><![CDATA[https://a.example/?a=1&b=2]]></link>"
    text = rss(f"<item><guid>7</guid>{link}<title>Salt & pepper&nbsp;&mdash; R&D &lt;b&gt;now&lt;/b&gt;</title></item>")

    feed = read_xml(text.encode())

    assert [(entry.title, entry.url) for entry in feed.entries] == [
        ("Salt & pepper\xa0— R&D <b>now</b>", "https://a.example/?a=1&b=2"),
    ]
    assert feed.damages == []


@pytest.mark.parametrize(
    ("text", "format"),
    [
        (FEEDS[0], "feed"),
        ('<!DOCTYPE rss [<!ENTITY a "b">]><rss version="0.91"/>', "feed"),
        ("<?xml version='1.0'?><!-- a --><atom:feed xmlns:atom='http://www.w3.org/2005/Atom'/>", "feed"),
        ('{"title": "Lypka", "version":"https://jsonfeed.org/version/1", "items": []}', "feed"),
        ("<!DOCTYPE html><html><rss></html>", "html"),
        ("<!---->" * 9_000 + "<other>", "text"),
    ],
)
def test_feeds_are_recognised_by_their_content(tmp_path: Path, text: str, format: str) -> None:
    (tmp_path / "a").write_text(text)

    assert recognise(tmp_path / "a").format == format
