"""Mining: find unique 32-step beats in MIDI files."""
