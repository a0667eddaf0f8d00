"""Training: turn beats into a checkpoint that holds a model, its settings and data for an atlas."""
