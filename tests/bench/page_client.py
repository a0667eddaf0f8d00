"""A page without a browser: loads the files, listens to all, and drags over the map for SECONDS.

    python tests/bench/page_client.py http://127.0.0.1:8313/ SECONDS

What it sends and takes is what the real page does; what it leaves out is the drawing.
"""

import asyncio
import json
import math
import sys
import time
from urllib.request import urlopen

from websockets.asyncio.client import ClientConnection, connect

FILES = ("", "style.css", "main.js", "atlas.json", "points.bin")
TURN_S = 0.025  # as link.js


async def drag(socket: ClientConnection, until: float) -> None:
    await socket.send('{"listen": true}')
    count = 0
    while time.monotonic() < until:
        x, y = 0.5 + 0.4 * math.sin(count / 17), 0.5 + 0.4 * math.cos(count / 23)
        await socket.send(json.dumps({"turn": {"map_x": x, "map_y": y}}))
        if count % 40 == 0:
            await socket.send(json.dumps({"ping": 1000 * time.monotonic()}))
        count += 1
        await asyncio.sleep(TURN_S)


async def listen(socket: ClientConnection) -> None:
    async for message in socket:
        json.loads(message)


async def main(url: str, seconds: float) -> None:
    for name in FILES:
        with urlopen(url + name) as answer:
            answer.read()
    origin = url.rstrip("/")
    async with connect(f"{origin.replace('http', 'ws')}/ws", origin=origin, proxy=None) as socket:  # type: ignore[arg-type]
        listening = asyncio.create_task(listen(socket))
        await drag(socket, time.monotonic() + seconds)
        listening.cancel()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], float(sys.argv[2])))
