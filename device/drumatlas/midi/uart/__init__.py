"""Serial ports at the speed of MIDI, for 5-pin DIN sockets. Linux only."""
