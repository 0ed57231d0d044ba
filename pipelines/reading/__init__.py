"""From files on disk to batches: slices, random draws, one tf.data chain."""
