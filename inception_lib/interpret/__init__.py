"""What a trained network looks for."""
