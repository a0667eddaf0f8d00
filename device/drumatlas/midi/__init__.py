"""MIDI in and out: what users name (targets), what opens it (choose), and a room for each way.

`alsa`: the kernel's sequencer, where there is one. `process`: a sending process of our own, for all
other outputs. `rtmidi`: JACK, CoreMIDI and Windows. `uart`: 5-pin DIN. `files`: what was played, as
MIDI files. Their ports are those that `play.port` describes.
"""
