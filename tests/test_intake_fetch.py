"""Fetching is polite and bounded, and never leads into a private network: tried on servers of the test's own.

Every server here listens on this machine's loopback address; the names that tests ask for exist in no DNS.
"""

from __future__ import annotations

import asyncio
import gzip
import ipaddress
import threading
import time
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from analysis.intake import draft
from analysis.intake.fetch import USER_AGENT, Fetcher, Policy, is_public
from analysis.intake.fetch import resolve as system_resolve
from analysis.intake.pages import Refused, Skipped

PAGE = (
    b"<html><body><article><p>The minister said the treaty would help the police of many countries.</p></article>"
    b"</body></html>"
)


@dataclass
class Site:
    """A server: `answers` maps paths to (status, headers, body); robots.txt is missing unless it is one of them."""

    port: int = 0
    answers: dict[str, tuple[int, dict[str, str], bytes]] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str], float]] = field(default_factory=list)
    drip: float = 0.0

    def url(self, path: str, host: str = "paper.test") -> str:
        return f"http://{host}:{self.port}{path}"

    def says(self, path: str, body: bytes = PAGE, status: int = 200, **headers: str) -> None:
        named = {"content-type": "text/html", **{k.replace("_", "-"): v for k, v in headers.items()}}
        self.answers[path] = status, named, body

    def paths(self) -> list[str]:
        return [path for path, _, _ in self.asked]


@pytest.fixture
def site() -> Iterator[Site]:
    made = Site()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            made.asked.append((self.path, dict(self.headers), time.monotonic()))
            status, headers, body = made.answers.get(self.path, (404, {}, b"not here"))
            try:
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                if "content-length" not in headers:
                    self.send_header("content-length", str(len(body)))
                self.end_headers()
                if made.drip:
                    for i in range(len(body)):
                        self.wfile.write(body[i : i + 1])
                        time.sleep(made.drip)
                else:
                    self.wfile.write(body)
            except OSError:
                pass  # the other side has had enough

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    made.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield made
    server.shutdown()
    server.server_close()


def local(host: str, port: int) -> list[str]:
    if not host.endswith(".test"):
        return [str(ipaddress.ip_address(host))]
    special = {"private.test": ["10.0.0.7"], "both.test": ["127.0.0.1", "192.168.1.1"], "none.test": []}
    return special.get(host, ["127.0.0.1"])


# The tests' open web is one address; to everything else the policy's own rule applies.
POLICY = Policy(
    allow=lambda a: a == ipaddress.ip_address("127.0.0.1") or is_public(a), resolve=local, seconds=5, pause=0
)


def refused(url: str, policy: Policy = POLICY) -> str:
    with pytest.raises(Refused) as caught:
        Fetcher(policy).get(url)
    return str(caught.value)


# -- a page -----------------------------------------------------------------------------------------------------------


def test_a_page_comes_with_its_encoding_and_address_and_we_say_who_we_are(site):
    site.says("/a?b=1", content_type="text/html; charset=KOI8-R")
    got = Fetcher(POLICY).get(site.url("/a?b=1#part"))
    assert (got.body, got.charset.lower(), got.kind) == (PAGE, "koi8-r", "text/html")
    assert got.url == site.url("/a?b=1#part") and site.paths() == ["/robots.txt", "/a?b=1"]
    for _, headers, _ in site.asked:
        assert headers["User-Agent"] == USER_AGENT and headers["Host"] == f"paper.test:{site.port}"
        assert not {"Cookie", "Authorization", "Referer"} & headers.keys()


def test_the_connection_goes_to_the_address_that_was_checked(site):
    """`paper.test` is in no DNS: that the page comes shows that the name is not looked up a second time."""
    site.says("/a")
    looked_up = []

    def rebinding(host: str, port: int) -> list[str]:
        looked_up.append(host)
        return ["127.0.0.1"] if len(looked_up) <= 2 else ["10.0.0.7"]

    assert Fetcher(replace(POLICY, resolve=rebinding)).get(site.url("/a")).body == PAGE
    assert looked_up == ["paper.test", "paper.test"]  # robots.txt and the page: once each


def test_proxies_of_the_environment_are_not_used(site, monkeypatch):
    site.says("/a")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    assert Fetcher(POLICY).get(site.url("/a")).body == PAGE


