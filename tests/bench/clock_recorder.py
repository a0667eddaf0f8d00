"""Records when MIDI clocks come in at JACK, in a process that keeps up:

    python tests/bench/clock_recorder.py PORT

RtMidi stamps each message in JACK's own thread and puts it into a queue; Python only empties that
now and then, so that what Python does is not in the stamps. For each line that comes in at the
standard input it prints one JSON value: [when (monotonic ns), Start or clock] for each that came in
since the line before. "lost" is printed, and nothing more, where the queue was full.
"""

import json
import os
import sys
import threading
import time
from contextlib import suppress
from typing import Any

QUEUE = 1 << 16
START, CLOCK = 0xFA, 0xF8


def open_input(name: str) -> Any:
    import rtmidi

    client = rtmidi.MidiIn(rtmidi.API_UNIX_JACK, name="clock-recorder", queue_size_limit=QUEUE)
    client.ignore_types(sysex=True, timing=False, active_sense=True)
    ports = client.get_ports()
    index = next((i for i, port in enumerate(ports) if name in port), None)
    if index is None:
        raise SystemExit(f"no port {name} among {ports}")
    client.open_port(index)
    return client


class ClockRecorder:
    """Empties the queue. Its stamps say how long (s) after the one before a message came; the first
    came when it was taken at the latest, and each later one puts that right."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._since_us = 0
        self._origin_ns = time.monotonic_ns()
        self._heard: list[tuple[int, int]] = []  # us since the first, status
        self._lock = threading.Lock()

    def empty(self) -> None:
        for count in range(QUEUE):
            message = self._client.get_message()
            if message is None:
                return
            self._since_us += round(message[1] * 1e6)
            if count == QUEUE - 2:
                print('"lost"', flush=True)
                os._exit(1)
            origin = time.monotonic_ns() - self._since_us * 1000
            self._origin_ns = min(self._origin_ns, origin) if self._since_us else origin
            if message[0][0] in {START, CLOCK}:
                with self._lock:
                    self._heard.append((self._since_us, message[0][0]))

    def take(self) -> list[tuple[int, int]]:
        with self._lock:
            heard, self._heard = self._heard, []
        return [(self._origin_ns + at_us * 1000, status) for at_us, status in heard]


def main() -> None:
    recorder = ClockRecorder(open_input(sys.argv[1]))
    with suppress(OSError):
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(5))

    def go_on() -> None:
        while True:
            recorder.empty()
            time.sleep(0.01)

    threading.Thread(target=go_on, daemon=True).start()
    print('"hears"', flush=True)
    for _ in sys.stdin:
        print(json.dumps(recorder.take()), flush=True)


if __name__ == "__main__":
    main()
