"""Beats: voices, 32-step codes, the beats TSV, and quantising MIDI to the grid.

Pure: nothing here touches a file, a clock or a port.
"""
