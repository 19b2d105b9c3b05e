"""What is a URI at all (RFC 3986, appendix A), as the published schema's `format: uri` asks."""

import re

_BARE, _ENCODED = r"A-Za-z0-9\-._~!$&'()*+,;=", r"%[0-9A-Fa-f]{2}"
_CHARACTERS = rf"(?:[{_BARE}:@/]++|{_ENCODED})"
_USER = rf"(?:[{_BARE}:]++|{_ENCODED})*+@"
_HOST = rf"(?:\[[0-9A-Fa-fvV.:]+\]|(?:[{_BARE}]++|{_ENCODED})*+)"
_AUTHORITY = rf"//(?:{_USER})?{_HOST}(?::\d*)?(?=[/?#]|\Z)"
_URI = re.compile(
    rf"[A-Za-z][A-Za-z0-9+.\-]*:(?:{_AUTHORITY}|(?!//)){_CHARACTERS}*+"
    rf"(?:\?(?:{_CHARACTERS}|\?)*+)?(?:\#(?:{_CHARACTERS}|\?)*+)?",
    re.ASCII,
)


def is_uri(text: str) -> bool:
    """Whether the text is an absolute URI: a scheme, and nothing that must be percent-encoded."""
    return _URI.fullmatch(text) is not None
