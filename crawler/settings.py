"""Scrapy's settings: polite, closed to the outside, and safe to kill.

Our own begin with `COPYDESK_`; docs/crawling.md explains them.
"""

from importlib.metadata import version

BOT_NAME = "copydesk"
SPIDER_MODULES = ["crawler.spiders"]
NEWSPIDER_MODULE = "crawler.spiders"

# -- our own ------------------------------------------------------------------------

COPYDESK_OUT = ""  # the output folder; empty: data/runs/<site or host>
COPYDESK_CONFIG = ""  # PipelineConfig as JSON; empty: its defaults
COPYDESK_SITES = ""  # folder of site files; empty: those that ship
COPYDESK_WORKERS = 2
COPYDESK_MAX_PAGES = 0  # pages fetched in this session; 0: all
COPYDESK_CHECKPOINT_PAGES = 500
COPYDESK_ALLOW_PRIVATE_ADDRESSES = False
COPYDESK_FETCH_ONLY = False  # archive now, clean in a later session
COPYDESK_RECHECK = False  # ask all sources, due or not
COPYDESK_FRONTIER = ""  # redis:// address of a frontier that machines share
COPYDESK_LEASE_SECONDS = 120.0  # a silent machine has lost its pages after that
COPYDESK_BACKOFF_SECONDS = 10.0  # first pause of a site that fails or refuses
COPYDESK_MAX_WAIT_SECONDS = 600.0  # longer pauses are for another session
COPYDESK_TEMPLATES = ""  # folder of learnt templates, where the output has none
COPYDESK_ROBOTS_AGENT = "Copydesk"  # the name that robots.txt knows us by
COPYDESK_READ_TDMREP = True  # ask each origin for /.well-known/tdmrep.json
COPYDESK_CONTACT = ""  # an address or page where a site's owner finds you
COPYDESK_PROCESS = "pipelines.process.process_page"
COPYDESK_CLOCK = "crawler.extensions.run.utc_now"
COPYDESK_NEW_ID = "crawler.extensions.run.new_record_id"
COPYDESK_ON_PROGRESS = None
COPYDESK_MONITORS = ""  # file of thresholds, or "default"; empty: no monitors are run
COPYDESK_PROMETHEUS = ""  # file of metrics; empty: none
COPYDESK_CHROMIUM = ""  # path or command; empty: the one that is found
COPYDESK_JAVASCRIPT_SECONDS = 60.0  # for one page in the browser
COPYDESK_JAVASCRIPT_REQUESTS = 100  # of one page
COPYDESK_JAVASCRIPT_TABS = 4  # pages in the browser at a time
COPYDESK_JAVASCRIPT_RECYCLE = 200  # pages after which a browser is replaced
COPYDESK_STRICT = False  # rejected and failed pages have an exit code in the summary

# -- politeness ---------------------------------------------------------------------

# The spider adds COPYDESK_CONTACT; a site definition may ask for another pause and for
# more requests at a time.
USER_AGENT = f"Copydesk/{version('copydesk')}"
DOWNLOAD_DELAY = 2.0
DOWNLOAD_DELAY_JITTER = 0  # a pause is at least as long as promised
CONCURRENT_REQUESTS_PER_DOMAIN = 1
AUTOTHROTTLE_ENABLED = True
# Callbacks give no items: Scrapy would make a hundred tasks for each response's.
CONCURRENT_ITEMS = 1
RETRY_TIMES = 2
# 429 and 503 ask us to come back later: the politeness middleware does.
RETRY_HTTP_CODES = [500, 502, 504, 522, 524, 408]
REDIRECT_MAX_TIMES = 5
ROBOTSTXT_OBEY = False  # crawler.middlewares.robots does it, and fails closed
COOKIES_ENABLED = False
REFERRER_POLICY = "no-referrer"
DEFAULT_REQUEST_HEADERS = {
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "Accept-Encoding": "gzip, deflate, br, zstd",
}

# -- limits -------------------------------------------------------------------------

DOWNLOAD_TIMEOUT = 30
DOWNLOAD_MAXSIZE = 64_000_000
DOWNLOAD_WARNSIZE = 0
DNS_TIMEOUT = 20
DOWNLOAD_VERIFY_CERTIFICATES = True
HTTPERROR_ALLOW_ALL = True  # an error page is a page: it is rejected with its status
METAREFRESH_ENABLED = False  # the page as received is what is cleaned
URLLENGTH_LIMIT = 0  # nothing is dropped in silence
# Depth is bounded by the spider: sources name pages, and pages are not followed. Pages
# come from the database, so Scrapy's count of callbacks would mean nothing.
DEPTH_LIMIT = 0

# -- components ---------------------------------------------------------------------

EXTENSIONS = {
    "crawler.extensions.run.Run": 100,
    "scrapy.extensions.throttle.AutoThrottle": None,
    "crawler.middlewares.politeness.SiteThrottle": 0,
}
DOWNLOADER_MIDDLEWARES = {
    "crawler.middlewares.addresses.AddressMiddleware": 90,
    "crawler.middlewares.robots.RobotsMiddleware": 100,
    "crawler.middlewares.reservations.ReservationsMiddleware": 110,
    "crawler.middlewares.politeness.PolitenessMiddleware": 560,
    # Pages are decoded where they are read: in a worker process.
    "scrapy.downloadermiddlewares.httpcompression.HttpCompressionMiddleware": None,
    "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware": None,
    "scrapy.downloadermiddlewares.offsite.OffsiteMiddleware": None,
    "crawler.middlewares.archive.ArchiveMiddleware": 950,
}
SPIDER_MIDDLEWARES = {
    "scrapy.spidermiddlewares.depth.DepthMiddleware": None,
}
ITEM_PIPELINES = {
    "pipelines.item_pipelines.CleanPipeline": 100,
    "pipelines.item_pipelines.StorePipeline": 200,
}
DOWNLOAD_HANDLERS = {"data": None, "file": None, "ftp": None, "s3": None}
TWISTED_DNS_RESOLVER = "crawler.middlewares.addresses.PublicHostnameResolver"
# A proxy resolves names itself, behind the back of our resolver.
HTTPPROXY_ENABLED = False
SCHEDULER_MEMORY_QUEUE = "scrapy.squeues.FifoMemoryQueue"
FEED_EXPORTERS = {
    "jsonl": "pipelines.item_pipelines.RecordExporter",
    "jsonlines": "pipelines.item_pipelines.RecordExporter",
    "jl": "pipelines.item_pipelines.RecordExporter",
}
LOG_FORMATTER = "crawler.logformat.OneLineLogFormatter"
LOG_LEVEL = "INFO"

# Both would listen on a port, and the first one runs code that is sent to it.
REMOTE_CONTROL_ENABLED = False
TELNETCONSOLE_ENABLED = False
