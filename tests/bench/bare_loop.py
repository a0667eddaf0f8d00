"""MIDI clock as a musician's script would send it: the senders that timing.py compares with.

python bare_loop.py SECONDS bare      # absolute deadlines, python-rtmidi, nothing else
python bare_loop.py SECONDS isobar    # the isobar library's timeline
"""

import sys
import time
from pathlib import Path

BPM = 120


def bare(seconds: float) -> None:
    import rtmidi

    alsa, jack = rtmidi.API_LINUX_ALSA, rtmidi.API_UNIX_JACK
    api = alsa if Path("/dev/snd/seq").exists() else jack
    client = rtmidi.MidiOut(api, name="bare")
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
