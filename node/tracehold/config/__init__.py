"""The configuration of a node: one TOML file, read into frozen dataclasses."""

from tracehold.config.describe import describe
from tracehold.config.load import load, parse
from tracehold.config.settings import Config

__all__ = ["Config", "describe", "load", "parse"]
