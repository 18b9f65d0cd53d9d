"""Walks over a description, and the tree resolved: what all readings share. No torch."""
