"""Attack the page of a box, from a process of its own:

    PYTHONPATH=tests python -m support.page_attacks ATTACK PORT [SECONDS [COOKIE]]

Print the result, one JSON value. With SECONDS, repeat the attack for that long and print the last
result.
"""

import json
import sys
import time

from websockets.exceptions import ConnectionClosed, InvalidStatus

from support.page_attacks import ATTACKS
from support.page_attacks.visitor import COOKIES


def main(kind: str, port: str, seconds: str = "0", cookie: str = "") -> None:
    if cookie:
        COOKIES["Cookie"] = cookie
    end = time.monotonic() + float(seconds)
    while True:
        try:
            came_of_it = ATTACKS[kind](int(port))
        except (OSError, ConnectionClosed, InvalidStatus) as error:  # others attack as well
            if float(seconds) == 0:
                raise
            came_of_it = f"{type(error).__name__}: {error}"
            time.sleep(0.1)
        if time.monotonic() >= end:
            break
    print(json.dumps(came_of_it))


main(*sys.argv[1:])
