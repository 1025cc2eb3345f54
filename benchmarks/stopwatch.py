"""Where the time of a run goes: stopwatches on functions, by stage."""

import pkgutil
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from functools import wraps
from typing import TypeVar
from unittest import mock

Value = TypeVar("Value")


class Stopwatch:
    """Processor seconds by stage, each without the stages that run inside it."""

    def __init__(self, whole: Collection[str] = ()) -> None:
        """A stopwatch at zero.

        Args:
            whole: Stages that are taken with all that runs inside them.
        """
        self._whole = frozenset(whole)
        self._seconds: dict[str, float] = defaultdict(float)
        self._inner: list[float] = []
        self._is_inside_whole = False

    def take(self) -> dict[str, float]:
        """The seconds since the last call, by stage."""
        taken, self._seconds = self._seconds, defaultdict(float)
        return taken

    @contextmanager
    def installed(self, stages: Mapping[str, Iterable[str]]) -> Iterator[None]:
        """While in this context, calls of the functions are measured.

        Args:
            stages: By stage, functions as `package.module:name` or `…:Class.method`. A
                name that another module has imported is a function of that module.

        Raises:
            AttributeError: There is no such function.
        """
        with ExitStack() as stack:
            for stage, functions in stages.items():
                for function in functions:
                    original = pkgutil.resolve_name(function)
                    measured = self._measured(stage, original)
                    name = function.replace(":", ".")
                    stack.enter_context(mock.patch(name, measured))
            yield

    def iterate(self, stage: str, values: Iterable[Value]) -> Iterator[Value]:
        """The values; the time that it takes to get each belongs to the stage."""
        following = self._measured(stage, iter(values).__next__)
        with suppress(StopIteration):
            while True:
                yield following()

    def _measured(
        self, stage: str, function: Callable[..., Value]
    ) -> Callable[..., Value]:
        @wraps(function)
        def measured(*arguments: object, **named: object) -> Value:
            if self._is_inside_whole:
                return function(*arguments, **named)
            self._is_inside_whole = stage in self._whole
            self._inner.append(0.0)
            begun = time.process_time()
            try:
                return function(*arguments, **named)
            finally:
                self._stop(stage, time.process_time() - begun)

        return measured

    def _stop(self, stage: str, seconds: float) -> None:
        self._is_inside_whole = False
        self._seconds[stage] += seconds - self._inner.pop()
        if self._inner:
            self._inner[-1] += seconds
