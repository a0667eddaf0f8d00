"""Musical time: the transport, the sequencer and the loop that feeds a port. Time is an
argument."""
