"""The shared frontier: one site on many machines, through Redis.

Each machine has an output folder of its own, with all that a crawl promises: archive,
records, database. Redis has what they share: which pages were ever named, which wait,
and who has which. A page is leased, not taken away: it belongs to a machine until its
record is on disk there, and goes to another one if the machine has not been heard of
for the time of a lease. A page's lease and its machine's row for it are brought into
line when a session begins.

A session is known by a token. It is gone when another machine took over pages, when
Redis was emptied, and when a second process crawls as this machine: then nothing more
is written, and the next session goes on with what is still its own.

All methods block, and are called in the ledger's thread. No call is tried twice: what
was leased by an answer that got lost would be nobody's.
"""

import hashlib
import itertools
import json
import os
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any, TypeVar

from crawler.extras import require_extra
from crawler.state import CrawlState, Memory, NewPage, PageState, Source
from schemas.errors import CopydeskError, UsageError
from schemas.page import Discovery, SourceKind

PASSWORD_VARIABLE = "COPYDESK_REDIS_PASSWORD"  # noqa: S105 - the name, not the word
"""Of the environment: the password, so that it need not stand in the address."""

LEASE_LOST = "lease-lost"
"""Kind of `other_records`: pages that another machine has taken over."""

TIMEOUT_SECONDS = 10.0
PAGES_AT_ONCE = 20
"""Pages that are leased at a time, at most."""

SOURCES_AT_ONCE = 4
_KEYS_AT_ONCE = 1_000
"""Of one call: Redis does nothing else meanwhile."""

Value = TypeVar("Value")
_MACHINE = "machine"

_PRELUDE = """
local clock = redis.call('TIME')
local now = clock[1] + clock[2] / 1000000
local machine, token = ARGV[1], ARGV[2]
local function key(name) return KEYS[1] .. name end
local function call(command, name, ...) return redis.call(command, key(name), ...) end
local function leased_by(other) return 'leased:' .. other end
local function is_alive(other)
  return other and tonumber(call('ZSCORE', 'machines', other) or 0) > now
end
local function is_ours() return call('HGET', 'sessions', machine) == token end
local function hold(seconds) call('ZADD', 'machines', now + seconds, machine) end
"""

_CLAIM = """
call('HSET', 'sessions', machine, token)
hold(ARGV[3])
local reading = call('HGETALL', 'reading')
for i = 1, #reading, 2 do
  if reading[i + 1] == machine then call('HDEL', 'reading', reading[i]) end
end
local lost, leased = {}, leased_by(machine)
for i = 4, #ARGV, 2 do
  local page = ARGV[i]
  if call('SISMEMBER', leased, page) == 0 then
    if call('SADD', 'seen', page) == 1 or call('ZREM', 'queue', page) == 1 then
      call('SADD', leased, page)
      call('HSET', 'pages', page, ARGV[i + 1])
    else
      lost[#lost + 1] = page
    end
  end
end
return lost
"""

_HOLD = """
if not is_ours() then return 0 end
hold(ARGV[3])
return 1
"""

_DISCOVER = """
local new = 0
for i = 3, #ARGV, 2 do
  if call('SADD', 'seen', ARGV[i]) == 1 then
    new = new + 1
    call('ZADD', 'queue', call('INCR', 'named'), ARGV[i])
    call('HSET', 'pages', ARGV[i], ARGV[i + 1])
  end
end
return new
"""

_TAKE = """
if not is_ours() then return false end
hold(ARGV[3])
local wanted, taken = tonumber(ARGV[4]), {}
local function take(page)
  local named = call('HGET', 'pages', page)
  if not named then return end  -- settled by a machine that had it before
  call('SADD', leased_by(machine), page)
  taken[#taken + 1] = named
end
for _, other in ipairs(call('ZRANGEBYSCORE', 'machines', '-inf', now)) do
  for _, page in ipairs(call('SPOP', leased_by(other), wanted - #taken)) do
    call('HDEL', 'sessions', other)
    take(page)
  end
  if call('SCARD', leased_by(other)) == 0 then call('ZREM', 'machines', other) end
end
local queued = call('ZPOPMIN', 'queue', wanted - #taken)
for i = 1, #queued, 2 do take(queued[i]) end
return taken
"""

