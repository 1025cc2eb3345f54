"""How far a run is: one moving line on a terminal, a plain line now and then else."""

import time
from typing import TextIO

from schemas.manifest import Counts

TERMINAL_SECONDS = 0.2
PLAIN_SECONDS = 30.0


class Progress:
    """Tells the counts of a run as it goes.

    Args:
        stream: Where to; standard error.
        is_shown: False: nothing is told but the last line.
    """

    def __init__(self, stream: TextIO, *, is_shown: bool = True) -> None:
        self._stream = stream
        self._is_terminal = stream.isatty()
        self._is_shown = is_shown
        self._interval = TERMINAL_SECONDS if self._is_terminal else PLAIN_SECONDS
        self._started = self._told = time.monotonic()

    def update(self, counts: Counts) -> None:
        """Tell the counts, if it is time to."""
        now = time.monotonic()
        if not self._is_shown or now - self._told < self._interval:
            return
        self._told = now
        line = self._line(counts, now)
        if self._is_terminal:
            self._stream.write(f"\r\x1b[K{line}")
            self._stream.flush()
        else:
            print(line, file=self._stream, flush=True)

    def finish(self, counts: Counts) -> None:
        """Tell the counts for the last time, on a line of their own."""
        start = "\r\x1b[K" if self._is_terminal and self._is_shown else ""
        line = self._line(counts, time.monotonic())
        print(f"{start}{line}", file=self._stream, flush=True)

    def _line(self, counts: Counts, now: float) -> str:
        done = counts.seen - counts.pending
        rate = done / max(now - self._started, 1e-3)
        return (
            f"{counts.seen:,} pages: {counts.articles:,} articles, "
            f"{counts.duplicates:,} duplicates, {counts.rejected:,} rejected, "
            f"{counts.failed:,} failed, {counts.pending:,} pending ({rate:.1f}/s)"
        )
