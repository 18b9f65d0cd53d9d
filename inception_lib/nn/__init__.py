"""Reading 4: `torch.nn` modules."""
