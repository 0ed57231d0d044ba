"""The command `tftag`."""
