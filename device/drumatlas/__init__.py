"""drumatlas: a beat box that plays drum patterns from a latent space."""

__version__ = "0.1.0"
