"""Time: transport, sequencer and the loop that hands messages to a port. Time is an argument."""
