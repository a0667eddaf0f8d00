"""Access rules for requests: the Host header, the Origin, and the token. Pure.

- *Host* must be one of our names. A stranger's page whose name was made to point here ("DNS
  rebinding") has that name in Host. Plain addresses can't be rebound, so a server that listens on
  every address accepts any address.
- *Origin* must be exactly the host and port of the request. Browsers open WebSockets to any server
  that a page names, and only Origin says whose page that is (RFC 6455, 10.2).
- The *token* is in the address once (`/?token=...`), which begins a session: a cookie that scripts
  can't read and that no other site's page sends.
"""

import hmac
import ipaddress
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from drumatlas.web.address import Address
from drumatlas.web.sessions import Sessions

_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+)(?::\d{1,5})?")
_LOCAL = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refused request: an HTTP status, the kind of fault (for the log), and a line for the
    client."""

    status: int
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Admission:
    """An accepted request: its host as written, its path, and whether it brought the token but no
    session, so that a session should begin."""

    host: str
    path: str
    brought_token: bool


class AccessPolicy:
    """Checks requests to a server at `address` that is also known by `names`. With an empty `token`
    none is required."""

    def __init__(self, address: Address, names: Collection[str] = (), token: str = "") -> None:
        self._names = {name.casefold() for name in names} | {address.host.casefold()}
        if address.is_loopback:
            self._names |= set(_LOCAL)
        self._takes_any_address = address.is_everywhere
        self._token = token
        self.sessions = Sessions(address.port)

    def check(
        self, method: str, target: str, headers: Mapping[str, Sequence[str]], is_socket: bool
    ) -> Admission | Refusal:
        """Return whether and how a request may go on. `headers` are keyed by lower-case name;
        `is_socket` marks a request to open a WebSocket."""
        if method not in {"GET", "HEAD"}:
            return Refusal(405, "a method", "only GET and HEAD are answered")
        host = _single(headers, "host")
        found = _HOST.fullmatch(host or "")
        if host is None or not found or not self._is_ours(found[1].strip("[]")):
            return Refusal(421, "a foreign Host", "this is not the box you asked for")
        if _is_foreign(headers, host, is_socket):
            return Refusal(403, "a foreign Origin", "another site's page may not use this box")
        try:
            url = urlsplit(target)
            given = parse_qs(url.query, max_num_fields=8).get("token", [""])[0]
        except ValueError:
            return Refusal(400, "a malformed request", "this address can't be read")
        if not self._token:
            return Admission(host, url.path, False)
        if self.sessions.knows(headers.get("cookie", ())):
            return Admission(host, url.path, False)
        if given and self._is_token(given):
            return Admission(host, url.path, True)
        return Refusal(403, "no token", "open the address with ?token=... that the box printed")

    def _is_ours(self, name: str) -> bool:
        if name.casefold() in self._names:
            return True
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return False
        return self._takes_any_address

    def _is_token(self, given: str) -> bool:
        # Bytes that are not UTF-8 arrive as surrogates, which only surrogatepass encodes.
        return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), self._token.encode())


def _is_foreign(headers: Mapping[str, Sequence[str]], host: str, is_socket: bool) -> bool:
    """Return whether the request comes from a page of another origin. A WebSocket must name its
    origin."""
    if "origin" in headers:
        origin = (_single(headers, "origin") or "").casefold()
        return origin not in {f"{scheme}://{host.casefold()}" for scheme in ("http", "https")}
    if is_socket:
        return True
    # Browsers mark such requests (Fetch Metadata). Following a link to the page is allowed.
    site, mode = _single(headers, "sec-fetch-site"), _single(headers, "sec-fetch-mode")
    return site in {"cross-site", "same-site"} and mode != "navigate"


def _single(headers: Mapping[str, Sequence[str]], name: str) -> str | None:
    """Return the value of a header that must occur exactly once; None otherwise."""
    values = headers.get(name, ())
    return values[0] if len(values) == 1 else None
