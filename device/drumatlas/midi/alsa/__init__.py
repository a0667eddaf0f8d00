"""ALSA's sequencer, where the kernel itself delivers each message at its time. Linux only."""
