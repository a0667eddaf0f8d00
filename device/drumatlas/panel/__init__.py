"""Panels (`engine.Panel`): knobs and buttons, MIDI controllers, scripts and the terminal's keys."""
