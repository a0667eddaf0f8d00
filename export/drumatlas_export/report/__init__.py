"""The report: the scores of a space as one HTML page."""
