"""Codes that only ever warn. Those that may refuse are entries of `core/errors.py`."""

WARNINGS = {
    "UNKNOWN_CONTEXT": "A remote @context that is not known here; none is ever fetched.",
    "UNKNOWN_PREFIX": "A prefix that no @context of the event declares: nobody can say what the name means.",
    "MORE_FINDINGS": "More was found in the payload than is listed.",
}
