"""A decoder that chooses one-bar phrases of voice groups, as a drummer does, in place of cells."""