_LEFT = """
local left = call('ZCARD', 'queue')
for _, other in ipairs(call('ZRANGE', 'machines', 0, -1)) do
  if other ~= machine then left = left + call('SCARD', leased_by(other)) end
end
for _, url in ipairs(call('ZRANGEBYSCORE', 'due', '-inf', now)) do
  if call('HGET', 'reading', url) ~= machine then left = left + 1 end
end
return left
"""

_ADD_SOURCE = """
local url, changed_at = ARGV[3], tonumber(ARGV[5])
if call('HSETNX', 'sources', url, ARGV[4]) == 1 then
  call('ZADD', 'due', 0, url)
  return
end
local known, given = cjson.decode(call('HGET', 'sources', url)), cjson.decode(ARGV[4])
if given.depth <= known.depth and given.named_by ~= url then
  known.named_by, known.depth = given.named_by, given.depth
  known.max_depth = given.max_depth
  call('HSET', 'sources', url, cjson.encode(known))
end
local visit = tonumber(known.last_visit)
if changed_at and visit and visit < changed_at then call('ZADD', 'due', 0, url) end
"""

_TAKE_SOURCES = """
if not is_ours() then return false end
hold(ARGV[3])
local taken = {}
for _, url in ipairs(call('ZRANGEBYSCORE', 'due', '-inf', now)) do
  if #taken == tonumber(ARGV[4]) then break end
  if not is_alive(call('HGET', 'reading', url)) then
    call('HSET', 'reading', url, machine)
    taken[#taken + 1] = call('HGET', 'sources', url)
  end
end
return taken
"""

_TURN = """
local host = ARGV[3]
local pause = tonumber(call('HGET', 'pauses', host) or 0) - now
if pause > 0 then return {math.ceil(pause * 1000), 0} end
local wait = tonumber(call('HGET', 'turns', host) or 0) - now
if wait > 0 then return {0, math.ceil(wait * 1000)} end
call('HSET', 'turns', host, now + ARGV[4])
return {0, 0}
"""

_PAUSE = """
local host, until_then = ARGV[3], now + ARGV[4]
if until_then > tonumber(call('HGET', 'pauses', host) or 0) then
  call('HSET', 'pauses', host, until_then)
end
"""

_SCRIPTS = {
    "claim": _CLAIM,
    "hold": _HOLD,
    "discover": _DISCOVER,
    "take": _TAKE,
    "left": _LEFT,
    "add_source": _ADD_SOURCE,
    "take_sources": _TAKE_SOURCES,
    "turn": _TURN,
    "pause": _PAUSE,
}


class SharedFrontierError(CopydeskError):
    """Redis does not answer, or what was leased is not ours any more."""


