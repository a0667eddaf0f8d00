"""Outputs that a child process sends to, so that the decoder never delays a message."""
