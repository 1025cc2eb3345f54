"""Pages of all kinds, written for these tests: articles and what is none."""

SENTENCES = (
    "The council met on Monday evening in the old town hall and heard forty residents.",
    "“We were told that it would open before the winter,” said Anna Berg, a baker.",
    "Engineers found cracks in two of the eight pillars, and the works were stopped.",
    "He said that the costs had risen from four to almost seven million since 2019.",
    "A report blames the firm that surveyed the river bed, which pointed to floods.",
    "The vote was put off until the second week of May, when the report is complete.",
)

NAV = "<nav><ul>" + "".join(
    f'<li><a href="/{name}/">{name.title()}</a></li>'
    for name in ("politics", "business", "culture", "sports", "weather")
) + "</ul></nav>"  # fmt: skip

FOOTER = (
    '<footer><a href="/imprint">Imprint</a> <a href="/privacy">Privacy</a> '
    "© The Harbour Courier</footer>"
)


def page(title: str, body: str, head: str = "") -> str:
    """A page with a site's menu and footer round a body."""
    return (
        f'<html lang="en"><head><title>{title}</title>{head}</head>'
        f"<body>{NAV}<main>{body}</main>{FOOTER}</body></html>"
    )


def paragraphs(number: int) -> str:
    """So many paragraphs of a story, each another."""
    return "".join(
        f"<p>{SENTENCES[n % 6]} It was point {n} there. {SENTENCES[n * 5 % 6]}</p>"
        for n in range(number)
    )


def article(head: str = "", byline: str = "") -> str:
    """A story with related stories below it."""
    related = "".join(
        f'<li><a href="/city/2024/older-story-{n}">An older story of the bridge, part '
        f"number {n}</a></li>"
        for n in range(6)
    )
    return page(
        "Bridge stays closed until the winter - The Harbour Courier",
        f"<article><h1>Bridge stays closed until the winter</h1>{byline}"
        f"<div class='article-body'>{paragraphs(9)}</div></article>"
        f"<aside class='related'><h2>More</h2><ul>{related}</ul></aside>",
        head,
    )


DATED = article(
    '<meta property="og:type" content="article">'
    '<meta property="article:published_time" content="2024-04-22T18:00:00Z">',
    "<p class='byline'>By <a rel='author' href='/staff/j-lund'>Jonas Lund</a></p>",
)

BARE = article()
"""The same without any metadata, as pages were once."""

BODY_ALONE = (
    "<html><head><title>Bridge stays closed until the winter</title></head><body>"
    "<table><tr><td><font size=2><b>Bridge stays closed until the winter</b>"
    f"{paragraphs(6)}</font></td></tr></table></body></html>"
)
"""A page of before there was anything but tables."""


def cards(number: int, teaser: str, more: str = "") -> str:
    """So many teasers with a picture, a linked headline and a line."""
    return "".join(
        f'<div class="card"><a href="/stories/item-{n}"><img src="{n}.jpg"></a>'
        f'<h3><a href="/stories/item-{n}">Headline of the story that stands at place '
        f"{n}</a></h3><p>{teaser} ({n})</p>{more}</div>"
        for n in range(number)
    )


TEASER = "What the council decided, what it costs, and who will have to pay for it all"

HOME = page(
    "The Harbour Courier",
    f"<h1>The Harbour Courier</h1><section>{cards(30, TEASER)}</section>",
    '<meta property="og:type" content="website"><link rel="canonical" href="https://courier.example/">',
)

TAG = page(
    "Bridges",
    f"<h1>Bridges</h1><div class='archive'>{cards(24, TEASER)}</div>"
    "<a rel='next' href='/tag/bridges/page/2'>Next page</a>",
)

AUTHOR = page(
    "Jonas Lund",
    "<div class='profile'><h1>Jonas Lund</h1><p>Jonas Lund writes about the city, its "
    "bridges and its budget. He came to us from the radio.</p></div>"
    + cards(20, TEASER),
    '<meta property="og:type" content="profile">',
)

SHOP = page(
    "Lamps",
    "<h1>Lamps</h1><p>Our lamps are made by hand in small numbers, and we send yours "
    "within two days.</p>"
    + cards(
        24,
        "Brass, glass and a shade of linen that you can choose in eleven colours",
        "<p>$89.00</p><button>Add to cart</button>",
    ),
)


def _offer(n: int) -> str:
    return (
        f"<section class='feature'><h2>We repair your roof, step {n}</h2><div><p>Our "
        "team comes to you, looks at your roof and tells you what we can do, and you "
        "get a free quote from us.</p></div><a class='btn' href='/contact'>Get a free "
        "quote</a></section>"
    )


SERVICE = page(
    "Roof repair services",
    "<h1>Roof repair services</h1>"
    + "".join(map(_offer, range(8)))
    + "<form><input type='text'><input type='email'><input type='tel'><button>Call me "
    "back</button></form><a href='tel:+15550100'>Call us: 555 0100</a>",
    '<meta property="og:type" content="website">',
)

CONSENT = page(
    "Before you go on",
    "<div class='consent'><h1>Your privacy matters to us</h1><p>We and our partners "
    "store information on your device, so that we can show you what you may like, and "
    "you can choose what we do with your data.</p><button>Accept all</button>"
    "<button>Reject all</button><button>Manage your choices</button><ul>"
    + "".join(
        f"<li><h3>Purpose {n}</h3><p>You allow us and our partners to use your data "
        f"for purpose {n}, as we describe in our policy.</p><button>Allow</button></li>"
        for n in range(8)
    )
    + "</ul></div>",
)

SHELL = (
    "<html><head><title>Harbour Courier</title></head><body><div id='root'></div>"
    "<noscript>You need to enable JavaScript to run this app.</noscript>"
    "<script src='/main.js'></script></body></html>"
)

NOT_FOUND = page(
    "Page not found",
    "<h1>404</h1><p>We cannot find the page that you asked for. You may have "
    "followed an old link, or it was moved; try our search, or the front page.</p>"
    "<form><input type='search'><button>Search</button></form>"
    f"<h2>You may like</h2><div>{cards(9, TEASER)}</div>",
)

LOGIN = page(
    "Log in",
    "<h1>Log in to go on</h1><p>You need an account to read this. Log in with your "
    "e-mail address and your password, or register, it is free for you.</p><form>"
    "<input type='email'><input type='password'><button>Log in</button></form>"
    "<a class='btn' href='/register'>Register</a> <a href='/forgot'>Forgot it?</a>"
    "<h2>What you get</h2><ul><li><p>You read all that we write, on all your devices, "
    "as often as you like, and our newsletter.</p></li></ul>",
)
