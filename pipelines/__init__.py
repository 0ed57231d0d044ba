"""How audio reaches a model: files on disk to `tf.data`."""
