"""Ports of ALSA's sequencer, where the kernel delivers each message on time. Linux only."""
