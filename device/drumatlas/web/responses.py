"""HTTP answers in the form that the `websockets` library expects."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus

from websockets.datastructures import Headers
from websockets.http11 import Response

from drumatlas.web.assets import Content, security_headers


def by_name(headers: Headers) -> Mapping[str, Sequence[str]]:
    """Return all values of each header, by its name in lower case."""
    table: dict[str, list[str]] = {}
    for name, value in headers.raw_items():
        table.setdefault(name.lower(), []).append(value)
    return table


def plain(status: int, text: str) -> Response:
    """Return an answer with one line of text."""
    return response(status, Content(f"{text}\n".encode(), "text/plain; charset=utf-8"), "")


def response(status: int, content: Content, host: str) -> Response:
    """Return an answer to a request for `host` (the checked Host header, or "")."""
    headers = Headers(
        {
            "Connection": "close",
            "Content-Length": str(len(content.body)),
            "Content-Type": content.type,
            **security_headers(host),
        }
    )
    return Response(status, HTTPStatus(status).phrase, headers, content.body)
