"""Mining: MIDI files in, unique 32-step beats out."""
