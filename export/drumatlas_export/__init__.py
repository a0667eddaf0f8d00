"""drumatlas_export: from MIDI files to an atlas that a box plays (host side)."""
