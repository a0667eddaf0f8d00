"""Recordings of what was played: stored for a while and written as Standard MIDI Files."""
