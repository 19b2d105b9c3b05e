"""The tracehold client: upload, look up, verify."""
