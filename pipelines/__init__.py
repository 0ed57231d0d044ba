"""How audio reaches a model: files on disk to `tf.data`."""

from tftag.console import interrupts

interrupts.end_at_once_while_starting()
