"""Attacks on the page of a box: functions of its port that return the result as JSON has it."""

import sys
from collections.abc import Callable
from pathlib import Path

from support.page_attacks import floods, held_sockets, malformed, strangers

COMMAND = (sys.executable, "-m", "support.page_attacks")
COMMAND_FOLDER = Path(__file__).parents[2]  # where COMMAND runs
ATTACKS: dict[str, Callable[[int], object]] = {
    attack.__name__: attack
    for attack in (
        *(strangers.wrong_host, strangers.foreign_origin, strangers.no_token),
        *(malformed.large_bodies, malformed.large_messages, held_sockets.slow_loris),
        *(malformed.garbage_frames, held_sockets.many_sockets, floods.pings, floods.fragments),
        *(floods.empty_messages, floods.drops, floods.connections, held_sockets.slow_readers),
        *(held_sockets.half_open, floods.hands, floods.reloads),
    )
}
