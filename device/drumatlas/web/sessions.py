"""Sessions: one for each browser that showed the token, kept in its cookie. Pure, except for the
random numbers.

Cookies ignore ports: a browser sends ours to every service of this host. So the cookie is not the
token but a random value that is only valid here, until the server ends. Its name contains the port,
so that several boxes on one host keep theirs apart.
"""

import secrets
from collections.abc import Iterable
from hashlib import sha256

MOST_SESSIONS = 64  # browsers; beyond this, the one away longest must show the token again
_BYTES = 32


class Sessions:
    """The sessions of the server at `port`. They are kept as hashes, so that a look-up takes the
    same time whatever a stranger guesses."""

    def __init__(self, port: int) -> None:
        self.name = f"drumatlas-{port}"
        self._known: dict[bytes, None] = {}  # the least recently used first

    def cookie(self) -> str:
        """Begin a session; return its Set-Cookie header. It ends with the browser, or with the
        server."""
        value = secrets.token_urlsafe(_BYTES)
        self._known[_hash(value)] = None
        while len(self._known) > MOST_SESSIONS:
            del self._known[next(iter(self._known))]
        return f"{self.name}={value}; Path=/; HttpOnly; SameSite=Strict"

    def knows(self, cookies: Iterable[str]) -> bool:
        """Return whether one of the Cookie headers contains a session of ours."""
        for pair in "; ".join(cookies).split(";"):
            name, _, value = pair.strip().partition("=")
            if name == self.name and (key := _hash(value)) in self._known:
                self._known[key] = self._known.pop(key)  # now the most recently used
                return True
        return False

    def end(self) -> None:
        """End all sessions."""
        self._known.clear()


def _hash(value: str) -> bytes:
    # Bytes that are not UTF-8 arrive as surrogates, which only surrogatepass encodes.
    return sha256(value.encode("utf-8", "surrogatepass")).digest()
