"""Options for what is told of a crawl: monitors, metrics, logs."""

import argparse
from pathlib import Path


def add_conclusion_options(parser: argparse.ArgumentParser) -> None:
    """Add `--monitors`, `--thresholds`, `--prometheus` and `--log-format`."""
    parser.add_argument(
        "--monitors",
        action="store_true",
        help="judge the crawl at its end (extra `monitor`): exit code 5 if it is found "
        "wanting",
    )
    parser.add_argument(
        "--thresholds",
        metavar="FILE",
        type=Path,
        help="TOML file of the monitors' thresholds; implies --monitors",
    )
    parser.add_argument(
        "--prometheus",
        metavar="FILE",
        type=Path,
        help="write metrics for the textfile collector of node_exporter, *.prom "
        "(extra `monitor`)",
    )
    parser.add_argument(
        "--log-format",
        choices=("text", "json"),
        default="text",
        help="json: one object a line (default: %(default)s)",
    )


def conclusion_settings(
    arguments: argparse.Namespace,
) -> tuple[tuple[str, object], ...]:
    """Scrapy settings for what was asked; the log's format is none of them."""
    from crawler.conclusion import DEFAULT_THRESHOLDS

    monitors = DEFAULT_THRESHOLDS if arguments.monitors else ""
    return (
        ("COPYDESK_MONITORS", str(arguments.thresholds or monitors)),
        ("COPYDESK_PROMETHEUS", str(arguments.prometheus or "")),
        ("COPYDESK_STRICT", arguments.strict),
    )
