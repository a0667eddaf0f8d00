"""The page's server: answers requests, and talks with the pages that are open.

All of it runs in the event loop of one thread. To the slow loop it is what `Desk` has.
"""

import asyncio
import base64
import logging
import socket
import time
from collections.abc import Mapping, Sequence
from http import HTTPStatus

import numpy as np
from websockets.asyncio.server import ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.frames import CloseCode
from websockets.http11 import Request, Response

from drumatlas.atlas.model import Atlas
from drumatlas.errors import DrumatlasError
from drumatlas.web import drop
from drumatlas.web.client import MOST_BAD, Client
from drumatlas.web.desk import Desk, Notes
from drumatlas.web.gate import Gate, gated
from drumatlas.web.guard import COOKIE, Guard, Refusal, Visit
from drumatlas.web.limits import Bucket
from drumatlas.web.orders import Land, Listen, Ping, read_message
from drumatlas.web.passing import SIDE, passing_pieces
from drumatlas.web.show import Show, Shown, changes
from drumatlas.web.site import MIDI, Content, Site, security_headers
from drumatlas.web.view import View

SOCKET = "/ws"
TAKES = {"/beat.mid": "beat", "/last.mid": "last"}
MOST_PAGES = 8  # open at once
OPEN_S, CLOSE_S = 5.0, 2.0  # until a request must be there, and an answer taken
TAKE_S = 3.0
_REST_S = 0.01
_YEAR_S = 365 * 24 * 3600


