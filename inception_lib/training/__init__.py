"""One training loop, and what this book trained with it."""
