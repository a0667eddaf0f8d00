"""Turn control values into a latent point, and the point into a beat that passes the filter."""
