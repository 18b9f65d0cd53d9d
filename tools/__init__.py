"""Small programs that the Makefile runs; nothing here is needed to read the book."""
