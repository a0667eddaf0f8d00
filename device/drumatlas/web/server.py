"""The page's server: answers requests, and talks to the open pages.

All of it runs in the event loop of one thread. The slow loop reaches it through `ThreadBridge`.
"""

import asyncio
import base64
import logging
import socket
import time

import numpy as np
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.frames import CloseCode
from websockets.http11 import Request, Response

from drumatlas.atlas.model import Atlas
from drumatlas.errors import DrumatlasError
from drumatlas.explore.controls import Press
from drumatlas.web import dropped_file
from drumatlas.web.access import AccessPolicy, Admission, Refusal
from drumatlas.web.assets import MIDI, Content, StaticAssets
from drumatlas.web.bridge import Notes, ThreadBridge
from drumatlas.web.client import MOST_BAD, PageClient
from drumatlas.web.connection_limits import ConnectionLimits, limited_connection
from drumatlas.web.drop_process import Drops
from drumatlas.web.messages import Land, Listen, Ping, read_message
from drumatlas.web.pass_map import SIDE, passing_pieces
from drumatlas.web.rate_limit import Bucket
from drumatlas.web.responses import by_name, plain, response
from drumatlas.web.view import View
from drumatlas.web.view_json import Shown, ViewEncoder, changes

SOCKET = "/ws"
TAKES = {"/beat.mid": "beat", "/last.mid": "last"}
MOST_PAGES = 8  # open at once
OPEN_S, CLOSE_S = 5.0, 2.0  # until a request must be complete, and an answer read
PING_S = 10.0  # between two pings, and until each must be answered
TAKE_S = 3.0
# "keep" pressed on pages: each makes a file that stays. 30 at once, then one in five minutes.
KEEPS_A_SECOND, KEEPS_AT_ONCE = 1 / 300, 30.0
_PAUSE_S = 0.01  # between two pieces of the map of passing areas
_KEEP = Press("keep")


