"""GS1 keys of the companies in the story: right check digits, each in both spellings that companies use.

The prefixes lie in the range 952 that GS1 keeps for examples.
"""

from dataclasses import dataclass

from tracehold.core.gs1.checkdigit import check_digit

_DOMAIN = "https://id.gs1.org"


@dataclass(frozen=True, slots=True)
class Thing:
    """One identified thing: as canonical Digital Link, and as EPC URN."""

    link: str
    urn: str


@dataclass(frozen=True, slots=True)
class Company:
    """A company with a seven-digit GS1 prefix. `urns` tells that its systems still write EPC URNs.

    `signs` tells that it signs its events itself; others let the creator sign.
    """

    name: str
    prefix: str
    urns: bool = False
    signs: bool = False

    @property
    def party(self) -> Thing:
        """The company itself (PGLN)."""
        digits = f"{self.prefix}00000"
        return Thing(f"{_DOMAIN}/417/{digits}{check_digit(digits)}", f"urn:epc:id:pgln:{self.prefix}.00000")

    def place(self, number: int) -> Thing:
        """A site (SGLN without extension), 1 to 99,999."""
        digits = f"{self.prefix}{number:05}"
        return Thing(
            f"{_DOMAIN}/414/{digits}{check_digit(digits)}", f"urn:epc:id:sgln:{self.prefix}.{number:05}.0"
        )

    def lot(self, product: int, lot: str) -> Thing:
        """A lot of a product (LGTIN)."""
        return Thing(
            f"{_DOMAIN}/01/{self._gtin(product)}/10/{lot}",
            f"urn:epc:class:lgtin:{self.prefix}.0{product:05}.{lot}",
        )

    def piece(self, product: int, serial: str, *, level: int = 0) -> Thing:
        """One piece of a product (SGTIN); `level` is the
        GTIN's indicator digit, 0 for what a consumer buys.
        """
        return Thing(
            f"{_DOMAIN}/01/{self._gtin(product, level)}/21/{serial}",
            f"urn:epc:id:sgtin:{self.prefix}.{level}{product:05}.{serial}",
        )

    def unit(self, number: int) -> Thing:
        """A logistic unit (SSCC)."""
        digits = f"0{self.prefix}{number:09}"
        return Thing(
            f"{_DOMAIN}/00/{digits}{check_digit(digits)}", f"urn:epc:id:sscc:{self.prefix}.0{number:09}"
        )

    def asset(self, serial: str) -> Thing:
        """An asset of its own (GIAI)."""
        return Thing(f"{_DOMAIN}/8004/{self.prefix}{serial}", f"urn:epc:id:giai:{self.prefix}.{serial}")

    def returnable(self, kind: int, serial: str) -> Thing:
        """A returnable asset (GRAI)."""
        digits = f"{self.prefix}{kind:05}"
        return Thing(
            f"{_DOMAIN}/8003/0{digits}{check_digit(digits)}{serial}",
            f"urn:epc:id:grai:{self.prefix}.{kind:05}.{serial}",
        )

    def document(self, kind: str, number: int) -> str:
        """A business document's URI (CBV 2.0 section 8.5)."""
        return f"urn:epcglobal:cbv:bt:{self.prefix}000005:{kind}-{number:04}"

    def spell(self, thing: Thing) -> str:
        """The thing as this company writes it."""
        return thing.urn if self.urns else thing.link

    def _gtin(self, product: int, level: int = 0) -> str:
        digits = f"{level}{self.prefix}{product:05}"
        return digits + check_digit(digits)
