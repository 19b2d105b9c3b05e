"""What touches the outside: one file or package per outside thing, each behind a port of journey/ports.py."""