class Server:
    """Serves `assets` to clients that `access` lets in, and passes their orders to `bridge`."""

    def __init__(
        self, assets: StaticAssets, access: AccessPolicy, bridge: ThreadBridge, atlas: Atlas
    ) -> None:
        self._assets, self._access, self._bridge, self._atlas = assets, access, bridge, atlas
        self._encoder = ViewEncoder(atlas, bridge.epoch_ns)
        self._clients: set[PageClient] = set()
        self._shown: Shown = {}
        self._passing: asyncio.Task[str] | None = None
        self._downloads = Bucket(1.0, 5.0)
        self._keeps = Bucket(KEEPS_A_SECOND, KEEPS_AT_ONCE)
        self._drops = Drops()
        self._landing: set[asyncio.Task[None]] = set()

    def change_atlas(self, assets: StaticAssets, atlas: Atlas) -> None:
        """Serve another atlas from now on. Open pages notice its new hash and reload."""
        self._assets, self._atlas = assets, atlas
        if self._passing:
            self._passing.cancel()
            self._passing = None
        self._encoder = ViewEncoder(atlas, self._bridge.epoch_ns)
        self._shown = {}

    async def run(self, listening: socket.socket, over: asyncio.Event) -> None:
        """Serve on a listening socket until `over` is set."""
        logger = logging.getLogger("drumatlas.web")
        for one in (logger, logging.getLogger("asyncio")):  # the bridge logs one line instead
            one.addHandler(logging.NullHandler())
            one.propagate = False
        limits = ConnectionLimits(self._bridge.log)

        def fail(error: BaseException) -> None:
            reason = getattr(error, "strerror", None) or type(error).__name__
            self._bridge.log("no socket", f"a connection could not be let in: {reason}")

        server = serve(
            self._talk,
            sock=listening,
            pause_s=lambda: limits.pause_s(time.monotonic()),
            fail=fail,
            process_request=self._answer,
            compression=None,
            open_timeout=OPEN_S,
            close_timeout=CLOSE_S,
            max_size=dropped_file.MAX_BYTES,
            max_queue=4,  # unread messages of a page, each of up to max_size
            ping_interval=PING_S,
            ping_timeout=PING_S,
            server_header=None,
            logger=logger,
            create_connection=limited_connection(limits),
        )
        async with server:
            await over.wait()
        self._access.sessions.end()

    # From the slow loop, called in this thread.

    def show(self, view: View) -> None:
        """Send the changes to every page."""
        if view.atlas is not self._atlas:  # it was swapped in while this server was created
            self.change_atlas(StaticAssets(view.atlas), view.atlas)
        shown = self._encoder.of(view)
        changed, self._shown = changes(self._shown, shown), shown
        for client in self._clients:
            client.show(shown if client.is_new else changed)
            client.is_new = False

    def play(self, notes: Notes) -> None:
        """Send notes to the pages that play sound."""
        cut_ns, played = notes
        batch = [
            self._encoder.ms(cut_ns) if cut_ns else None,
            [
                value
                for at_ns, bit, loud in played
                for value in (self._encoder.ms(at_ns), bit, loud)
            ],
        ]
        for client in self._clients:
            if client.listens:
                client.play(batch)

    # Requests.

    async def _answer(self, connection: ServerConnection, request: Request) -> Response | None:
        answer = await self._respond(connection, request)
        if answer and request.method == "HEAD":
            answer.body = b""
        return answer

    async def _respond(self, connection: ServerConnection, request: Request) -> Response | None:
        headers = by_name(request.headers)
        is_socket = "upgrade" in headers
        visit = self._access.check(request.method, request.path, headers, is_socket)
        if isinstance(visit, Refusal):
            who = connection.remote_address
            self._bridge.log(
                visit.kind, f"refused {visit.kind} from {who[0] if who else 'nowhere'}"
            )
            return plain(visit.status, visit.text)
        if visit.path == SOCKET:
            if len(self._clients) < MOST_PAGES:
                return None
            self._refuse_page()
            return plain(503, f"{MOST_PAGES} pages are open already; close one")
        content = self._assets.get(visit.path)
        if visit.path in TAKES:
            return await self._download(visit)
        if content is None:
            return plain(404, "there is nothing here")
        answer = response(200, content, visit.host)
        if visit.brought_token:
            answer.headers["Set-Cookie"] = self._access.sessions.cookie()
        return answer

    async def _download(self, visit: Admission) -> Response:
        if not self._downloads.take(time.monotonic()):
            return plain(429, "too many downloads; wait a moment")
        try:
            make = await asyncio.wait_for(self._bridge.take(TAKES[visit.path]), TAKE_S)
        except TimeoutError:
            return plain(503, "the box did not answer")
        if make is None:
            return plain(404, "nothing was played yet")
        answer = response(200, Content(make(), MIDI), visit.host)
        name = f"drumatlas-{TAKES[visit.path]}.mid"
        answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        return answer

    # Open pages.

    async def _talk(self, connection: ServerConnection) -> None:
        if len(self._clients) >= MOST_PAGES:  # several asked before the first was open
            self._refuse_page()
            await connection.close(CloseCode.TRY_AGAIN_LATER, "too many pages")
            return
        client = PageClient(connection)
        self._clients.add(client)
        self._bridge.watch(len(self._clients), self._listeners(), is_new=True)
        tasks = [asyncio.create_task(client.run()), asyncio.create_task(self._send_passing(client))]
        try:
            async for message in connection:
                if not client.messages.take(time.monotonic()):
                    await connection.close(CloseCode.POLICY_VIOLATION, "too many messages")
                    break
                if not self._take(client, message):
                    await connection.close(CloseCode.POLICY_VIOLATION, "too many bad messages")
                    break
        except ConnectionClosed:
            pass
        finally:
            self._tell_why(connection)
            self._clients.discard(client)
            self._bridge.watch(len(self._clients), self._listeners())
            for task in tasks:
                task.cancel()

    def _tell_why(self, connection: ServerConnection) -> None:
        """Log why we cut a page, if we did."""
        sent = connection.protocol.close_sent
        if sent and sent.code not in {CloseCode.NORMAL_CLOSURE, CloseCode.GOING_AWAY}:
            is_busy = sent.code == CloseCode.POLICY_VIOLATION
            kind = "a busy page" if is_busy else "bad frames"
            self._bridge.log(kind, f"a page was cut: {sent.reason or sent.code}")

    def _refuse_page(self) -> None:
        self._bridge.log("too many pages", f"over {MOST_PAGES} open pages; one more was refused")

    def _take(self, client: PageClient, message: str | bytes) -> bool:
        """Process one message of a page; return whether the page may stay."""
        if isinstance(message, bytes):
            task = asyncio.create_task(self._land(client, message))
            self._landing.add(task)
            task.add_done_callback(self._landing.discard)
        else:
            try:
                self._obey(client, message)
            except DrumatlasError as error:
                self._blame(client, error)
        return client.bad <= MOST_BAD

    def _blame(self, client: PageClient, error: DrumatlasError) -> None:
        """Count an invalid message, and say why."""
        client.bad += 1
        client.say(str(error), is_bad=True)
        self._bridge.log("a bad message", f"a page's message can't be read: {error}")

    def _obey(self, client: PageClient, text: str) -> None:
        for request in read_message(text, len(self._atlas.points.xy)):
            if isinstance(request, Ping):
                now = self._encoder.ms(time.monotonic_ns())
                client.reply({"pong": request.at, "now": now})
            elif isinstance(request, Listen):
                client.listens = request.is_on
                self._bridge.watch(len(self._clients), self._listeners())
            elif request == _KEEP and not self._keeps.take(time.monotonic()):
                client.say("pages have kept too many takes; wait a few minutes", is_bad=True)
            else:
                self._bridge.order(request)

    async def _land(self, client: PageClient, data: bytes) -> None:
        """Have a dropped file read, and go to the place of its beat."""
        try:
            dropped = await self._drops.read(data, time.monotonic(), self._bridge.own_notes())
        except DrumatlasError as error:
            self._blame(client, error)
            return
        self._bridge.order(Land(dropped.code))
        hits = sum(step.bit_count() for step in dropped.code)
        client.say(f"landed: the file's beat has {hits} hits", dropped.remarks)

    def _listeners(self) -> int:
        return sum(client.listens for client in self._clients)

    async def _send_passing(self, client: PageClient) -> None:
        """Send the parts of the map that pass the filter. They are computed once for each atlas,
        for the first page that asks."""
        while True:
            atlas = self._atlas
            task = self._passing = self._passing or asyncio.create_task(_passing_bits(atlas))
            await asyncio.wait([task])
            if self._atlas is atlas:
                break
        error = task.exception()
        if error is None:
            client.reply({"passing": {"side": SIDE, "bits": task.result()}})
        else:  # a foreign network failed; the map is drawn without them
            self._bridge.log("passing", f"no passing areas: {type(error).__name__}: {error}")


async def _passing_bits(atlas: Atlas) -> str:
    """Return the cells that pass, as bits (lowest first) in base64."""
    pieces = []
    for piece in passing_pieces(atlas):
        pieces.append(piece)
        await asyncio.sleep(_PAUSE_S)
    bits = np.packbits(np.concatenate(pieces), bitorder="little")
    return base64.b64encode(bits.tobytes()).decode()
