"""How the sample site looks: what is answered to each path, as bytes.

Input: `DemoContent`. Output: `build_pages`, a function of the base URL for each path.
All text is escaped where it enters a page.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from email.utils import format_datetime
from functools import partial
from html import escape
from http import HTTPStatus
from itertools import pairwise
from urllib.parse import quote_plus

from crawler.demo_content import (
    HEADLINES_LEFT_OUT,
    LANGUAGE_NAMES,
    DemoArticle,
    DemoContent,
    Section,
    Shape,
    is_encodable,
)

HEADLINE_GAP = "\N{NO-BREAK SPACE}" * 4
TEASER_CHARS = 250
HTML = "text/html; charset=utf-8"
XML = "application/xml; charset=utf-8"


@dataclass(frozen=True)
class Response:
    """What the site answers to one request."""

    status: int
    content_type: str
    body: bytes
    location: str | None = None
    """Absolute address, of a redirect only."""


def build_pages(content: DemoContent) -> dict[str, Callable[[str], Response]]:
    """What answers each path, given the base URL.

    Raises:
        ValueError: Two articles have the same path.
    """
    writer = _Writer(content)
    pages: dict[str, Callable[[str], Response]] = {}
    for section in content.sections.values():
        pages[f"{section.prefix}/"] = partial(writer.home, section)
        pages[section.feed] = partial(writer.feed, section)
    for article in (*content.articles, *content.private):
        if article.path in pages:
            raise ValueError(f"{article.path}: two files describe this article")
        pages[article.path] = partial(writer.article, article)
        if article.moved_from:
            pages[article.moved_from] = partial(_redirect, article.path)
    for path, title, articles, section in _listings(content):
        pages[path] = partial(writer.teasers, path, title, articles, section)
    pages["/news-sitemap.xml"] = writer.sitemap
    pages["/robots.txt"] = _robots
    for path, picture in content.images.items():
        pages[path] = partial(_image, picture)
    return pages


@dataclass(frozen=True)
class _Writer:
    """Writes the pages. A method without a leading underscore answers one request."""

    content: DemoContent

    def article(self, article: DemoArticle, base_url: str) -> Response:
        section = self.content.sections[article.section]
        charset = {"utf-8": "utf-8", "windows-1256": "windows-1256"}
        declared = charset.get(article.encoding)
        page = self._frame(
            section,
            base_url + article.path,
            base_url,
            title=f"{article.title} - {self.content.name}",
            head=_article_head(article, base_url),
            body=self._article_body(article, section),
            # Without a declaration, the byte order mark alone tells the encoding.
            charset=f'<meta charset="{declared}">\n' if declared else "",
        )
        encoding = "utf-8-sig" if declared is None else declared
        content_type = HTML if declared == "utf-8" else "text/html"
        return Response(HTTPStatus.OK, content_type, page.encode(encoding))

    def home(self, section: Section, base_url: str) -> Response:
        stories = "\n".join(
            f'<li><a href="{each.path}">{escape(each.title)}</a> '
            f"<small>{escape(_published_line(each, section))}</small></li>"
            for each in self._newest(section)
        )
        body = (
            f'<h1>{escape(section.latest)}</h1>\n<ul class="stories">\n{stories}\n</ul>'
        )
        return self._listing(
            section, f"{section.prefix}/", section.latest, body, base_url
        )

    def teasers(
        self,
        path: str,
        title: str,
        articles: Sequence[DemoArticle],
        section: Section,
        base_url: str,
    ) -> Response:
        stories = "\n".join(
            f'<div class="teaser">\n<h2><a href="{each.path}">{escape(each.title)}</a>'
            f"</h2>\n{_published_span(each, section)}\n"
            f"<p>{escape(_teaser(each))}</p>\n</div>"
            for each in articles
        )
        body = f"<h1>{escape(title)}</h1>\n{stories}"
        return self._listing(section, path, title, body, base_url)

    def feed(self, section: Section, base_url: str) -> Response:
        """RSS 2.0. An article without a day of the calendar has no `pubDate`."""
        items = [
            _feed_item(
                each.title,
                base_url + (each.moved_from or each.path),
                _pub_date(each) + f"<description>{escape(_teaser(each))}</description>",
            )
            for each in self._newest(section)
        ]
        items += [
            _feed_item(title, url, "") for title, url in self._traps(section, base_url)
        ]
        lines = "\n".join(items)
        return _xml(
            '<rss version="2.0">\n<channel>\n'
            f"<title>{escape(self.content.name)}</title>\n"
            f"<link>{escape(base_url)}{section.prefix}/</link>\n"
            f"<description>{escape(section.tagline)}</description>\n"
            f"<language>{section.language}</language>\n{lines}\n</channel>\n</rss>\n"
        )

    def sitemap(self, base_url: str) -> Response:
        """A news sitemap, with all articles however old they are."""
        urls = "\n".join(
            self._sitemap_url(each, base_url) for each in self.content.articles
        )
        return _xml(
            '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" '
            'xmlns:news="http://www.google.com/schemas/sitemap-news/0.9">\n'
            f"{urls}\n</urlset>\n"
        )

    def _sitemap_url(self, article: DemoArticle, base_url: str) -> str:
        day = article.date_published
        return (
            f"<url><loc>{escape(base_url + article.path)}</loc><news:news>"
            f"<news:publication><news:name>{escape(self.content.name)}</news:name>"
            f"<news:language>{article.language}</news:language></news:publication>"
            + (f"<news:publication_date>{day}</news:publication_date>" if day else "")
            + f"<news:title>{escape(article.title)}</news:title></news:news></url>"
        )

    def _traps(self, section: Section, base_url: str) -> list[tuple[str, str]]:
        """Entries of a feed that give no article: title and address."""
        traps = [
            (each.title, base_url + each.path)
            for each in self.content.private
            if each.section == section.language
        ]
        if section.language == "fr":
            traps.append(("Page disparue", base_url + self.content.missing_path))
            traps.append(("Page d'un autre site", self.content.offsite_url))
        return traps

    def _newest(self, section: Section) -> list[DemoArticle]:
        own = [
            each for each in self.content.articles if each.section == section.language
        ]
        return sorted(own, key=lambda each: each.date_published or "", reverse=True)

    def _listing(
        self, section: Section, path: str, title: str, body: str, base_url: str
    ) -> Response:
        headlines = self._headlines(section, 0)
        page = self._frame(
            section,
            base_url + path,
            base_url,
            title=f"{title} - {self.content.name}",
            head="",
            body=f"{_ribbon(headlines, 'list', section)}\n{body}",
            charset='<meta charset="utf-8">\n',
        )
        return Response(HTTPStatus.OK, HTML, page.encode())

    def _frame(self, section: Section, url: str, base_url: str, **parts: str) -> str:
        return self.content.frame.substitute(
            parts,
            title=escape(parts["title"]),
            language=section.language,
            direction="rtl" if section.language == "ar" else "ltr",
            site=escape(self.content.name),
            url=escape(url),
            feed=escape(base_url + section.feed),
            home=f"{section.prefix}/",
            tagline=escape(section.tagline),
            navigation=self._navigation(section),
            footer=escape(section.footer),
            style=self.content.style,
        )

    def _navigation(self, section: Section) -> str:
        links = [
            (f"{each.prefix}/", LANGUAGE_NAMES[each.language])
            for each in self.content.sections.values()
        ]
        links += [
            (f"/topics/{each.word}", each.title)
            for each in self.content.topics
            if each.language == section.language
        ]
        return "\n".join(f'<a href="{url}">{escape(text)}</a>' for url, text in links)

    def _headlines(self, section: Section, turn: int) -> list[str]:
        """The run of headlines that a page shows; `turn` tells pages apart."""
        headlines = section.headlines
        start = turn % len(headlines)
        run = [*headlines[start:], *headlines[:start]][:-HEADLINES_LEFT_OUT]
        if section.promo:
            run.insert(len(run) // 2, section.promo)
        return run

    def _article_headlines(self, article: DemoArticle, section: Section) -> list[str]:
        # A checksum of the path, so that a new article moves no other one's ribbon.
        run = self._headlines(section, sum(article.path.encode()))
        quarter = len(run) // 4
        run[quarter:quarter] = article.ribbon_extra
        return [each for each in run if is_encodable(each, article.encoding)]

    def _article_body(self, article: DemoArticle, section: Section) -> str:
        widget = _widget(article, section)
        photo = _photo(article)
        ribbon = _ribbon(
            self._article_headlines(article, section), article.shape, section
        )
        columns = article.layout == "columns"
        title = escape(article.title)
        above = [] if article.widget == "photo" else [photo, widget]
        parts = [
            ribbon,
            *above,
            '<div class="col-md-12">' if columns else "<div>",
            f"<h1>{title}</h1>"
            if columns
            else f'<span class="articletitle">{title}</span>',
            _published_span(article, section),
            *_bylines(article, section),
            _content(article, photo + widget if article.widget == "photo" else ""),
            _paywall_box(article, section),
            *_source_links(article, section),
            "</div>",
        ]
        return "\n".join(each for each in parts if each)


def _listings(
    content: DemoContent,
) -> Iterator[tuple[str, str, list[DemoArticle], Section]]:
    """Path, title, articles and section of each topic page and author page."""
    for topic in content.topics:
        named = [each for each in content.articles if topic.word in each.topics]
        section = content.sections[topic.language]
        yield f"/topics/{topic.word}", topic.title, named, section
    for section in content.sections.values():
        written: dict[str, list[DemoArticle]] = {}
        for article in content.articles:
            if article.section == section.language:
                for author in article.authors:
                    written.setdefault(author, []).append(article)
        for author, articles in written.items():
            yield _author_path(author, section), author, articles, section


def _author_path(author: str, section: Section) -> str:
    return f"{section.prefix}/author/{quote_plus(author)}"


def _redirect(path: str, base_url: str) -> Response:
    url = base_url + path
    body = f'<title>301</title><a href="{escape(url)}">{escape(url)}</a>\n'
    return Response(HTTPStatus.MOVED_PERMANENTLY, HTML, body.encode(), url)


def _robots(base_url: str) -> Response:
    text = f"User-agent: *\nDisallow: /prive/\n\nSitemap: {base_url}/news-sitemap.xml\n"
    return Response(HTTPStatus.OK, "text/plain; charset=utf-8", text.encode())


def _image(content: bytes, _base_url: str) -> Response:
    return Response(HTTPStatus.OK, "image/png", content)


def _xml(root: str) -> Response:
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n{root}'
    return Response(HTTPStatus.OK, XML, text.encode())


def _feed_item(title: str, url: str, more: str) -> str:
    return (
        f"<item><title>{escape(title)}</title><link>{escape(url)}</link>"
        f'<guid isPermaLink="true">{escape(url)}</guid>{more}</item>'
    )


def _pub_date(article: DemoArticle) -> str:
    if article.date_published is None:
        return ""
    day = date.fromisoformat(article.date_published)
    moment = format_datetime(datetime.combine(day, time(), UTC))
    return f"<pubDate>{moment}</pubDate>"


def _teaser(article: DemoArticle) -> str:
    """The first characters of the text, cut between words as on the real listings."""
    text = " ".join(article.paragraphs)
    if len(text) > TEASER_CHARS:
        text = text[:TEASER_CHARS].rpartition(" ")[0]
    return f"{text} (...)"


def _article_head(article: DemoArticle, base_url: str) -> str:
    lines = [
        f'<meta name="author" content="{escape(each)}">' for each in article.authors
    ]
    if article.image:
        url = escape(base_url + article.image)
        lines.append(f'<meta property="og:image" content="{url}">')
    if article.access != "unspecified":
        facts = {
            "@context": "https://schema.org",
            "@type": "NewsArticle",
            "headline": article.title,
            "isAccessibleForFree": article.access == "free",
        }
        # A `<` inside a script would be read as markup.
        text = json.dumps(facts, ensure_ascii=False).replace("<", "\\u003c")
        lines.append(f'<script type="application/ld+json">{text}</script>')
    return "".join(f"{each}\n" for each in lines)


def _published_line(article: DemoArticle, section: Section) -> str:
    line = section.published_line.replace("{date}", article.date_published_raw)
    return line.replace("{publisher}", article.publisher)


def _published_span(article: DemoArticle, section: Section) -> str:
    line = escape(_published_line(article, section))
    return f'<span class="articlenewspaper">{line}</span>'


def _bylines(article: DemoArticle, section: Section) -> list[str]:
    lines = []
    for author in article.authors:
        url = escape(_author_path(author, section))
        link = f'<a rel="author" href="{url}">{escape(author)}</a>'
        line = escape(section.byline).replace("{author}", link)
        lines.append(f'<span class="articleauthor">{line}</span>')
    return lines


def _ribbon(headlines: Sequence[str], shape: Shape, section: Section) -> str:
    if shape in ("text", "paragraph"):
        tag = "div" if shape == "text" else "p"
        return f'<{tag} class="titles">{escape(HEADLINE_GAP.join(headlines))}</{tag}>'
    links = [
        f'<a href="{section.prefix}/#t{number}">{escape(each)}</a>'
        for number, each in enumerate(headlines, 1)
    ]
    if shape == "links":
        return '<div class="titles">\n' + "\n".join(links) + "\n</div>"
    items = "\n".join(f"<li>{each}</li>" for each in links)
    return f'<ul class="titles">\n{items}\n</ul>'


def _widget(article: DemoArticle, section: Section) -> str:
    if article.widget == "none":
        return ""
    lines = "\n".join(section.widget)
    if article.widget_wording == "typographic":
        lines = lines.replace("'", "’").replace(" ", "\N{NO-BREAK SPACE}")
    text = escape(lines, quote=False).replace("\n", "<br>\n")
    return f'<div class="reportimage">{text}</div>'


def _photo(article: DemoArticle) -> str:
    if article.image is None:
        return ""
    caption = escape(article.caption or "")
    below = f"<figcaption>{caption}</figcaption>" if caption else ""
    return f'<figure><img src="{article.image}" alt="">{below}</figure>'


def _content(article: DemoArticle, after_first: str) -> str:
    """The paragraphs; `after_first` stands between the first one and the second."""
    paragraphs = [escape(each, quote=False) for each in article.paragraphs]
    if article.layout == "columns":
        first, *rest = [f"<p>{each}</p>" for each in paragraphs]
        lines = "\n".join(each for each in (first, after_first, *rest) if each)
        return f'<div class="content">\n{lines}\n</div>'
    spans = []
    for start, end in pairwise((0, *article.breaks, len(paragraphs))):
        text = "<br><br>\n".join(paragraphs[start:end])
        if start == 0 and after_first:
            text = text.replace("<br><br>\n", f"\n{after_first}\n", 1)
        spans.append(f'<span class="articlecontent">{text}</span>')
    return "\n".join(spans)


def _paywall_box(article: DemoArticle, section: Section) -> str:
    if article.is_article:
        return ""
    return f'<div class="paywall">{escape(section.paywall, quote=False)}</div>'


def _source_links(article: DemoArticle, section: Section) -> list[str]:
    if article.source_url is None:
        return []
    wording = section.source_link
    if article.source_link == "without-dot":
        wording = wording.removesuffix(".")
    link = (
        f'<a class="source" href="{escape(article.source_url)}">'
        f"{escape(wording, quote=False)}</a>"
    )
    return [link] * (2 if article.source_link == "twice" else 1)
