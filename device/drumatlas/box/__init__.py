"""The running box: everything that `play` connects, opens, reloads and closes.

The modules here connect packages that don't import each other: engine, panels, MIDI ports, page,
display and state. A module that parses a command line belongs in `cli`. One that works without the
others belongs in the package of its subject.
"""