class SharedFrontier:
    """What the machines of one site share.

    Args:
        address: `redis://`, `rediss://` or `unix://`; never told in a message.
        scope: What is crawled: machines with the same one work together.
        machine: Which machine this is, for good.
        lease_seconds: A machine that was not heard of for that long has lost its pages.

    Raises:
        UsageError: The extra is not installed, or it is no such address.
    """

    def __init__(
        self, address: str, *, scope: str, machine: str, lease_seconds: float
    ) -> None:
        require_extra("redis", "redis", "--frontier")
        self.lease_seconds = lease_seconds
        self._identity = machine, uuid.uuid4().hex
        self._prefix = f"copydesk:{{{scope}}}:"
        self._leased = f"{self._prefix}leased:{machine}"
        self._redis = _client(address)
        self._scripts = {
            name: self._redis.register_script(_PRELUDE + body)
            for name, body in _SCRIPTS.items()
        }

    def close(self) -> None:
        """Release the connection; leases are kept until their time has passed."""
        self._redis.close()

    def begin(self, state: CrawlState) -> int:
        """A session begins: database and leases agree; how many pages were lost.

        What is settled here is told again, which mends a Redis that was emptied or is
        older than the database. Pages that another machine has taken over meanwhile
        are forgotten; pages that were leased, and not yet in the database, are there.

        Raises:
            SharedFrontierError: Redis does not answer.
        """
        for url_keys in _batches(state.settled_keys()):
            self.settle(url_keys)
        self._run("claim", self.lease_seconds)
        lost = 0
        for batch in _batches(state.first_visits()):
            numbers = {_digest(page.url_key): number for number, page in batch}
            pages = _pairs(page for _, page in batch)
            for each in self._run("claim", self.lease_seconds, *pages):
                state.forget(numbers[each])
                state.count_other(LEASE_LOST)
                lost += 1
        for keys in _batches(self._guarded(self._redis.smembers, self._leased)):
            found = self._guarded(self._redis.hmget, self._prefix + "pages", keys)
            pairs = list(zip(keys, found, strict=True))
            gone = [key for key, page in pairs if page is None]
            if gone:  # settled by another machine, which Redis was not told in time
                self._guarded(self._redis.srem, self._leased, *gone)
            self._take_in((page for _, page in pairs if page is not None), state)
        return lost

    def hold(self) -> None:
        """All that was leased is ours for another `lease_seconds`.

        Raises:
            SharedFrontierError: Some of it is not ours any more, or Redis does not
                answer: nothing may be written.
        """
        self._check(self._run("hold", self.lease_seconds))

    def settle(self, url_keys: Iterable[str]) -> None:
        """The records of these pages are on disk."""
        for batch in _batches(map(_digest, url_keys)):
            step = self._redis.pipeline()
            step.sadd(self._prefix + "seen", *batch)
            step.zrem(self._prefix + "queue", *batch)
            step.srem(self._leased, *batch)
            step.hdel(self._prefix + "pages", *batch)
            self._guarded(step.execute)

    def discover(self, pages: Iterable[NewPage]) -> int:
        """The pages wait for a machine; how many of them nobody had named before."""
        batches = map(_pairs, _batches(pages))
        return sum(self._run("discover", *batch) for batch in batches)

    def take(self, state: CrawlState) -> tuple[str, ...]:
        """The next pages are leased and have rows; their hosts, page by page.

        Pages of machines that were not heard of come first.

        Raises:
            SharedFrontierError: As `hold`.
        """
        found = self._run("take", self.lease_seconds, PAGES_AT_ONCE)
        self._check(found is not None)
        return self._take_in(found, state)

    def _take_in(self, pages: Iterable[bytes], state: CrawlState) -> tuple[str, ...]:
        known = list(map(_page, pages))
        is_done = [state.state_of(page.url_key) is PageState.SETTLED for page in known]
        self.settle(itertools.compress((page.url_key for page in known), is_done))
        new = [page for page, done in zip(known, is_done, strict=True) if not done]
        state.discover(new)
        return tuple(page.host for page in new)

    def is_work_left(self) -> bool:
        """Whether pages or sources wait, or are with other machines."""
        return bool(self._run("left"))

    # -- sources --------------------------------------------------------------------

    def add_source(self, source: Source, *, changed_at: float | None = None) -> None:
        """The source is known; as `CrawlState.add_source`."""
        changed = "" if changed_at is None else changed_at
        self._run("add_source", source.url, json.dumps(asdict(source)), changed)

    def sources(self) -> tuple[Source, ...]:
        """All sources, in the order of their addresses."""
        found = self._guarded(self._redis.hvals, self._prefix + "sources")
        return tuple(sorted(map(_source, found), key=lambda source: source.url))

    def remove_sources(self, urls: Iterable[str]) -> None:
        """The sources are not asked any more."""
        for batch in _batches(urls):
            step = self._redis.pipeline()
            step.hdel(self._prefix + "sources", *batch)
            step.zrem(self._prefix + "due", *batch)
            self._guarded(step.execute)

    def take_sources(self) -> tuple[Source, ...]:
        """Sources that are due, and that only this machine reads.

        Raises:
            SharedFrontierError: As `hold`.
        """
        found = self._run("take_sources", self.lease_seconds, SOURCES_AT_ONCE)
        self._check(found is not None)
        return tuple(map(_source, found))

    def visited(self, source: Source) -> None:
        """The source was read, and is due when it says."""
        step = self._redis.pipeline()
        step.hset(self._prefix + "sources", source.url, json.dumps(asdict(source)))
        step.zadd(self._prefix + "due", {source.url: source.next_visit})
        step.hdel(self._prefix + "reading", source.url)
        self._guarded(step.execute)

    def make_due(self, urls: Iterable[str]) -> None:
        """The sources are to be read now, due or not."""
        for batch in _batches(urls):
            due = dict.fromkeys(batch, 0)
            self._guarded(self._redis.zadd, self._prefix + "due", due)

    # -- politeness -----------------------------------------------------------------

    def turn(self, host: str, delay_seconds: float) -> tuple[float, float]:
        """Seconds that the site is to be left alone, and else until it may be asked.

        Both 0: it is this machine's turn, and no other one asks for `delay_seconds`.
        """
        pause, wait = self._run("turn", host, delay_seconds)
        return pause / 1_000, wait / 1_000

    def pause(self, host: str, seconds: float) -> None:
        """No machine asks the site for that long."""
        self._run("pause", host, seconds)

    # -- below ----------------------------------------------------------------------

    def _check(self, is_ours: object) -> None:
        if not is_ours:
            raise SharedFrontierError(
                "shared frontier: this session is not the one that Redis knows: its "
                "lease has run out, Redis was emptied, or another process crawls as "
                "this machine; nothing is lost, the same command goes on"
            )

    def _run(self, script: str, *arguments: object) -> Any:  # noqa: ANN401 - of Redis
        return self._guarded(
            self._scripts[script], [self._prefix], [*self._identity, *arguments]
        )

    def _guarded(self, method: Any, *arguments: object) -> Any:  # noqa: ANN401
        from redis import RedisError

        try:
            return method(*arguments)
        except RedisError as error:
            raise SharedFrontierError(
                f"shared frontier: {type(error).__name__}: {error}; nothing is lost, "
                "the same command goes on"
            ) from error


