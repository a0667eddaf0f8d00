"""A page that nobody opens costs nothing, and ends when it is told."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from drumatlas.errors import WebError
from drumatlas.web.address import Address
from drumatlas.web.desk import Desk
from drumatlas.web.serving import Serving, listen

UNOPENED = """
import sys, time
from drumatlas.web.address import Address
from drumatlas.web.desk import Desk
from drumatlas.web.serving import Serving, listen
from drumatlas.atlas.read import read_atlas
atlas = read_atlas(None)
def make():
    from drumatlas.web.guard import Guard
    from drumatlas.web.server import Server
    from drumatlas.web.site import Site
    return Server(Site(atlas), Guard(Address("127.0.0.1", port)), desk, atlas)
desk = Desk(print, 0)
socket = listen(Address("127.0.0.1", 0))
port = socket.getsockname()[1]
serving = Serving(socket, desk, make)
serving.start()
time.sleep(0.2)
loaded = [name for name in ("asyncio", "ssl", "websockets") if name in sys.modules]
assert not loaded, loaded
import urllib.request
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
assert opener.open(f"http://127.0.0.1:{port}/").status == 200
assert "websockets" in sys.modules
serving.close()
"""


def test_nothing_is_loaded_until_somebody_comes(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", UNOPENED],
        check=False, capture_output=True, text=True, cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_it_ends_before_anybody_came() -> None:
    listening = listen(Address("127.0.0.1", 0))
    serving = Serving(listening, Desk(lambda _: None, 0), lambda: pytest.fail("nobody came"))
    serving.start()
    serving.close()
    assert "web" not in {thread.name for thread in threading.enumerate()}


def test_an_address_that_is_taken_or_not_ours_is_said() -> None:
    taken = listen(Address("127.0.0.1", 0))
    port = taken.getsockname()[1]
    with pytest.raises(WebError, match=f"127.0.0.1:{port}: Address already in use"):
        listen(Address("127.0.0.1", port))
    taken.close()
    with pytest.raises(WebError, match=r"192\.0\.2\.1"):
        listen(Address("192.0.2.1", 0))
    with pytest.raises(WebError, match=r"nowhere\.invalid"):
        listen(Address("nowhere.invalid", 0))
