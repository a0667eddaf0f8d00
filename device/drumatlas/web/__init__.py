"""The page of a running box: its server on a thread of its own, and what feeds it."""
