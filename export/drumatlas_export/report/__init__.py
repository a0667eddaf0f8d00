"""The scores of a space as one page for people."""
