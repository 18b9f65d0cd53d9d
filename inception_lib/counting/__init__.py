"""Reading 1: shapes, parameters, MACs, activations, receptive fields. No torch."""
