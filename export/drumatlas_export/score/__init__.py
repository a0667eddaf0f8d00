"""Scores: the quality of a space's samples, and how well it reconstructs held-out beats."""
