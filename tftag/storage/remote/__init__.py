"""Files elsewhere: at `s3://`, `gs://` and `https://`, and on TF-Hub."""
