"""The page of a running box: its server, on a thread of its own, and the part of the slow loop that
feeds it."""
