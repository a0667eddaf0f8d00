"""A box with a page, on real sockets: slow loop, performer's share and server, as threads."""

import http.client
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from websockets.sync.client import ClientConnection, connect

from drumatlas.atlas.model import Atlas
from drumatlas.engine import Engine
from drumatlas.midi.files.tape import Tape
from drumatlas.midi.port import NullPort
from drumatlas.play.settings import PlaySettings
from drumatlas.web.access import AccessPolicy
from drumatlas.web.address import Address
from drumatlas.web.assets import StaticAssets
from drumatlas.web.bridge import ThreadBridge
from drumatlas.web.feed import WebFeed
from drumatlas.web.panel import WebPanel
from drumatlas.web.server import Server
from drumatlas.web.serving import Serving, listen
from drumatlas.web.view import Facts, ViewReader
from support.waiting import until

LOOKAHEAD_NS = 120_000_000
TOKEN = "0123456789abcdef"


class PageBox:
    """Ticks from a thread of its own; `late_ns` is how late its latest tick has been."""

    def __init__(self, atlas: Atlas, token: str = "", host: str = "127.0.0.1") -> None:
        self.engine = Engine(atlas, PlaySettings(), [], time.monotonic_ns())
        self.tape = Tape(NullPort())
        panel = WebPanel(self.engine)
        self.engine.add_panel(panel)
        self.bridge = ThreadBridge(panel.put, time.monotonic_ns())
        listening = listen(Address("127.0.0.1", 0))
        self.port = listening.getsockname()[1]
        access = AccessPolicy(Address(host, self.port), (), token)
        self.said: list[str] = []
        self.server: Server | None = None

        def make() -> Server:
            self.server = Server(StaticAssets(atlas), access, self.bridge, atlas)
            return self.server

        self.serving = Serving(listening, self.bridge, make)
        facts = Facts(lambda: {"out": "none"}, lambda: False, dict, panel.point_at)
        watcher = ViewReader(self.engine, facts)
        self.part = WebFeed(
            self.tape, self.bridge, watcher, close=self.serving.close, say=self.said.append
        )
        self._is_running = True
        self._thread = threading.Thread(target=self._run)
        self.engine.sequencer.start()
        self.serving.start()
        self._thread.start()

    def _run(self) -> None:
        while self._is_running:
            now_ns = time.monotonic_ns()
            self.tape.send(self.engine.sequencer.advance(now_ns + LOOKAHEAD_NS))
            self.tape.tick(now_ns)
            self.part.tick(now_ns)
            self.engine.tick(now_ns)
            time.sleep(0.01)

    def close(self) -> None:
        self.part.close()
        self._is_running = False
        self._thread.join()

    def get(
        self, path: str, method: str = "GET", headers: Mapping[str, str] = {}
    ) -> tuple[int, dict[str, str], bytes]:
        """Status, headers (lower-case) and body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(method, path, headers=dict(headers))
            answer = connection.getresponse()
            given = {name.lower(): value for name, value in answer.getheaders()}
            return answer.status, given, answer.read()
        finally:
            connection.close()

    def open(self, **changed: Any) -> ClientConnection:
        """A page's WebSocket."""
        url = f"ws://127.0.0.1:{self.port}/ws"
        options: dict[str, Any] = {"origin": f"http://127.0.0.1:{self.port}", "proxy": None}
        return connect(url, **{**options, **changed})

    def raw(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=10)

    def wait_for(self, condition: Callable[[], object], seconds: float = 10) -> None:
        until(condition, seconds)


class Reader:
    """What a page is told, put together."""

    def __init__(self, page: ClientConnection) -> None:
        self.page = page
        self.state: dict[str, Any] = {}
        self.messages: list[dict[str, Any]] = []

    def until(self, condition: Callable[[], object], seconds: float = 10) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            message = json.loads(self.page.recv(timeout=max(deadline - time.monotonic(), 0.01)))
            self.messages.append(message)
            for key, value in message.get("state", {}).items():
                if key == "values":
                    self.state.setdefault("values", {}).update(value)
                else:
                    self.state[key] = value

    def ask(self, message: object) -> None:
        self.page.send(json.dumps(message))


@pytest.fixture
def boxes(atlas: Atlas) -> Iterator[Callable[..., PageBox]]:
    made: list[PageBox] = []

    def make(**options: Any) -> PageBox:
        made.append(PageBox(atlas, **options))
        return made[-1]

    yield make
    for box in made:
        box.close()


@pytest.fixture
def box(boxes: Callable[..., PageBox]) -> PageBox:
    return boxes()


@pytest.fixture
def reading() -> Callable[[ClientConnection], Reader]:
    return Reader
