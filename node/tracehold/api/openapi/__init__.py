"""The OpenAPI 3.1 document of the REST face, from the descriptors of the protos and their comments.

It is written to `api/openapi.json` by `tools/openapi.py` and served from there: comments
are not in the descriptors of a running program.
"""

from tracehold.api.openapi.document import document

__all__ = ["document"]
