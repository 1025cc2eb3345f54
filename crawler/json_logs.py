"""Logs as JSON, one object a line, for whoever collects them."""

import json
import logging
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TextIO

from crawler.logformat import log_fields
from schemas.article import Article
from schemas.manifest import Disposition

MAX_CHARS = 4_000
"""No text of a line is longer: logs are not where records are kept."""

FIELDS = ("event", "url", "record_id", "site", "reason")
"""What a line tells beside its message, where it is known; keys of `extra`."""

_CREDENTIALS = re.compile(r"(?<=://)[^\s/?#@]*(?:@[^\s/?#@]*)*@")


class JsonFormatter(logging.Formatter):
    """A log record as one line of JSON, ASCII only, always with the same first keys."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end; null where a field is not known."""
        fields = _fields(record)
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(
                timespec="milliseconds"
            ),
            "level": record.levelname,
            "logger": record.name,
            "message": _shown(record.getMessage()),
            **{name: _shown(fields.get(name)) for name in FIELDS},
        }
        if record.exc_info:
            line["exception"] = _shown(self.formatException(record.exc_info), last=True)
        return json.dumps(line)


def configure_json_logging(level: str, stream: TextIO) -> logging.Handler:
    """All logs go to the stream as JSON.

    Scrapy's own handler must not be there (`LOG_INSTALL_ROOT_HANDLER` false).

    Args:
        level: Name of the level from which on a record is told.
        stream: Where to.

    Returns:
        The root logger's new handler; to be removed by whoever wants an end of it.
    """
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    handler.setLevel(level)
    logging.root.setLevel(logging.NOTSET)
    logging.root.addHandler(handler)
    return handler


def _fields(record: logging.LogRecord) -> Mapping[str, object]:
    """What `extra` says; else Scrapy's item, or the request in its arguments."""
    found = {name: getattr(record, name, None) for name in FIELDS}
    item = getattr(record, "item", None)
    if found["url"] is None and isinstance(item, Article):
        return log_fields(Disposition.ARTICLES, item)
    if found["url"] is None and isinstance(record.args, Mapping):
        found["url"] = getattr(record.args.get("request"), "url", None)
    return found


def _shown(value: object, *, last: bool = False) -> str | None:
    """The text of a value, short, and without what stands before a host.

    Args:
        value: Anything; None stays None.
        last: Whether the end is kept, not the beginning, of what is too long.
    """
    if value is None:
        return None
    text = _CREDENTIALS.sub("…@", str(value))
    if len(text) <= MAX_CHARS:
        return text
    return "…" + text[-MAX_CHARS:] if last else text[:MAX_CHARS] + "…"
