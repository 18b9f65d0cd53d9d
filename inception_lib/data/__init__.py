"""Pictures: some that need no download, and the reader's own."""
