"""One page from the web, politely: robots.txt honoured, an honest name, a pause, bounds on time, size and redirects.

No address leads into a private network: hosts are resolved once, checked, and connected to at the address checked.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import time
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit, urlunsplit

import httpx

from analysis.intake.pages import MAX_BYTES, Refused

AGENT = "hanoi-coverage"
USER_AGENT = f"{AGENT}/0.1 (reads single news pages for coding by a person; honours robots.txt)"

_ROBOTS_BYTES = 512 * 1024  # RFC 9309, 2.5: at least 500 KiB must be read
_REDIRECT = {301, 302, 303, 307, 308}
_KINDS = ("text/html", "application/xhtml+xml", "text/plain")
_NAT64 = ipaddress.ip_network("64:ff9b::/96")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def is_public(address: Address) -> bool:
    """Whether an address belongs to the public internet, also behind IPv6's ways of wrapping an IPv4 address."""
    if isinstance(address, ipaddress.IPv6Address):
        wrapped = address.ipv4_mapped or address.sixtofour or (address.teredo and address.teredo[1])
        if address in _NAT64:
            wrapped = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if wrapped:
            return is_public(wrapped)
    return address.is_global and not address.is_multicast and not address.is_reserved


def resolve(host: str, port: int) -> list[str]:
    """The IP addresses of a host, in the system's order. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(entry[4][0].partition("%")[0] for entry in found))


@dataclass(frozen=True)
class Policy:
    """What a fetch may do. The defaults are for the open web; tests put a server of their own in `allow` and `resolve`.

    `seconds` bound one page with all its redirects, `pause` is the least time (s) between two requests to one host.
    """

    allow: Callable[[Address], bool] = is_public
    resolve: Callable[[str, int], list[str]] = resolve
    seconds: float = 30.0
    pause: float = 1.0
    longest_pause: float = 30.0
    redirects: int = 5
    max_bytes: int = MAX_BYTES


class Response(NamedTuple):
    """A fetched page: its bytes unpacked, the encoding and kind that the server named, the address it came from."""

    body: bytes
    charset: str | None
    kind: str
    url: str


class _Raw(NamedTuple):
    status: int
    headers: httpx.Headers
    body: bytes


@dataclass
class Fetcher:
    """Fetches pages under a policy; remembers robots.txt and when it last asked each host."""

    policy: Policy = field(default_factory=Policy)
    _robots: dict[str, object] = field(default_factory=dict)
    _asked: dict[str, float] = field(default_factory=dict)

    def get(self, url: str) -> Response:
        """One page.

        Raises
        ------
        Refused: no http(s) address; a private network; robots.txt; too large, too slow, too many redirects; no network,
            no such host; another status than 200; no page of text. Its message says which, in plain words.
        """
        # In a thread of its own: a notebook's thread has an event loop already, and only a loop can end a slow answer.
        with ThreadPoolExecutor(1) as thread:
            return thread.submit(asyncio.run, self._within_time(url)).result()

    async def _within_time(self, url: str) -> Response:
        try:
            async with asyncio.timeout(self.policy.seconds) as self._deadline:
                return await self._page(url)
        except TimeoutError as error:
            raise Refused(f"not answered within {self.policy.seconds:g} seconds") from error

    async def _page(self, url: str) -> Response:
        url, raw = await self._follow(url, self.policy.max_bytes, obey=True)
        if raw.status != 200:
            later = " (the site asks to come back later)" if raw.status in (429, 503) else ""
            raise Refused(f"the site answered {raw.status}{later}")
        named = raw.headers.get("content-type", "")
        kind = named.partition(";")[0].strip().lower()
        if kind and kind not in _KINDS:
            raise Refused(f"no page of text, but {kind[:60]!r}")
        charset = httpx.Response(200, headers={"content-type": named}).charset_encoding
        return Response(raw.body, charset, kind, url)

    async def _follow(self, url: str, limit: int, obey: bool) -> tuple[str, _Raw]:
        """The last answer of a chain of redirects and its address; every step is checked as the first is."""
        for _ in range(self.policy.redirects + 1):
            parts = _checked(url)
            if obey:
                await self._ask_robots(url)
            raw = await self._request(parts, limit)
            if raw.status not in _REDIRECT:
                return url, raw
            target = raw.headers.get("location", "")
            if not target:
                raise Refused(f"the site answered {raw.status} without a target")
            url = urljoin(url, target)
        raise Refused(f"more than {self.policy.redirects} redirects")

    async def _ask_robots(self, url: str) -> None:
        """Refuse what robots.txt forbids, and wait as long as it asks (RFC 9309)."""
        from protego import Protego

        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
        if origin not in self._robots:
            self._robots[origin] = None  # unreachable: nothing may be fetched, until the next run
            try:
                _, raw = await self._follow(f"{origin}/robots.txt", _ROBOTS_BYTES, obey=False)
            except Refused as refusal:
                if "bytes" in str(refusal):
                    raise Refused(f"robots.txt: {refusal}") from refusal
                raise
            if raw.status < 400:
                self._robots[origin] = Protego.parse(raw.body.decode("utf-8", errors="replace"))
            elif raw.status < 500:
                self._robots[origin] = Protego.parse("")  # "unavailable": no rules
        rules = self._robots[origin]
        if rules is None:
            raise Refused("the site's robots.txt cannot be read now, so nothing may be fetched")
        if not rules.can_fetch(url, AGENT):
            raise Refused("the site's robots.txt forbids it")
        wait = max(self.policy.pause, rules.crawl_delay(AGENT) or 0)
        if wait > self.policy.longest_pause:
            raise Refused(f"the site's robots.txt asks for {wait:g} seconds between two pages; save the page by hand")
        rest = self._asked.get(parts.netloc, float("-inf")) + wait - time.monotonic()
        if rest > 0:
            # Waiting out of courtesy is no slowness of the site.
            self._deadline.reschedule(self._deadline.when() + rest)
            await asyncio.sleep(rest)

    async def _request(self, parts, limit: int) -> _Raw:
        """One request to one checked address."""
        host, port = parts.hostname, parts.port or (443 if parts.scheme == "https" else 80)
        self._asked[parts.netloc] = time.monotonic()
        address = await self._address(host, port)
        literal = f"[{address}]" if ":" in address else address
        target = urlunsplit((parts.scheme, f"{literal}:{port}", parts.path or "/", parts.query, ""))
        name = host.encode("idna").decode("ascii") if not host.isascii() else host
        shown = f"[{name}]" if ":" in name else name
        headers = {"Host": shown if parts.port is None else f"{shown}:{port}", "User-Agent": USER_AGENT,
                   "Accept": "text/html,application/xhtml+xml,text/plain;q=0.9", "Accept-Encoding": "gzip"}
        # No proxy, no netrc, no cookies: the connection goes to the address that was checked, and says who asks.
        async with httpx.AsyncClient(trust_env=False, follow_redirects=False, timeout=self.policy.seconds) as client:
            request = client.build_request("GET", target, headers=headers, extensions={"sni_hostname": name})
            try:
                response = await client.send(request, stream=True)
                try:
                    body = b"" if response.status_code in _REDIRECT else await _body(response, limit)
                finally:
                    await response.aclose()
            except httpx.TimeoutException as error:
                raise TimeoutError from error
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                raise Refused(f"cannot be fetched: {str(error)[:200] or type(error).__name__}") from error
        return _Raw(response.status_code, response.headers, body)

    async def _address(self, host: str, port: int) -> str:
        """The one IP address to connect to. If any of the host's is private, none is used."""
        try:
            found = await asyncio.get_running_loop().run_in_executor(None, self.policy.resolve, host, port)
        except (OSError, UnicodeError) as error:
            raise Refused(f"{host[:100]} is not found: no such host, or no network") from error
        if not found:
            raise Refused(f"{host[:100]} is not found: no such host, or no network")
        for address in found:
            if not self.policy.allow(ipaddress.ip_address(address)):
                raise Refused(f"{host[:100]} leads into a private network ({address})")
        return found[0]


