"""From analyses to trained networks: inputs, samples, splits, recipes, training, runs."""
