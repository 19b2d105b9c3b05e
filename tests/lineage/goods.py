"""Things that stories are about: names that canonicalise, and the other spellings of each."""

from tracehold.core.gs1 import canonical

PREFIX, TYPE = "9521234", "054321"
GTIN = "https://id.gs1.org/01/09521234543213"


def piece(name: str) -> str:
    """One thing with a serial number."""
    return f"{GTIN}/21/{name}"


def lot(name: str) -> str:
    """A lot, of which there are amounts."""
    return f"{GTIN}/10/{name}"


def pallet(number: int) -> str:
    """A logistic unit."""
    return canonical(f"urn:epc:id:sscc:{PREFIX}.{number:010d}")


def tote(name: str) -> str:
    """A returnable asset."""
    return canonical(f"urn:epc:id:grai:{PREFIX}.00012.{name}")


def place(number: int) -> str:
    """A location."""
    return canonical(f"urn:epc:id:sgln:{PREFIX}.{number:05d}.0")


def spellings(item: str) -> list[str]:
    """Other ways to write a piece, a lot or a pallet of ours; the thing itself where there is none."""
    for key, urn in (("/21/", "urn:epc:id:sgtin"), ("/10/", "urn:epc:class:lgtin")):
        if item.startswith(GTIN + key):
            name = item.removeprefix(GTIN + key)
            return [
                f"{urn}:{PREFIX}.{TYPE}.{name}",
                f"https://brand.example/shop/01/09521234543213{key}{name}?17=271231",
            ]
    if item.startswith("https://id.gs1.org/00/"):
        digits = item.removeprefix("https://id.gs1.org/00/")
        return [f"urn:epc:id:sscc:{PREFIX}.{digits[0]}{digits[8:17]}", f"https://brand.example/00/{digits}"]
    return [item]
