"""Ports on JACK, CoreMIDI and Windows, through a Python binding of the library RtMidi."""
