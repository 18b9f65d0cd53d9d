"""Trained weights: the ones that come with the package, and the ones that others published."""
