"""MIDI ports: one Protocol, adapters for rtmidi, files and tests."""
