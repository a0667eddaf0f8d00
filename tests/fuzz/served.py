"""A served page in a process of its own, so that its memory and processor time can be told from
those of who attacks it: `python tests/fuzz/served.py`. Prints its port; ends with its input."""

import sys
import threading
import time
from contextlib import suppress

from drumatlas.atlas.read import read_builtin
from drumatlas.engine import Engine
from drumatlas.play.settings import PlaySettings
from drumatlas.web.access import AccessPolicy
from drumatlas.web.address import Address
from drumatlas.web.assets import StaticAssets
from drumatlas.web.bridge import ThreadBridge
from drumatlas.web.panel import WebPanel
from drumatlas.web.server import Server
from drumatlas.web.serving import Serving, listen


def main() -> None:
    atlas = read_builtin()
    engine = Engine(atlas, PlaySettings(), [], 0)
    panel = WebPanel(engine)
    engine.add_panel(panel)
    bridge = ThreadBridge(panel.put, time.monotonic_ns())
    listening = listen(Address("127.0.0.1", 0))
    port = listening.getsockname()[1]
    access = AccessPolicy(Address("127.0.0.1", port))
    serving = Serving(listening, bridge, lambda: Server(StaticAssets(atlas), access, bridge, atlas))
    serving.start()
    threading.Thread(target=sys.stdin.read, name="input").start()
    print(port, flush=True)
    while any(thread.name == "input" for thread in threading.enumerate()):
        time.sleep(0.01)
        with suppress(Exception):  # other borders look at what the engine makes of it
            engine.tick(time.monotonic_ns())
    serving.close()


if __name__ == "__main__":
    main()
