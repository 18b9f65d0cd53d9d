"""What is built: the blocks, the networks of the papers, the small ones of this book, listings of others. No torch."""
