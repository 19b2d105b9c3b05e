"""The settings in force, for `tracehold doctor` and bug
reports: defaults filled in, nothing secret in them.
"""

import re
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

from tracehold.config.settings import Config

_CREDENTIALS = re.compile(r"(?<=://)[^/@\s]+@")
_KEY_IN_URL = re.compile(r"(https?://[^/\s]+)/\S+")

MASK = "***"


def describe(config: Config) -> dict[str, Any]:
    """All settings as plain values. Tokens are shown by name, roles and party; of an address with a path or
    credentials (providers put access keys there) only the host.
    """
    described: dict[str, Any] = {
        field.name: _section(getattr(config, field.name))
        for field in fields(Config)
        if is_dataclass(getattr(config, field.name))
    }
    described["ledger"]["rpc"] = masked_url(config.ledger.rpc)
    described["chain_node"]["admin"] = masked_url(config.chain_node.admin)
    described["tokens"] = [
        {"name": token.name, "roles": sorted(token.roles), "party": token.party} for token in config.tokens
    ]
    return described


def masked_url(url: str) -> str:
    """The address without what may be secret in it."""
    return _KEY_IN_URL.sub(rf"\1/{MASK}", _CREDENTIALS.sub(f"{MASK}@", url))


def _section(section: Any) -> dict[str, Any]:
    values = {field.name: getattr(section, field.name) for field in fields(section)}
    return {name: str(value) if isinstance(value, Path) else value for name, value in values.items()}
