"""Beats: voices, 32-step codes, the beats TSV, and reading MIDI onto the grid.

Pure: nothing here touches a file, a clock or a port.
"""
