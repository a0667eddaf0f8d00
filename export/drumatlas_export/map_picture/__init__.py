"""The picture of an atlas' map: its points, and a line around each large genre."""
