"""Files at `s3://`, `gs://` and `https://` addresses."""
