"""The running box: everything that `play` puts together, opens, reloads and closes.

What belongs here connects rooms that don't know each other: engine, panels, MIDI ports, page,
display and state. A module that parses a command line belongs to `cli`; one that works without the
others belongs to the room of its subject.
"""
