"""Panels (see `engine.Panel`): GPIO knobs and buttons, MIDI controllers, scripts, terminal keys."""
