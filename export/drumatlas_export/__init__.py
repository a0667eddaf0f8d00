"""drumatlas_export: turn MIDI files into an atlas that the box plays (runs on a computer)."""
