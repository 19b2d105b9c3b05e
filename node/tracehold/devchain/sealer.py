"""The one thread that seals."""

import threading
from collections.abc import Callable

from tracehold.devchain.chain import DevChain
from tracehold.devchain.report import report


class Sealer(threading.Thread):
    """Seals whenever something comes into the pool or, with an interval, every so many seconds.

    With an interval empty blocks are sealed too, so that confirmations and block time advance. When sealing
    fails, `error` says why, and `failed` is called from this thread.
    """

    def __init__(self, chain: DevChain, interval_s: float | None, failed: Callable[[], None]) -> None:
        super().__init__(name="sealer", daemon=True)
        self.error: BaseException | None = None
        self._chain = chain
        self._interval_s = interval_s
        self._failed = failed
        self._ending = threading.Event()

    def run(self) -> None:
        """Seal until `finish`, then once more what is executable."""
        try:
            while not self._ending.is_set():
                self._wait_and_seal()
            self._drain()
        except BaseException as error:  # noqa: BLE001  whatever it was, the program must not go on without sealing
            report("sealing failed, the chain stops", error=error)
            self.error = error
            self._failed()

    def finish(self) -> None:
        """End after a last block of what is executable; returns when the thread has ended."""
        self._ending.set()
        self._chain.pool.arrived.set()
        self.join()

    def _wait_and_seal(self) -> None:
        if self._interval_s is None:
            self._chain.pool.arrived.wait()
            self._chain.pool.arrived.clear()
            self._drain()
        elif not self._ending.wait(self._interval_s):
            self._chain.seal(empty=True)

    def _drain(self) -> None:
        while self._chain.seal() is not None:
            pass
