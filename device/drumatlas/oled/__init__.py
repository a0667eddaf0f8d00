"""A small display that shows the state of the box, drawn by a process of its own."""
