"""`--web HOST:PORT|off`: serve the page of a running box."""

import os
import secrets
import socket
import sys
import threading
import time
import webbrowser
from contextlib import suppress
from typing import TYPE_CHECKING

from drumatlas.commandline import say
from drumatlas.errors import WebError

if TYPE_CHECKING:
    from drumatlas.atlas.model import Atlas
    from drumatlas.box.box import Box
    from drumatlas.config.settings import PageSettings
    from drumatlas.daemon import Listener
    from drumatlas.midi.files.tape import Tape
    from drumatlas.play.port import InputPort
    from drumatlas.web.address import Address
    from drumatlas.web.bridge import ThreadBridge
    from drumatlas.web.feed import WebFeed
    from drumatlas.web.server import Server

_TOKEN_BYTES = 16


class Page:
    """The page of a box and the address it is served at.

    `lines` tell the user the address, or why there is no page. ConfigError if `wanted` (or, for
    None, the configuration's `web.address`) is not an address.
    """

    def __init__(self, wanted: str | None, settings: "PageSettings") -> None:
        from drumatlas.web.address import Address, parse_address
        from drumatlas.web.serving import listen

        self._settings = settings
        self._listening: socket.socket | None = None
        self.lines: list[str] = []
        self._desk: ThreadBridge | None = None
        self._served: Server | None = None
        self.url = ""
        self.token = settings.token
        address = parse_address(wanted) if wanted else settings.address
        if address is None:
            return
        try:
            self._listening = listen(address)
        except WebError as error:
            self.lines = [f"{error}; playing without the page (choose another: --web HOST:PORT)"]
            return
        self.address = Address(address.host, self._listening.getsockname()[1])
        if not self.token and not address.is_loopback:
            self.token = secrets.token_urlsafe(_TOKEN_BYTES)
        self.url = f"http://{_shown(self.address)}/" + (self.token and f"?token={self.token}")
        self.lines = [f"page: {self.url}"]

    def start(
        self,
        box: "Box",
        tape: "Tape",
        listener: "Listener | None",
        input_port: "InputPort | None",
        *,
        prints: bool,
    ) -> "list[WebFeed]":
        """Start serving and return the page's part of the slow loop; none if there is no page.

        With `prints`, faults go to stderr because no screen shows them.
        """
        if self._listening is None:
            return []
        from drumatlas.web.bridge import ThreadBridge
        from drumatlas.web.feed import WebFeed
        from drumatlas.web.panel import WebPanel
        from drumatlas.web.serving import Serving
        from drumatlas.web.view import Facts, ViewReader

        engine = box.engine
        panel = WebPanel(engine)
        engine.add_panel(panel)
        bridge = self._desk = ThreadBridge(panel.put, time.monotonic_ns())
        facts = Facts(
            ports=lambda: _ports(tape, input_port),
            is_locked=lambda: listener is not None and listener.is_locked,
            learned=lambda: box.midi.learn.learned,
            point_at=panel.point_at,
        )
        try:
            serving = Serving(self._listening, bridge, lambda: self._server(box, bridge))
            serving.start()
        except OSError as error:  # out of file descriptors or threads
            engine.remove_panel(panel)
            engine.set_faults("page", f"page: {error.strerror or error}; playing without the page")
            return []
        self._open_browser()
        watcher = ViewReader(engine, facts)
        return [WebFeed(tape, bridge, watcher, close=serving.close, say=say if prints else None)]

    def change_atlas(self, atlas: "Atlas") -> None:
        """Serve another atlas. A server that has not started yet reads it from the engine."""
        if self._desk and self._served:
            from drumatlas.web.assets import StaticAssets

            self._desk.put(self._served.change_atlas, StaticAssets(atlas), atlas)

    def close(self) -> None:
        """Release the address."""
        if self._listening is not None:
            self._listening.close()

    def _server(self, box: "Box", bridge: "ThreadBridge") -> "Server":
        from drumatlas.web.access import AccessPolicy
        from drumatlas.web.assets import StaticAssets
        from drumatlas.web.server import Server

        atlas = box.engine.explorer.atlas
        names = [*self._settings.hosts]
        if not self.address.is_loopback:
            own = socket.gethostname()
            names += [own, f"{own.split('.')[0]}.local"]
        access = AccessPolicy(self.address, names, self.token)
        self._served = Server(StaticAssets(atlas), access, bridge, atlas)
        return self._served

    def _open_browser(self) -> None:
        """Open the page in a browser if play was started from a terminal on a desktop."""
        if not self._settings.opens or not sys.stdout.isatty():
            return
        has_desktop = sys.platform in {"darwin", "win32"} or any(
            os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY")
        )
        if has_desktop:
            with suppress(RuntimeError, MemoryError):  # no thread: the address is printed anyway
                threading.Thread(target=webbrowser.open, args=(self.url,), daemon=True).start()


def _ports(tape: "Tape", input_port: "InputPort | None") -> dict[str, str]:
    """Return the ports' names, the output's way of delivery, and the ports' faults."""
    return {
        "out": tape.name,
        "delivery": tape.delivery,
        "outFault": tape.fault,
        "in": input_port.name if input_port else "",
        "inFault": input_port.fault if input_port else "",
    }


def _shown(address: "Address") -> str:
    """Return the address in the form that others on the network can type."""
    if not address.is_everywhere:
        return str(address)
    return f"{socket.gethostname().split('.')[0]}.local:{address.port}"
