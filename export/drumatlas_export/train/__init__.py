"""Training: beats in, a checkpoint that carries its config and what an atlas needs out."""
