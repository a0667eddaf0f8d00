"""Outputs that a process of their own sends to, so that no decoder delays a message."""
