"""Who may come in: the Host header, the Origin, and the token. Pure.

- *Host* must be a name of ours. A page of a stranger whose name is made to point here ("DNS
  rebinding") has that name in Host. Addresses as such can't be rebound, so where every address
  is listened on, any is good.
- *Origin* must be the very host and port that was asked: browsers send WebSockets to whoever a
  page names, and only Origin tells whose page that was (RFC 6455, 10.2).
- The *token* comes once in the address (`/?token=...`), which begins a session: a cookie that
  scripts can't read and that no other site's page sends.
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
    """An HTTP status, the kind of thing that was wrong (for the log), and a line for who asked."""

    status: int
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Visit:
    """A request that may come in: its host as it was written, its path, and whether it brought
    the token in its address and no session, so that one should begin."""

    host: str
    path: str
    brought_token: bool


class Guard:
    """For a server at `address` that also goes by `names`. Without `token` none is asked for."""

    def __init__(self, address: Address, names: Collection[str] = (), token: str = "") -> None:
        self._names = {name.casefold() for name in names} | {address.host.casefold()}
        if address.is_loopback:
            self._names |= set(_LOCAL)
        self._takes_any_address = address.is_everywhere
        self._token = token
        self.sessions = Sessions(address.port)

    def check(
        self, method: str, target: str, headers: Mapping[str, Sequence[str]], is_socket: bool
    ) -> Visit | Refusal:
        """`headers` by lower-case name; `is_socket` for what wants to become a WebSocket."""
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
            return Visit(host, url.path, False)
        if self.sessions.knows(headers.get("cookie", ())):
            return Visit(host, url.path, False)
        if given and self._is_token(given):
            return Visit(host, url.path, True)
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
        # Bytes that are no UTF-8 come in as surrogates, which only this writes back.
        return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), self._token.encode())


def _is_foreign(headers: Mapping[str, Sequence[str]], host: str, is_socket: bool) -> bool:
    """Whether a page of another origin asks. A WebSocket must say whose it is."""
    if "origin" in headers:
        origin = (_single(headers, "origin") or "").casefold()
        return origin not in {f"{scheme}://{host.casefold()}" for scheme in ("http", "https")}
    if is_socket:
        return True
    # Browsers say so themselves (Fetch Metadata); going to the page by a link is all right.
    site, mode = _single(headers, "sec-fetch-site"), _single(headers, "sec-fetch-mode")
    return site in {"cross-site", "same-site"} and mode != "navigate"


def _single(headers: Mapping[str, Sequence[str]], name: str) -> str | None:
    """The value of a header that must stand there once."""
    values = headers.get(name, ())
    return values[0] if len(values) == 1 else None
