"""From beats to a pack of MIDI files: velocities, one file per beat, a folder or zip file."""
