"""The atlas: one file that holds a trained space and all a box needs to travel it."""