class Server:
    """Serves `site` to whom `guard` lets in, and gives their orders to `desk`."""

    def __init__(self, site: Site, guard: Guard, desk: Desk, atlas: Atlas, token: str) -> None:
        self._site, self._guard, self._desk, self._token = site, guard, desk, token
        self._atlas = atlas
        self._show = Show(atlas, desk.epoch_ns)
        self._clients: set[Client] = set()
        self._shown: Shown = {}
        self._passing: str | None = None
        self._reckoning = asyncio.Lock()
        self._downloads = Bucket(1.0, 5.0)

    def change_atlas(self, site: Site, atlas: Atlas) -> None:
        """Serve another atlas from now on; pages that are open see by its hash that they are to
        load themselves again."""
        self._site, self._atlas, self._passing = site, atlas, None
        self._show = Show(atlas, self._desk.epoch_ns)
        self._shown = {}

    async def run(self, listening: socket.socket, over: asyncio.Event) -> None:
        """Serve on a socket that listens, until `over`."""
        logger = logging.getLogger("drumatlas.web")
        logger.addHandler(logging.NullHandler())
        logger.propagate = False
        server = serve(
            self._talk,
            sock=listening,
            process_request=self._answer,
            compression=None,
            open_timeout=OPEN_S,
            close_timeout=CLOSE_S,
            max_size=drop.MAX_BYTES,
            server_header=None,
            logger=logger,
            create_connection=gated(Gate(self._desk.log)),
        )
        async with server:
            await over.wait()

    # What the slow loop gives; called in this thread.

    def show(self, view: View) -> None:
        """Tell every page what changed."""
        if view.atlas is not self._atlas:  # it came in while this server was made
            self.change_atlas(Site(view.atlas), view.atlas)
        shown = self._show.of(view)
        changed, self._shown = changes(self._shown, shown), shown
        for client in self._clients:
            client.show(shown if client.is_new else changed)
            client.is_new = False

    def play(self, notes: Notes) -> None:
        """Send notes to the pages that sound."""
        cut_ns, played = notes
        batch = [
            self._show.ms(cut_ns) if cut_ns else None,
            [value for at_ns, bit, loud in played for value in (self._show.ms(at_ns), bit, loud)],
        ]
        for client in self._clients:
            if client.listens:
                client.play(batch)

    # Requests.

    async def _answer(self, connection: ServerConnection, request: Request) -> Response | None:
        response = await self._respond(connection, request)
        if response and request.method == "HEAD":
            response.body = b""
        return response

    async def _respond(self, connection: ServerConnection, request: Request) -> Response | None:
        headers = _by_name(request.headers)
        is_socket = "upgrade" in headers
        visit = self._guard.check(request.method, request.path, headers, is_socket)
        if isinstance(visit, Refusal):
            who = connection.remote_address
            self._desk.log(visit.kind, f"refused {visit.kind} from {who[0] if who else 'nowhere'}")
            return _plain(visit.status, visit.text)
        if visit.path == SOCKET:
            if len(self._clients) < MOST_PAGES:
                return None
            self._desk.log("too many pages", f"over {MOST_PAGES} open pages; one more was refused")
            return _plain(503, f"{MOST_PAGES} pages are open already; close one")
        content = self._site.get(visit.path)
        if visit.path in TAKES:
            return await self._download(visit)
        if content is None:
            return _plain(404, "there is nothing here")
        response = _response(200, content, visit.host)
        if visit.brought_token:
            cookie = f"{COOKIE}={self._token}; Path=/; HttpOnly; SameSite=Strict; Max-Age={_YEAR_S}"
            response.headers["Set-Cookie"] = cookie
        return response

    async def _download(self, visit: Visit) -> Response:
        if not self._downloads.take(time.monotonic()):
            return _plain(429, "too many downloads; wait a moment")
        try:
            make = await asyncio.wait_for(self._desk.take(TAKES[visit.path]), TAKE_S)
        except TimeoutError:
            return _plain(503, "the box did not answer")
        if make is None:
            return _plain(404, "nothing was played yet")
        response = _response(200, Content(make(), MIDI), visit.host)
        name = f"drumatlas-{TAKES[visit.path]}.mid"
        response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        return response

    # Open pages.

    async def _talk(self, connection: ServerConnection) -> None:
        client = Client(connection)
        self._clients.add(client)
        self._desk.watch(len(self._clients), self._listeners(), is_new=True)
        tasks = [asyncio.create_task(client.run()), asyncio.create_task(self._send_passing(client))]
        try:
            async for message in connection:
                if not client.messages.take(time.monotonic()):
                    self._desk.log("a chatterer", "a page that sent too many messages was cut")
                    await connection.close(CloseCode.POLICY_VIOLATION, "too many messages")
                    return
                if not self._take(client, message):
                    await connection.close(CloseCode.POLICY_VIOLATION, "too many bad messages")
                    return
        except ConnectionClosed as error:
            sent = error.sent
            if sent and sent.code not in {CloseCode.NORMAL_CLOSURE, CloseCode.GOING_AWAY}:
                self._desk.log("bad frames", f"a page was cut: {sent.reason or sent.code}")
        finally:
            self._clients.discard(client)
            self._desk.watch(len(self._clients), self._listeners())
            for task in tasks:
                task.cancel()

    def _take(self, client: Client, message: str | bytes) -> bool:
        """One message of a page; whether the page may stay."""
        try:
            if isinstance(message, bytes):
                self._land(client, message)
            else:
                self._obey(client, message)
        except DrumatlasError as error:
            client.bad += 1
            client.reply({"said": {"text": str(error), "bad": True}})
            self._desk.log("a bad message", f"a page's message can't be read: {error}")
        return client.bad <= MOST_BAD

    def _obey(self, client: Client, text: str) -> None:
        for request in read_message(text, len(self._atlas.points.xy)):
            if isinstance(request, Ping):
                now = self._show.ms(time.monotonic_ns())
                client.reply({"pong": request.at, "now": now})
            elif isinstance(request, Listen):
                client.listens = request.is_on
                self._desk.watch(len(self._clients), self._listeners())
            else:
                self._desk.order(request)

    def _land(self, client: Client, data: bytes) -> None:
        if not client.drops.take(time.monotonic()):
            client.reply({"said": {"text": "one file at a time", "bad": True}})
            return
        dropped = drop.beat_of(data, self._desk.own_notes())
        self._desk.order(Land(dropped.code))
        hits = sum(step.bit_count() for step in dropped.code)
        text = "; ".join([f"landed: the file's beat has {hits} hits", *dropped.remarks])
        client.reply({"said": {"text": text, "bad": False}})

    def _listeners(self) -> int:
        return sum(client.listens for client in self._clients)

    async def _send_passing(self, client: Client) -> None:
        """The parts of the map that pass; reckoned once, piece by piece."""
        try:
            async with self._reckoning:
                self._passing = self._passing or await _reckon(self._atlas)
        except Exception as error:  # a foreign network; the map is drawn without
            self._desk.log("passing", f"no passing parts: {type(error).__name__}: {error}")
        else:
            client.reply({"passing": {"side": SIDE, "bits": self._passing}})


async def _reckon(atlas: Atlas) -> str:
    """The cells that pass, as bits (the lowest first) in base64."""
    pieces = []
    for piece in passing_pieces(atlas):
        pieces.append(piece)
        await asyncio.sleep(_REST_S)
    bits = np.packbits(np.concatenate(pieces), bitorder="little")
    return base64.b64encode(bits.tobytes()).decode()


def _by_name(headers: Headers) -> Mapping[str, Sequence[str]]:
    table: dict[str, list[str]] = {}
    for name, value in headers.raw_items():
        table.setdefault(name.lower(), []).append(value)
    return table


def _plain(status: int, text: str) -> Response:
    return _response(status, Content(f"{text}\n".encode(), "text/plain; charset=utf-8"), "")


def _response(status: int, content: Content, host: str) -> Response:
    headers = Headers(
        {
            "Connection": "close",
            "Content-Length": str(len(content.body)),
            "Content-Type": content.type,
            **security_headers(host),
        }
    )
    return Response(status, HTTPStatus(status).phrase, headers, content.body)
