"""The tests of tracehold."""
