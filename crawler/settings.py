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
COPYDESK_TEMPLATES = ""  # folder of learnt templates, where the output has none
COPYDESK_ROBOTS_AGENT = "Copydesk"  # the name that robots.txt knows us by
COPYDESK_CONTACT = ""  # an address or page where a site's owner finds you
COPYDESK_PROCESS = "pipelines.process.process_page"
COPYDESK_CLOCK = "crawler.extensions.run.utc_now"
COPYDESK_NEW_ID = "crawler.extensions.run.new_record_id"
COPYDESK_ON_PROGRESS = None

# -- politeness ---------------------------------------------------------------------

# The spider adds COPYDESK_CONTACT, and takes the pause from the site definition.
USER_AGENT = f"Copydesk/{version('copydesk')}"
DOWNLOAD_DELAY = 2.0
DOWNLOAD_DELAY_JITTER = 0  # a pause is at least as long as promised
CONCURRENT_REQUESTS_PER_DOMAIN = 1
AUTOTHROTTLE_ENABLED = True
AUTOTHROTTLE_START_DELAY = 0  # begin with DOWNLOAD_DELAY
RETRY_TIMES = 2
REDIRECT_MAX_TIMES = 5
ROBOTSTXT_OBEY = False  # crawler.middlewares.robots does it, and fails closed
COOKIES_ENABLED = False
REFERRER_POLICY = "no-referrer"
DEFAULT_REQUEST_HEADERS = {
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
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

EXTENSIONS = {"crawler.extensions.run.Run": 100}
DOWNLOADER_MIDDLEWARES = {
    "crawler.middlewares.addresses.AddressMiddleware": 90,
    "crawler.middlewares.robots.RobotsMiddleware": 100,
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