# -- private networks -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.1.2.3",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "192.0.2.1",
        "198.18.0.1",
        "::1",
        "::",
        "fe80::1",
        "fc00::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "2001:db8::1",
        "2002:c0a8:101::1",
    ],
)
def test_addresses_that_are_not_the_open_web(address):
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["1.1.1.1", "8.8.8.8", "2606:4700:4700::1111", "::ffff:1.1.1.1"])
def test_addresses_of_the_open_web(address):
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://localhost/",
        "http://[::1]/",
        "http://2130706433/",
        "http://0x7f.1/",
        "http://[::ffff:127.0.0.1]/",
        "http://127.1/",
        "http://0/",
        "http://LOCALHOST./",
    ],
)
def test_the_own_machine_is_refused_however_it_is_written(url, site):
    assert any(word in refused(url, Policy(seconds=5)) for word in ("private network", "not found"))
    assert system_resolve("localhost", 80)[0] in ("127.0.0.1", "::1")


def test_a_host_with_one_private_address_is_refused(site):
    assert "private network (192.168.1.1)" in refused(site.url("/", "both.test"))
    assert site.asked == []


@pytest.mark.parametrize(
    "target",
    [
        "http://private.test/",
        "http://10.0.0.7/",
        "//169.254.169.254/latest",
        "http://[::1]/x",
        "file:///etc/passwd",
        "ftp://paper.test/a",
        "gopher://paper.test",
        "http://a:b@paper.test/",
    ],
)
def test_redirects_are_checked_as_the_first_address_is(site, target):
    site.says("/a", b"", 302, location=target)
    word = refused(site.url("/a"))
    assert "private network" in word or "no http or https address" in word or "password" in word
    assert site.paths() == ["/robots.txt", "/a"]


def test_a_redirect_of_robots_txt_is_checked_too(site):
    site.says("/robots.txt", b"", 301, location="http://private.test/robots.txt")
    site.says("/a")
    assert "private network" in refused(site.url("/a")) and site.paths() == ["/robots.txt"]


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "javascript:alert(1)",
        "http://",
        "http://user@paper.test/",
        "data:text/html,x",
        "http://paper.test:99999/",
        "http://pa per.test/",
        "http://[zz]/",
        "http://paper.test:0/",
    ],
)
def test_what_is_no_address_of_the_web_is_refused(url):
    assert refused(url)


# -- manners ----------------------------------------------------------------------------------------------------------


def test_robots_txt_is_honoured(site):
    site.says(
        "/robots.txt",
        b"User-agent: hanoi-coverage\nDisallow: /private\n\nUser-agent: *\nDisallow: /\n",
        content_type="text/plain",
    )
    site.says("/a")
    site.says("/private/b")
    fetcher = Fetcher(POLICY)
    assert fetcher.get(site.url("/a")).body == PAGE
    with pytest.raises(Refused, match="robots.txt forbids"):
        fetcher.get(site.url("/private/b"))
    assert site.paths() == ["/robots.txt", "/a"]  # robots.txt once, the forbidden page never


def test_robots_txt_of_where_a_redirect_leads_is_honoured(site):
    site.says("/robots.txt", b"User-agent: *\nDisallow: /private\n")
    site.says("/a", b"", 307, location="/private/b")
    assert "forbids" in refused(site.url("/a")) and "/private/b" not in site.paths()


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_no_robots_txt_forbids_nothing(site, status):
    site.says("/robots.txt", b"Disallow: /", status)
    site.says("/a")
    assert Fetcher(POLICY).get(site.url("/a")).body == PAGE


def test_a_robots_txt_that_fails_forbids_everything(site):
    site.says("/robots.txt", b"", 503)
    site.says("/a")
    fetcher = Fetcher(POLICY)
    for _ in range(2):
        with pytest.raises(Refused, match="cannot be read now"):
            fetcher.get(site.url("/a"))
    assert site.paths() == ["/robots.txt"]


