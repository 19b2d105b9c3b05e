"""HTML that cannot be broken out of: all text is escaped where an element is made, and only elements are not.

What stands in records was written by others, so that nothing of it may become markup or an address.
"""

from html import escape

_VOID = frozenset({"meta", "input", "br"})


class Html(str):
    """Markup that is safe: made by `element`, or of this program's own constants."""

    __slots__ = ()


def element(name: str, /, *inside: str, **attributes: str) -> Html:
    """An element with text and elements in it. An attribute `class_` is `class`; its value is escaped."""
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{_text(value)}"' for key, value in attributes.items()
    )
    if name in _VOID:
        return Html(f"<{name}{written}>")
    return Html(f"<{name}{written}>{join(*inside)}</{name}>")


def join(*parts: str) -> Html:
    """The parts in a row; text among them is escaped."""
    return Html("".join(part if isinstance(part, Html) else _text(part) for part in parts))


def _text(text: str) -> str:
    # Half characters, which JSON can bring, have no UTF-8 form; control and direction marks
    # could make a text look like another one.
    whole = text.encode("utf-8", "replace").decode()
    return escape("".join(letter for letter in whole if letter.isprintable()), quote=True)
