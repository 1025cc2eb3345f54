"""Words that tell what kind of page one is, as data: a line a language.

The languages are English, German, French, Spanish, Italian, Portuguese, Dutch, Polish
and Russian where not said otherwise. A page in another language has none of them, which
is also what most pages in these languages have.
"""

from collections.abc import Mapping

PRODUCT_TYPES = frozenset(
    "Product ProductGroup Offer AggregateOffer Service FinancialProduct Course Event "
    "SoftwareApplication WebApplication JobPosting LocalBusiness ProfessionalService "
    "Store Restaurant MedicalBusiness HomeAndConstructionBusiness".split()
)
"""schema.org types of what is sold, and of who sells it."""

PATH_WORDS: Mapping[str, frozenset[str]] = {
    "listing": frozenset(
        "tag tags category categories topic topics author authors search archive "
        "archives collection collections list listing browse directory shop store "
        "section sections latest page index "
        "thema themen kategorie autor autoren suche archiv rubrik schlagwort "
        "rubrique rubriques auteur auteurs recherche sujet theme etiquette "
        "etiqueta autores buscar tema temas archivo "
        "categoria argomento argomenti autore autori cerca "
        "categorias etiquetas pesquisa "
        "onderwerp onderwerpen zoeken "
        "kategoria szukaj archiwum".split()
    ),
    "service": frozenset(
        "about about-us contact contact-us service services product products pricing "
        "solution solutions platform feature features careers jobs faq help support "
        "terms privacy legal login signin signup register account program programs "
        "plans use-cases industries customers company what-we-do courses membership "
        "ueber-uns kontakt impressum datenschutz leistungen produkte preise hilfe "
        "a-propos qui-sommes-nous mentions-legales produits tarifs aide connexion "
        "acerca-de contacto servicios productos precios ayuda empleo "
        "chi-siamo contatti servizi prodotti prezzi "
        "sobre contato servicos produtos ajuda "
        "over-ons diensten producten prijzen "
        "o-nas uslugi produkty cennik pomoc".split()
    ),
    "article": frozenset(
        "blog blogs news article articles story stories post posts insights resources "
        "magazine guide guides learn opinion press entry "
        "nachrichten artikel meldung ratgeber magazin "
        "actualite actualites info "
        "noticia noticias articulo articulos "
        "articolo articoli notizie "
        "artigo artigos "
        "nieuws "
        "artykul wiadomosci aktualnosci".split()
    ),
}
"""Whole steps of a path (no Russian), by what they lead to."""

CLASS_WORDS: Mapping[str, frozenset[str]] = {
    "article": frozenset("single postid article story blog-post news-post".split()),
    "listing": frozenset(
        "home archive category tag author search collection listing index front "
        "frontpage section term taxonomy blog".split()
    ),
    "page": frozenset("page-id page-template product landing service shop".split()),
}
"""What the systems that make sites write into the classes of `<html>` and `<body>`, in
English everywhere."""

SPEAKER_WORDS: Mapping[str, frozenset[str]] = {
    "we": frozenset(
        "we our us ours "
        "wir uns unser unsere unserer unseren unserem "
        "nous notre nos "
        "nosotros nuestro nuestra nuestros nuestras "
        "noi nostro nostra nostri nostre "
        "nosso nossa nossos nossas "
        "onze wij "
        "nasz nasza nasze "
        "мы нас наш наша наши наших".split()
    ),
    "you": frozenset(
        "you your yours "
        "ihr ihre ihren ihrem "
        "vous votre vos "
        "usted tus "
        "você seu sua seus "
        "jouw "
        "twój twoje "
        "вы вам вас ваш ваша ваши".split()
    ),
    "they": frozenset(
        "he she his her him they said was were had "
        "er sagte seine seiner war waren hatte "
        "il elle était dit "
        "él ella dijo fue "
        "lui lei era "
        "foi ele ela disse "
        "hij zij zei werd "
        "był była powiedział "
        "он она его был была было сказал".split()
    ),
}
"""Little words by who speaks of whom. One that means something else in another of the
languages is left out where that is frequent."""

OFFER_WORDS = frozenset(
    "started contact call book quote request sign start try buy shop cart bag order "
    "schedule apply enroll register download pricing plans demo trial consultation "
    "product products view "
    "kaufen bestellen warenkorb anfrage angebot kontakt "
    "acheter devis essai panier commander contactez "
    "comprar solicitar carrito prueba contacto "
    "acquista carrello preventivo contatti "
    "compre carrinho "
    "kopen bestel winkelwagen "
    "kup koszyk zamów "
    "купить заказать корзина".split()
)
"""Words of links and buttons that offer something."""

ASKING_WORDS = frozenset(
    "how what why when who which best top ways tips things vs guide "
    "wie was warum wann wer welche beste tipps "
    "comment pourquoi quand quel quelle meilleurs conseils "
    "cómo qué por cuándo quién mejores consejos "
    "come perché quando chi migliori consigli "
    "como porque quem melhores dicas "
    "hoe wat waarom wie beste "
    "jak co dlaczego kiedy kto "
    "как что почему когда кто".split()
)
"""Words of headlines over an answer, a ranking, a piece of advice."""
