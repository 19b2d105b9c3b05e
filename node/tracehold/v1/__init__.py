"""Generated from proto/tracehold/v1 by `make proto`; do not edit."""
