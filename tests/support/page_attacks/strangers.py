"""Attackers that the page must refuse: a wrong Host, a foreign Origin, no token."""

from collections import Counter

from websockets.exceptions import InvalidStatus

from support.page_attacks.visitor import COOKIES, page, rounds, status


def wrong_host(port: int) -> object:
    """Ask under a foreign host name, as DNS rebinding makes a browser do."""
    return Counter(status(port, Host="rebound.example") for _ in rounds())


def foreign_origin(port: int) -> object:
    """Open WebSockets and ask for files with the Origin of another site."""
    origin = "http://evil.example"
    seen: Counter[int] = Counter()
    for _ in rounds():
        seen[status(port, "/last.mid", Origin=origin)] += 1
        try:
            page(port, origin=origin)
        except InvalidStatus as error:
            seen[error.response.status_code] += 1
    return seen


def no_token(port: int) -> object:
    """Guess the token, or give none."""
    COOKIES.clear()
    paths = ("/", "/atlas.json", "/?token=", "/?token=0123456789abcde", "/?token=0123456789abcdeX")
    seen: Counter[int] = Counter()
    for i in rounds():
        seen[status(port, paths[i % len(paths)])] += 1
        try:
            page(port)
        except InvalidStatus as error:
            seen[error.response.status_code] += 1
    return seen
