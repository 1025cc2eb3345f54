"""JavaScript pages: whether they can be rendered here, and with which settings.

Nothing of Playwright is imported: a crawl without such sites needs neither the extra
nor a browser. The rendering itself is `crawler.middlewares.javascript`.
"""

import os
import shutil
from importlib.util import find_spec
from pathlib import Path

from scrapy.settings import BaseSettings

from schemas.errors import UsageError

JAVASCRIPT = "playwright"
"""Key of `request.meta`: whether a browser is to run the scripts of the answer."""

RENDERED = "rendered"
"""Key of `request.meta`: how a browser came to the page that the response is, a
`Rendering`; absent: the response is as the server sent it."""

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
"""Commands that are looked for, in this order."""

DEAD_PROXY = "http://127.0.0.1:9"
"""Where a connection of the browser's own ends: nothing can be reached through it."""

# Each request of a page is answered by us. These see to it that one that we were not
# asked about goes nowhere: no name is resolved, and the one way out is dead.
_ARGUMENTS = (
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-domain-reliability",
    "--disable-sync",
    "--dns-prefetch-disable",
    "--no-default-browser-check",
    "--no-pings",
    # A page that fills the memory ends its own process, not the machine's.
    "--js-flags=--max-old-space-size=512",
)


def javascript_settings(settings: BaseSettings) -> dict[str, object]:
    """What a crawl needs whose sites have `javascript = true`, over `settings`.

    Raises:
        UsageError: The extra or a browser is missing; the text says what to install.
    """
    if find_spec("scrapy_playwright") is None:
        raise UsageError(
            "a site with javascript = true needs scrapy-playwright: "
            "pip install 'copydesk[javascript]'"
        )
    browser = find_browser(settings.get("COPYDESK_CHROMIUM"))
    return {
        "DOWNLOADER_MIDDLEWARES": {
            **settings.getdict("DOWNLOADER_MIDDLEWARES"),
            # Nearer to the wire than the archive: it gets the rendered page.
            "crawler.middlewares.javascript.JavaScriptMiddleware": 960,
        },
        "PLAYWRIGHT_BROWSER_TYPE": "chromium",
        "PLAYWRIGHT_LAUNCH_OPTIONS": _launch_options(browser),
        # A browser elsewhere would have a network of its own.
        "PLAYWRIGHT_CDP_URL": None,
        "PLAYWRIGHT_CONNECT_URL": None,
        "PLAYWRIGHT_RESTART_DISCONNECTED_BROWSER": False,
    }


def find_browser(named: str | None = None) -> Path:
    """The Chromium of this machine.

    Args:
        named: A path or command that is taken instead of those in `BROWSERS`.

    Raises:
        UsageError: There is none.
    """
    for command in (named,) if named else BROWSERS:
        found = shutil.which(command)
        if found is not None:
            return Path(found)
    wanted = f"COPYDESK_CHROMIUM is {named!r}, but" if named else "Chromium is needed:"
    raise UsageError(
        "a site with javascript = true cannot be rendered: "
        f"{wanted} no such program was found (Debian: apt install chromium)"
    )


def _launch_options(browser: Path) -> dict[str, object]:
    return {
        "executable_path": str(browser),
        "headless": True,
        # Chromium refuses to run as root with its sandbox.
        "chromium_sandbox": os.geteuid() != 0,
        "proxy": {"server": DEAD_PROXY, "bypass": "<-loopback>"},
        "args": list(_ARGUMENTS),
        "timeout": 30_000,
        # The crawl decides when the browser ends: after the pages in flight.
        "handle_sigint": False,
        "handle_sigterm": False,
        "handle_sighup": False,
    }
