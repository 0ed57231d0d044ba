"""From a trained Keras model to a SavedModel, verified before it is named."""
