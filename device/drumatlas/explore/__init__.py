"""Travel: from control values to a latent point, and from there to a beat that may play."""
