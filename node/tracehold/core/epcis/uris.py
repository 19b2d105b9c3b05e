"""What is a URI at all (RFC 3986, appendix A), as the published schema's `format: uri` asks."""

import re

_CHARACTERS = r"(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/]|%[0-9A-Fa-f]{2})"
_USER = r"(?:[A-Za-z0-9\-._~!$&'()*+,;=:]|%[0-9A-Fa-f]{2})*@"
_HOST = r"(?:\[[0-9A-Fa-fvV.:]+\]|(?:[A-Za-z0-9\-._~!$&'()*+,;=]|%[0-9A-Fa-f]{2})*)"
_AUTHORITY = rf"//(?:{_USER})?{_HOST}(?::\d*)?(?=[/?#]|\Z)"
_URI = re.compile(
    rf"[A-Za-z][A-Za-z0-9+.\-]*:(?:{_AUTHORITY}|(?!//)){_CHARACTERS}*+"
    rf"(?:\?(?:{_CHARACTERS}|\?)*+)?(?:\#(?:{_CHARACTERS}|\?)*+)?",
    re.ASCII,
)


def is_uri(text: str) -> bool:
    """Whether the text is an absolute URI: a scheme, and nothing that must be percent-encoded."""
    return _URI.fullmatch(text) is not None