def machine_of(state: CrawlState) -> str:
    """Which machine an output folder belongs to: a word that is made with it."""
    machine = state.kept(_MACHINE)
    if machine is None:
        machine = uuid.uuid4().hex
        state.keep(_MACHINE, machine)
    return machine


def _client(address: str) -> Any:  # noqa: ANN401 - redis-py's types are of two minds
    from redis import Redis
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    given = os.environ.get(PASSWORD_VARIABLE)
    try:
        return Redis.from_url(
            address,
            retry=Retry(NoBackoff(), 0),
            socket_timeout=TIMEOUT_SECONDS,
            socket_connect_timeout=TIMEOUT_SECONDS,
            **({"password": given} if given else {}),
        )
    except ValueError:
        # Neither the address nor what urllib says of it: both have the password.
        raise UsageError(
            "--frontier: not a redis://, rediss:// or unix:// address"
        ) from None


def _digest(url_key: str) -> bytes:
    return hashlib.blake2b(url_key.encode(), digest_size=16).digest()


def _json(page: NewPage) -> str:
    return json.dumps(
        [page.url_key, page.host, page.requested_url, page.discovery.to_json_line()]
    )


def _page(text: bytes) -> NewPage:
    url_key, host, requested_url, discovery = json.loads(text)
    return NewPage(
        url_key, host, requested_url, Discovery.model_validate_json(discovery)
    )


def _source(text: bytes) -> Source:
    columns = json.loads(text)
    columns["kind"] = SourceKind(columns["kind"])
    columns["memory"] = Memory(**columns["memory"])
    return Source(**columns)


def _pairs(pages: Iterable[NewPage]) -> list[bytes | str]:
    """Digest and JSON of each page, as the scripts take them."""
    return [part for page in pages for part in (_digest(page.url_key), _json(page))]


def _batches(values: Iterable[Value]) -> Iterator[list[Value]]:
    iterator = iter(values)
    while batch := list(itertools.islice(iterator, _KEYS_AT_ONCE)):
        yield batch
