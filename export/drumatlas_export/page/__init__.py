"""The static page: an atlas as one HTML file that plays without a server."""
