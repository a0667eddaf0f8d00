"""How good a space is: what its samples are like, and how well it holds beats it never saw."""
