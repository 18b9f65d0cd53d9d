"""What the papers print, and what comes out. No torch."""
