"""Ports of JACK, CoreMIDI and Windows, through a Python binding of the library RtMidi."""
