"""One open page, and the messages that wait to be sent to it. Only the newest of each kind waits,
so a slow page costs no memory and shows the present once it reads again."""

import asyncio
import json
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from drumatlas import errors
from drumatlas.web.rate_limit import Bucket
from drumatlas.web.view_json import Shown, merge

MESSAGES_A_SECOND, MESSAGES_AT_ONCE = 120.0, 240.0  # a drag sends 60
MOST_SAID = errors.MOST  # characters of a line about a message of the page
MOST_BAD = 20  # invalid messages, after which the page is disconnected
_NOTE_BATCHES = 64


class PageClient:
    """A WebSocket that passed the access."""

    def __init__(self, connection: ServerConnection) -> None:
        self.connection = connection
        self.is_new = True  # nothing has been sent to it yet
        self.listens = False  # whether it also receives the notes
        self.messages = Bucket(MESSAGES_A_SECOND, MESSAGES_AT_ONCE)
        self.bad = 0
        self._state: Shown = {}
        self._notes: deque[Any] = deque(maxlen=_NOTE_BATCHES)
        self._replies: deque[Any] = deque(maxlen=_NOTE_BATCHES)
        self._news = asyncio.Event()

    def show(self, changed: Shown) -> None:
        """Queue changed state; values that change again before they are sent are replaced."""
        if changed:
            merge(self._state, changed)
            self._news.set()

    def play(self, batch: Any) -> None:
        """Queue a batch of notes."""
        self._notes.append(batch)
        self._news.set()

    def reply(self, message: Any) -> None:
        """Queue a message for this page alone."""
        self._replies.append(message)
        self._news.set()

    def say(self, text: str, remarks: Sequence[str] = (), *, is_bad: bool = False) -> None:
        """Queue a line that the page shows to its user, with remarks that it lists below."""
        lines = [_cut(remark) for remark in remarks]
        self.reply({"said": {"text": _cut(text), "bad": is_bad, "remarks": lines}})

    async def run(self) -> None:
        """Send queued messages until cancelled."""
        while True:
            await self._news.wait()
            self._news.clear()
            for message in self._take():
                with suppress(ConnectionClosed):  # the reading task notices
                    await self.connection.send(json.dumps(message, separators=(",", ":")))

    def _take(self) -> list[Any]:
        messages = list(self._replies)
        self._replies.clear()
        if self._notes:
            messages.append({"notes": list(self._notes)})
            self._notes.clear()
        if self._state:
            messages.append({"state": self._state})
            self._state = {}
        return messages


def _cut(text: str) -> str:
    return text if len(text) <= MOST_SAID else f"{text[: MOST_SAID - 3]}..."