def test_pauses_between_two_pages(site, monkeypatch):
    ends = []  # seconds from the request before to the end of each pause

    async def recorded(seconds):  # and not waited: of twenty seconds some are left, however busy the machine
        ends.extend(time.monotonic() + seconds - asked for asked in fetcher._asked.values())

    monkeypatch.setattr("analysis.intake.fetch.asyncio.sleep", recorded)
    site.says("/robots.txt", b"User-agent: *\nCrawl-delay: 20\n")
    site.says("/a")
    fetcher = Fetcher(POLICY)
    for _ in range(2):
        fetcher.get(site.url("/a"))
    assert len(site.asked) == 3 and len(ends) == 2 and min(ends) > 20 - 1e-6
    site.says("/robots.txt", b"User-agent: *\nCrawl-delay: 86400\n")
    assert "86400 seconds" in refused(site.url("/a"))


# -- bounds -----------------------------------------------------------------------------------------------------------


def test_redirects_are_followed_and_bounded(site):
    for i in range(3):
        site.says(f"/{i}", b"", 302, location=f"/{i + 1}")
    site.says("/3")
    got = Fetcher(POLICY).get(site.url("/0"))
    assert got.body == PAGE and got.url == site.url("/3")
    site.says("/3", b"", 302, location="/0")
    assert "more than 5 redirects" in refused(site.url("/0"))
    assert len([p for p in site.paths() if p != "/robots.txt"]) == 4 + 6


def test_fifty_megabytes_are_broken_off(site):
    site.says("/a", b"x" * 5_000_000)
    assert "more than 1,000,000 bytes" in refused(site.url("/a"), replace(POLICY, max_bytes=1_000_000))


@pytest.mark.parametrize("pack", [gzip.compress, zlib.compress])
def test_packed_pages_are_unpacked_and_bombs_are_not(site, pack):
    name = "gzip" if pack is gzip.compress else "deflate"
    site.says("/a", pack(PAGE), content_encoding=name)
    assert Fetcher(POLICY).get(site.url("/a")).body == PAGE
    site.says("/bomb", pack(b"\0" * 300_000_000), content_encoding=name)
    assert "when unpacked" in refused(site.url("/bomb"))
    site.says("/broken", b"no " + pack(PAGE), content_encoding=name)
    assert "packing is broken" in refused(site.url("/broken"))
    site.says("/short", pack(PAGE)[:-9], content_encoding=name)
    assert "broken off" in refused(site.url("/short"))


@pytest.mark.parametrize("packing", ["br", "zstd", "gzip, gzip", "compress"])
def test_packings_that_were_not_asked_for_are_refused(site, packing):
    site.says("/a", b"\x1b" * 1000, content_encoding=packing)
    assert "not asked for" in refused(site.url("/a"))


def test_a_site_that_drips_is_given_up_in_time(site):
    site.says("/a", b"x" * 1_000)
    site.drip = 0.05
    start = time.monotonic()
    assert "not answered within 0.5 seconds" in refused(site.url("/a"), replace(POLICY, seconds=0.5))
    assert time.monotonic() - start < 5


def test_what_is_no_page_is_refused(site):
    site.says("/a", b"%PDF", content_type="application/pdf")
    assert "application/pdf" in refused(site.url("/a"))
    site.says("/b", b"", 500)
    assert "answered 500" in refused(site.url("/b"))
    site.says("/c", b"", 429)
    assert "come back later" in refused(site.url("/c"))
    site.says("/d", b"", 302)
    assert "without a target" in refused(site.url("/d"))
    assert "no such host, or no network" in refused(site.url("/", "none.test"))


def test_without_a_network_a_source_is_skipped_with_a_word(site, copy_of_data):
    def offline(host, port):
        raise OSError("Network is unreachable")

    made = draft([site.url("/a")], copy_of_data, policy=replace(POLICY, resolve=offline))
    assert made.skipped == (Skipped(site.url("/a"), "paper.test is not found: no such host, or no network"),)
    unused = Fetcher(replace(POLICY, resolve=lambda *_: ["127.0.0.1"]))
    with pytest.raises(Refused, match="cannot be fetched"):
        unused.get("http://paper.test:1/")  # nobody listens there


def test_a_fetched_page_is_drafted_in_a_running_event_loop(site, copy_of_data):
    """As in a notebook, whose thread has a loop of its own."""
    import asyncio

    site.says(
        "/story", PAGE.replace(b"</article>", b"<p>Nobody else spoke on that day, as far as we know.</p></article>")
    )

    async def inside():
        return draft(site.url("/story"), copy_of_data, policy=POLICY)

    made = asyncio.run(inside())
    assert made.articles["url"].tolist() == [site.url("/story")] and not made.skipped
