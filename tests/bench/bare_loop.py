"""MIDI clock as a musician's script would send it: the senders that timing.py compares with.

python bare_loop.py SECONDS bare      # absolute deadlines, RtMidi, nothing else
python bare_loop.py SECONDS isobar    # the isobar library's timeline
"""

import sys
import time

from drumatlas.midi.rtmidi.api import open_client

BPM = 120


def bare(seconds: float) -> None:
    client = open_client(output=True, name="bare")[0]
    client.open_virtual_port("loop")
    tick_ns = 60e9 / BPM / 24
    start_ns = time.monotonic_ns()
    for tick in range(int(seconds * 1e9 / tick_ns)):
        time.sleep(max(start_ns + tick * tick_ns - time.monotonic_ns(), 0) / 1e9)
        client.send_message([0xF8])


def isobar(seconds: float) -> None:
    import isobar as iso
    from isobar.io.midi.output import MidiOutputDevice

    device = MidiOutputDevice("out", send_clock=True, virtual=True)
    iso.Timeline(BPM, output_device=device).background()
    time.sleep(seconds)


if __name__ == "__main__":
    {"bare": bare, "isobar": isobar}[sys.argv[2]](float(sys.argv[1]))
