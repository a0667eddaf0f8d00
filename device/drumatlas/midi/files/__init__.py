"""What was played, kept for a while and written as Standard MIDI Files."""
