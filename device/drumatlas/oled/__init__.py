"""A small display: what the box plays, drawn by a process of its own."""
