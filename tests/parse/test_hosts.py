"""Where links lead and what they pass themselves off as."""

from __future__ import annotations

import pytest

from mailbot.parse.hosts import named_host, read_link, same_place

OURS = frozenset({"studio.example", "orders.studio.example"})


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://client.example/a?b#c", "client.example"),
        ("  HTTP://Client.Example:80/ ", "client.example"),
        ("https:client.example", "client.example"),
        ("https:\\\\client.example\\a", "client.example"),
        ("https:////client.example", "client.example"),
        ("https://cli\tent.exa\nmple/", "client.example"),
        ("https://client\u200b.example", "client.example"),
        ("https://ｃlient。example", "client.example"),
        ("https://user:pw@client.example/", "client.example"),
        ("https://client.example.", "client.example"),
    ],
)
def test_a_host_is_read_as_a_browser_reads_it(url: str, host: str) -> None:
    link = read_link(url)
    assert link is not None
    assert link.host == host
    assert link.url.split("/")[2].partition(":")[0] == host


@pytest.mark.parametrize(
    "url",
    ["", "javascript:x", "https://", "https:///", "mailto:a@b", "//client.example", "/a", "https://a b/", "https://a\u2028b/", "https://[::1]/",
     "https://x:y/", "https://%41/", "ftp://x.example", "\u00a0https://x.example", "https://" + "a" * 300],
)  # fmt: skip
def test_what_is_no_web_address_is_no_link(url: str) -> None:
    assert read_link(url) is None


@pytest.mark.parametrize(
    ("url", "warning"),
    [
        ("https://dropbox.com/s/1", ""),
        ("https://www.dropbox.com/s/1", ""),
        ("https://orders.studio.example/1", ""),
        ("https://client.example", ""),
        ("https://müller.example", ""),
        ("https://写真.example", ""),
        ("https://client.example:443/", ""),
        ("https://dropb0x.com", "looks like dropbox.com, but is another place"),
        ("https://www.dropböx.com", "looks like dropbox.com, but is another place"),
        ("https://we-transfer.com", "looks like wetransfer.com, but is another place"),
        ("https://wetransfer.corn", "looks like wetransfer.com, but is another place"),
        ("https://studio.exarnple", "looks like studio.example, but is another place"),
        ("https://ıcloud.com", "looks like icloud.com, but is another place"),
        ("https://dropbox.com.evil.example", "names dropbox.com, but belongs to evil.example"),
        ("https://studio.example.evil.co.uk", "names studio.example, but belongs to evil.co.uk"),
        ("https://dropbox.com@evil.example", "only looks like dropbox.com; it leads to evil.example"),
        ("https://3232235777/", "leads to a bare number instead of a name"),
        ("https://0x7f.1/", "leads to a bare number instead of a name"),
        ("https://192.168.1.1/", "leads to a bare number instead of a name"),
        ("https://client.example:8443/", "leads to port 8443"),
        ("https://clіent.example/", "mixes alphabets in its name (clіent.example)"),
        ("https://xn--80ak6aa92e.com", "is written in foreign letters that look like Latin ones (xn--80ak6aa92e.com)"),
    ],
)
def test_a_host_that_passes_for_another_is_flagged(url: str, warning: str) -> None:
    link = read_link(url, OURS)
    assert link is not None
    assert link.warning == warning


def test_punycode_is_shown_as_it_looks_and_broken_punycode_as_it_is() -> None:
    shown = [
        link.shown for url in ("https://xn--mller-kva.example", "https://xn--9.example", "https://xn--.example") if (link := read_link(url))
    ]
    assert shown == ["müller.example", "xn--9.example", "xn--.example"]


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("https://client.example/a.jpg", "client.example"), ("www.client.example", "www.client.example"), ("client.example.", "client.example"),
        ("our photos", ""), ("IMG_4589.jpg", ""), ("final-v2.zip", ""), ("e.g.", ""), ("see client.example", ""), ("ann@client.example", ""),
    ],
)  # fmt: skip
def test_a_text_names_a_host_only_where_it_is_an_address(text: str, host: str) -> None:
    assert named_host(text) == host


@pytest.mark.parametrize(
    ("named", "host", "same"),
    [
        ("client.example", "www.client.example", True), ("www.client.example", "photos.client.example", True),
        ("client.co.uk", "evil.co.uk", False), ("www.client.co.uk", "client.co.uk", True), ("client.example", "client.example.evil.example", False),
    ],
)  # fmt: skip
def test_subdomains_of_one_owner_are_the_same_place(named: str, host: str, same: bool) -> None:
    assert same_place(named, host) is same
