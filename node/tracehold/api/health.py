"""`/healthz`: the process answers. `/readyz`: what it needs answers too, each part by name."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tracehold.core.errors import TraceholdError

Check = Callable[[], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Readiness:
    """What a node needs to do its work: the name of each part
    and a call that raises where it does not answer.
    """

    checks: Mapping[str, Check]
    patience_s: float = 5.0

    async def report(self) -> tuple[bool, dict[str, Any]]:
        """Whether all parts answer, and each part's line. All are asked at once; never raises."""
        names = list(self.checks)
        lines = await asyncio.gather(*(self._line(self.checks[name]) for name in names))
        parts = dict(zip(names, lines, strict=True))
        ready = all(line["ok"] for line in lines)
        return ready, {"ready": ready, "checks": parts}

    async def _line(self, check: Check) -> dict[str, Any]:
        try:
            async with asyncio.timeout(self.patience_s):
                await check()
        except TraceholdError as error:
            return {"ok": False, "code": error.code, "detail": error.message, "remedy": error.remedy}
        except TimeoutError:
            return {"ok": False, "code": "DEADLINE", "detail": f"no answer within {self.patience_s:g} s"}
        except Exception:  # noqa: BLE001  the text of an unexpected error stays inside
            return {"ok": False, "code": "INTERNAL", "detail": "a fault of this program"}
        return {"ok": True}
