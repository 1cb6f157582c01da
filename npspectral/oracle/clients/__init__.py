"""A layer of PyTorch, JAX or Keras as a candidate, by what the layer and its user already have."""
