"""MIDI in and out, through the ports that `play.port` describes.

`targets` parses the names that users give, and `choose` opens the ports. Each way has a package:

- `alsa`: the kernel's sequencer, where there is one
- `process`: a child process that sends, for all other outputs
- `rtmidi`: JACK, CoreMIDI and Windows
- `uart`: 5-pin DIN
- `files`: recordings as MIDI files
"""