def _checked(url: str):
    """The parts of an http(s) address. Raises Refused for any other."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise Refused("no address") from error
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Refused(f"no http or https address ({parts.scheme[:20] or 'no scheme'})")
    if parts.username is not None or parts.password is not None:
        raise Refused("an address with a user's name or password in it")
    if port == 0 or any(c.isspace() or not c.isprintable() for c in url):
        raise Refused("no address")
    return parts


async def _body(response: httpx.Response, limit: int) -> bytes:
    """The body, unpacked as it comes in and never beyond the limit: a bomb is not unpacked first and measured then."""
    packing = response.headers.get("content-encoding", "").strip().lower()
    if packing not in ("", "identity", "gzip", "x-gzip", "deflate"):
        raise Refused(f"packed as {packing[:20]!r}, which was not asked for")
    unpack = zlib.decompressobj(wbits=47) if packing not in ("", "identity") else None  # 47: gzip or zlib, whichever
    parts: list[bytes] = []
    size = packed = 0
    async for chunk in response.aiter_raw():
        packed += len(chunk)
        if unpack:
            try:
                chunk = unpack.decompress(chunk, max_length=limit + 1 - size)
            except zlib.error as error:
                raise Refused("its packing is broken") from error
        size += len(chunk)
        if size > limit or packed > limit:
            raise Refused(f"more than {limit:,} bytes{' when unpacked' * bool(unpack)}; at most that many are read")
        parts.append(chunk)
    if unpack and not unpack.eof:
        raise Refused("its packing is broken off")
    return b"".join(parts)
