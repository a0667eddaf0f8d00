"""Grooves: drummers' velocities and timing, learned from recorded performances."""
