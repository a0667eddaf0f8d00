"""Who showed the token: one session for each browser that did, which is its cookie. Pure but for
the random numbers.

Cookies know no ports: a browser sends ours to every service of this host. So the cookie is not the
token but a random value that only this server knows, until it ends; and its name holds the port,
so that several boxes on one host keep theirs apart.
"""

import secrets
from collections.abc import Iterable
from hashlib import sha256

MOST_SESSIONS = 64  # browsers; of more, the one that was away for longest shows the token again
_BYTES = 32


class Sessions:
    """The sessions of the server at `port`. Kept as hashes, so that looking one up takes the same
    time whatever a stranger guesses."""

    def __init__(self, port: int) -> None:
        self.name = f"drumatlas-{port}"
        self._known: dict[bytes, None] = {}  # the least recently used first

    def cookie(self) -> str:
        """Begin a session; return its Set-Cookie header. It ends with the browser, or with us."""
        value = secrets.token_urlsafe(_BYTES)
        self._known[_hash(value)] = None
        while len(self._known) > MOST_SESSIONS:
            del self._known[next(iter(self._known))]
        return f"{self.name}={value}; Path=/; HttpOnly; SameSite=Strict"

    def knows(self, cookies: Iterable[str]) -> bool:
        """Return whether one of the Cookie headers holds a session of ours."""
        for pair in "; ".join(cookies).split(";"):
            name, _, value = pair.strip().partition("=")
            if name == self.name and (key := _hash(value)) in self._known:
                self._known[key] = self._known.pop(key)  # it was used last
                return True
        return False

    def end(self) -> None:
        """Forget all of them."""
        self._known.clear()


def _hash(value: str) -> bytes:
    # Bytes that are no UTF-8 come in as surrogates, which only this writes back.
    return sha256(value.encode("utf-8", "surrogatepass")).digest()
