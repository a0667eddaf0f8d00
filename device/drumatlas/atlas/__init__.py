"""The atlas: one file with a trained latent space and everything a box needs to travel it."""
