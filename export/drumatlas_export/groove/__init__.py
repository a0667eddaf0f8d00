"""How real players play: velocities and timing, learned from recorded performances."""
