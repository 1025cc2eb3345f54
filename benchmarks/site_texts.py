"""News prose that says nothing, in eight languages, from stocks of our own phrases.

Each sentence is put together from a subject, a verb, an object and what surrounds
them, with invented names, towns and numbers: enough grammar for a language detector,
and more combinations than any benchmark has sentences.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from random import Random

Stock = Mapping[str, tuple[str, ...]]

_KEY = re.compile(r"^(\w+): ", re.MULTILINE)
_SLOT = re.compile(r"\{(\w+)\}")
_FIRST_LETTER = re.compile(r"^\W*[^\W\d_]")


def _stock(text: str) -> Stock:
    """`key: phrase | phrase`, which may go on over several lines."""
    _, *pairs = _KEY.split(text)
    return {
        key: tuple(" ".join(phrases.split()).split(" | "))
        for key, phrases in zip(pairs[::2], pairs[1::2], strict=True)
    }


STOCKS: Mapping[str, Stock] = {
    "en": _stock("""
sentence: {opener}, {subject} {verb} {object} {place}. | {subject} {verb} {object},
 {tail}. | {opener}, {subject} {verb} {object}, {tail}. | {subject} {verb} {object}
 {place}, {tail}. | “{subject} {verb} {object}”, said {name}, {role}. | {name}, {role},
 recalled that {subject} {verb} {object} {place}.
headline: {town}: {subject} {verb} {object} | {subject} {verb} {object} {place} |
 {name}, {role}: “{subject} {verb} {object}” | {n} people ask why {subject} {verb}
 {object}
comment: I live in {town} and nobody asked us about {object}. | {name} is right, and it
 took far too long. | Well, {subject} {verb} {object}, so what did you expect? | Who
 pays the {n} thousand in the end?
opener: on Monday morning | late last week | after months of talks | according to the
 report | for the second year running | in a letter to residents | two days after the
 vote | despite the rain | at the end of the session | since the summer | shortly
 before noon | against the advice of experts
subject: the town council | the minister of transport | a judge from {town} | the
 regional museum | the owner of the mill | the union of bus drivers | the coach of the
 home side | a committee of {n} members | the harbour authority | the school board |
 the chief engineer | a group of farmers | the orchestra of {town} | the mayor | the
 water company | the opposition
verb: approved | postponed | criticised | examined | defended | published | rejected |
 presented | discussed | welcomed | questioned | halted | described | supported
object: the budget for new schools | a plan to widen the bridge | the list of {n}
 damaged houses | the contract for the night train | the rules on fishing | a study of
 the old sewers | the sale of the brewery | the price of a season ticket | the report
 about the flood | the design of the station | a loan of {n} million | the opening of
 the library | the repair of the lock | the cull of wild boar | the exhibition of glass
 | the merger of two clinics | a ban on heavy lorries | the timetable for winter | the
 search for a sponsor | the appeal of {n} neighbours
place: in front of {n} guests | at a meeting in {town} | behind closed doors | during a
 visit to {town} | on local radio | in a short statement | near the border | in the
 second half of the year | without much debate | in the presence of {name} | on the
 banks of the river | by a narrow majority
tail: although the costs had risen by {n} per cent | because winter came early | which
 surprised many in {town} | while {name} kept silent | as the papers show | so that
 work can begin in spring | even if few believe it | and nobody wanted to comment |
 where about {n} people live | after a night of negotiations | which had been expected
 for weeks | before the archive was opened
role: a spokesman for the ministry | who teaches in {town} | the deputy chair | a
 historian | one of the {n} witnesses | head of the fire brigade | a neighbour
first: Alice Owen Martha Colin Edith Hugh Nora Piers Tessa Silas
surname: Hart Ash Win Peg Thorn Cald | well more ham sley wick by
town: Al Brack Mor Wether Stan Lin | ford stead borough combe thwaite mere
section: Home Politics Business World Culture Sport Science Health Travel Opinion
 Education Weather Motoring Property Food Local
months: January February March April May June July August September October November
 December
date: {month} {day}, {year}
by: By {names} | {names} | Written by {names} | {names}, staff writer
and: and
published: Published on {date} | First published: {date}, {time}
updated: Last updated at {time}
related: Related stories | More on this topic | You may also like
most_read: Most read | Popular now
read_also: Read also: | See also:
newsletter: The day in five minutes | Our newsletter comes every morning with what
 matters. No advertising, cancel at any time. | Sign up
cookies: We and our partners store information on your device to measure how our pages
 are used and to show advertising. You can change your choice at any time. | Accept all
 | Settings
share: Share this article | Facebook | WhatsApp | E-mail | Copy link | Print
comments: Comments | Reply | Report | Join the discussion
tags: Topics:
source: Read the article at its source
photo: Photo:
rights: All rights reserved. No part of these pages may be reproduced without
 permission.
appeal: Good reporting costs money. If you value our work, please support us with a
 subscription.
agency: With material from the news agency Nordline. | This report was first published
 by Nordline.
about: {name} has reported from {town} since {year} and writes about the region.
ribbon: Latest
service: Search | Log in | Subscribe | Contact | Imprint | Privacy | Advertise | Jobs |
 RSS | Archive | Help | Accessibility
"""),
    "fr": _stock("""
sentence: {opener}, {subject} {verb} {object} {place}. | {subject} {verb} {object},
 {tail}. | {opener}, {subject} {verb} {object}, {tail}. | {subject} {verb} {object}
 {place}, {tail}. | « {subject} {verb} {object} », explique {name}, {role}. | Selon
 {name}, {role}, {subject} {verb} {object} {place}.
headline: {town} : {subject} {verb} {object} | {subject} {verb} {object} {place} |
 {name}, {role} : « {subject} {verb} {object} » | {n} habitants demandent pourquoi
 {subject} {verb} {object}
comment: J'habite à {town} et personne ne nous a parlé de cela. | {name} a raison, mais
 il était temps. | Encore une fois, {subject} {verb} {object}, et après ? | Qui va
 payer les {n} mille euros ?
opener: lundi matin | à la fin de la semaine dernière | après des mois de discussions |
 d'après le rapport | pour la deuxième année de suite | dans une lettre aux habitants |
 deux jours après le vote | malgré la pluie | au terme de la séance | depuis l'été |
 peu avant midi | contre l'avis des experts
subject: le conseil municipal | la ministre des Transports | un juge de {town} | le
 musée régional | la propriétaire du moulin | le syndicat des chauffeurs | l'entraîneur
 de l'équipe | une commission de {n} membres | l'autorité du port | le proviseur du
 lycée | l'ingénieur en chef | un groupe d'agriculteurs | l'orchestre de {town} | le
 maire | la compagnie des eaux | l'opposition
verb: a approuvé | a reporté | a critiqué | a examiné | a défendu | a publié | a rejeté
 | a présenté | a commenté | a salué | a contesté | a suspendu | a décrit | a soutenu
object: le budget des nouvelles écoles | un projet d'élargissement du pont | la liste
 des {n} maisons touchées | le contrat du train de nuit | le règlement de la pêche |
 une étude sur les vieux égouts | la vente de la brasserie | le prix de l'abonnement |
 le rapport sur la crue | les plans de la gare | un emprunt de {n} millions d'euros |
 l'ouverture de la médiathèque | la réparation de l'écluse | la chasse au sanglier |
 l'exposition sur le verre | la fusion de deux cliniques | l'interdiction des camions |
 les horaires d'hiver | la recherche d'un mécène | le recours de {n} riverains
place: devant {n} invités | lors d'une réunion à {town} | à huis clos | pendant une
 visite à {town} | sur une radio locale | dans un bref communiqué | près de la
 frontière | au second semestre | sans grand débat | en présence de {name} | au bord du
 fleuve | à une courte majorité
tail: alors que les coûts ont augmenté de {n} pour cent | parce que l'hiver est arrivé
 tôt | ce qui a surpris beaucoup de monde à {town} | tandis que {name} gardait le
 silence | comme le montrent les documents | afin que les travaux commencent au
 printemps | même si peu de gens y croient | et personne n'a voulu réagir | où vivent
 environ {n} personnes | après une nuit de négociations | ce que l'on attendait depuis
 des semaines | avant l'ouverture des archives
role: porte-parole du ministère | qui enseigne à {town} | vice-présidente | historien |
 l'un des {n} témoins | chef des pompiers | voisin du chantier
first: Élise Bastien Odile Lucien Margot Yves Solène Rémi Agathe Norbert
surname: Bel Cham Vau Gri Dor Mont | lier bert neau court mond rive
town: Saint-Au Mont Ville Clair Roche Pont | bin vert neuve fontaine sur-Orge gris
section: Accueil Politique Économie Monde Culture Sport Sciences Santé Voyages Débats
 Éducation Météo Auto Immobilier Cuisine Régions
months: janvier février mars avril mai juin juillet août septembre octobre novembre
 décembre
date: {day} {month} {year}
by: Par {names} | {names} | Un article de {names} | {names}, à la rédaction
and: et
published: Publié le {date} | Publié le {date} à {time}
updated: Mis à jour à {time}
related: À lire aussi | Sur le même sujet | Nos autres articles
most_read: Les plus lus | En ce moment
read_also: Lire aussi : | À voir :
newsletter: L'essentiel en cinq minutes | Chaque matin, notre lettre résume ce qui
 compte. Sans publicité, et vous pouvez la quitter quand vous voulez. | Je m'inscris
cookies: Avec nos partenaires, nous gardons des informations sur votre appareil pour
 mesurer l'audience et afficher de la publicité. Vous pouvez changer d'avis à tout
 moment. | Tout accepter | Paramétrer
share: Partager cet article | Facebook | WhatsApp | Courriel | Copier le lien |
 Imprimer
comments: Commentaires | Répondre | Signaler | Participer à la discussion
tags: Thèmes :
source: Lire l'article à sa source
photo: Photo :
rights: Tous droits réservés. Toute reproduction, même partielle, est soumise à
 autorisation.
appeal: Une information de qualité a un coût. Si notre travail vous est utile,
 soutenez-nous en vous abonnant.
agency: Avec l'agence Nordligne. | Ce texte a d'abord paru chez Nordligne.
about: {name} suit l'actualité de {town} depuis {year} et écrit sur la région.
ribbon: En direct
service: Recherche | Connexion | S'abonner | Contact | Mentions légales | Vie privée |
 Publicité | Emplois | RSS | Archives | Aide | Accessibilité
"""),
    "de": _stock("""
sentence: {opener} {verb} {subject} {object} {place}. | {subject} {verb} {object},
 {tail}. | {opener} {verb} {subject} {object}, {tail}. | {subject} {verb} {place}
 {object}, {tail}. | „Damals {verb} {subject} {object}“, sagt {name}, {role}. | {name},
 {role}, erinnert daran: {opener} {verb} {subject} {object}.
headline: {town}: {subject} {verb} {object} | {subject} {verb} {object} {place} |
 {name}, {role}: „Warum {verb} {subject} {object}?“ | {n} Menschen fragen: Warum {verb}
 {subject} {object}?
comment: Ich wohne in {town}, und uns hat niemand gefragt. | {name} hat völlig recht,
 das wurde aber auch Zeit. | Nun, {subject} {verb} {object}, was habt ihr erwartet? |
 Wer bezahlt am Ende die {n} Tausend?
opener: am Montagmorgen | Ende der vergangenen Woche | nach monatelangen Gesprächen |
 laut dem Bericht | im zweiten Jahr in Folge | in einem Brief an die Bewohner | zwei
 Tage nach der Abstimmung | trotz des Regens | am Ende der Sitzung | seit dem Sommer |
 kurz vor Mittag | gegen den Rat der Fachleute
subject: der Stadtrat | die Verkehrsministerin | ein Richter aus {town} | das
 Regionalmuseum | die Besitzerin der Mühle | die Gewerkschaft der Busfahrer | der
 Trainer der Heimmannschaft | ein Ausschuss mit {n} Mitgliedern | die Hafenbehörde |
 der Elternbeirat | die leitende Ingenieurin | eine Gruppe von Landwirten | das
 Orchester aus {town} | der Bürgermeister | der Wasserverband | die Opposition
verb: billigte | verschob | kritisierte | prüfte | verteidigte | veröffentlichte |
 verwarf | präsentierte | besprach | begrüßte | bezweifelte | stoppte | beschrieb |
 unterstützte
object: den Haushalt für die neuen Schulen | einen Plan zum Ausbau der Brücke | die
 Liste der {n} beschädigten Häuser | den Vertrag für den Nachtzug | die Regeln für
 Angler | eine Studie über die alten Kanäle | den Verkauf der Brauerei | den Preis der
 Jahreskarte | den Bericht über das Hochwasser | den Entwurf für den Bahnhof | einen
 Kredit von {n} Millionen Euro | die Eröffnung der Bücherei | die Reparatur der
 Schleuse | die Jagd auf Wildschweine | die Ausstellung über Glas | den Zusammenschluss
 zweier Kliniken | ein Verbot für schwere Lastwagen | den Fahrplan für den Winter | die
 Suche nach einem Förderer | den Einspruch von {n} Nachbarn
place: vor {n} Gästen | bei einem Treffen in {town} | hinter verschlossenen Türen |
 während eines Besuchs in {town} | im örtlichen Rundfunk | in einer kurzen Erklärung |
 nahe der Grenze | im zweiten Halbjahr | ohne große Debatte | im Beisein von {name} |
 am Ufer des Flusses | mit knapper Mehrheit
tail: obwohl die Kosten um {n} Prozent gestiegen sind | weil der Winter früh kam | was
 in {town} viele überraschte | während {name} schwieg | wie die Unterlagen zeigen |
 damit die Arbeiten im Frühjahr beginnen können | auch wenn nur wenige daran glauben |
 und niemand wollte sich dazu äußern | wo etwa {n} Menschen leben | nach einer Nacht
 voller Verhandlungen | was seit Wochen erwartet wurde | bevor das Archiv geöffnet
 wurde
role: Sprecher des Ministeriums | Lehrerin in {town} | stellvertretende Vorsitzende |
 Historiker | einer der {n} Zeugen | Leiter der Feuerwehr | Nachbar der Baustelle
first: Greta Anton Hedwig Ruben Thea Kaspar Insa Jannik Marlis Oskar
surname: Hal Ber Stein Wal Lind Eich | hauer mann ner dorf bach holz
town: Alten Brunn Nieder Wolfs Grün Hohen | burg hausen feld stedt au roda
section: Start Politik Wirtschaft Ausland Kultur Sport Wissen Gesundheit Reise Meinung
 Bildung Wetter Auto Immobilien Genuss Regional
months: Januar Februar März April Mai Juni Juli August September Oktober November
 Dezember
date: {day}. {month} {year}
by: Von {names} | {names} | Ein Bericht von {names} | {names}, Redaktion
and: und
published: Veröffentlicht am {date} | Stand: {date}, {time} Uhr
updated: Aktualisiert um {time} Uhr
related: Mehr zum Thema | Verwandte Artikel | Das könnte Sie auch interessieren
most_read: Meistgelesen | Gerade beliebt
read_also: Lesen Sie auch: | Mehr dazu:
newsletter: Der Tag in fünf Minuten | Unser Newsletter bringt jeden Morgen, was wichtig
 ist. Ohne Werbung und jederzeit abbestellbar. | Anmelden
cookies: Wir und unsere Partner speichern Informationen auf Ihrem Gerät, um die Nutzung
 zu messen und Werbung zu zeigen. Ihre Auswahl können Sie jederzeit ändern. | Alle
 akzeptieren | Einstellungen
share: Artikel teilen | Facebook | WhatsApp | E-Mail | Link kopieren | Drucken
comments: Kommentare | Antworten | Melden | Diskutieren Sie mit
tags: Themen:
source: Den Artikel in der Quelle lesen
photo: Foto:
rights: Alle Rechte vorbehalten. Vervielfältigung nur mit Genehmigung des Verlags.
appeal: Guter Journalismus kostet Geld. Wenn Ihnen unsere Arbeit etwas wert ist,
 unterstützen Sie uns mit einem Abonnement.
agency: Mit Material der Agentur Nordlinie. | Dieser Bericht erschien zuerst bei
 Nordlinie.
about: {name} berichtet seit {year} aus {town} und schreibt über die Region.
ribbon: Eilmeldungen
service: Suche | Anmelden | Abo | Kontakt | Impressum | Datenschutz | Werben | Karriere
 | RSS | Archiv | Hilfe | Barrierefreiheit
"""),
    "es": _stock("""
sentence: {opener}, {subject} {verb} {object} {place}. | {subject} {verb} {object},
 {tail}. | {opener}, {subject} {verb} {object}, {tail}. | {subject} {verb} {object}
 {place}, {tail}. | «{subject} {verb} {object}», dice {name}, {role}. | Según {name},
 {role}, {subject} {verb} {object} {place}.
headline: {town}: {subject} {verb} {object} | {subject} {verb} {object} {place} |
 {name}, {role}: «{subject} {verb} {object}» | {n} vecinos preguntan por qué {subject}
 {verb} {object}
comment: Vivo en {town} y a nosotros nadie nos preguntó. | {name} tiene razón, ya era
 hora. | Pues {subject} {verb} {object}, ¿qué esperabais? | ¿Quién paga al final los
 {n} mil euros?
opener: el lunes por la mañana | a finales de la semana pasada | tras meses de
 conversaciones | según el informe | por segundo año consecutivo | en una carta a los
 vecinos | dos días después de la votación | a pesar de la lluvia | al final de la
 sesión | desde el verano | poco antes del mediodía | contra la opinión de los expertos
subject: el ayuntamiento | la ministra de Transportes | un juez de {town} | el museo
 regional | la dueña del molino | el sindicato de conductores | el entrenador del
 equipo local | una comisión de {n} miembros | la autoridad del puerto | el director
 del colegio | la ingeniera jefe | un grupo de agricultores | la orquesta de {town} |
 el alcalde | la compañía de aguas | la oposición
verb: aprobó | aplazó | criticó | examinó | defendió | publicó | rechazó | presentó |
 comentó | celebró | cuestionó | suspendió | describió | apoyó
object: el presupuesto de las nuevas escuelas | un plan para ensanchar el puente | la
 lista de las {n} casas dañadas | el contrato del tren nocturno | las normas de pesca |
 un estudio sobre las viejas alcantarillas | la venta de la cervecería | el precio del
 abono | el informe sobre la riada | el diseño de la estación | un préstamo de {n}
 millones de euros | la apertura de la biblioteca | la reparación de la esclusa | la
 caza del jabalí | la exposición sobre el vidrio | la fusión de dos clínicas | la
 prohibición de camiones pesados | los horarios de invierno | la búsqueda de un
 patrocinador | el recurso de {n} vecinos
place: ante {n} invitados | en una reunión en {town} | a puerta cerrada | durante una
 visita a {town} | en una radio local | en un breve comunicado | cerca de la frontera |
 en el segundo semestre | sin mucho debate | en presencia de {name} | a orillas del río
 | por una mayoría estrecha
tail: aunque los costes han subido un {n} por ciento | porque el invierno llegó pronto
 | lo que sorprendió a muchos en {town} | mientras {name} guardaba silencio | como
 muestran los documentos | para que las obras empiecen en primavera | aunque pocos lo
 creen | y nadie quiso hacer declaraciones | donde viven unas {n} personas | después de
 una noche de negociaciones | lo que se esperaba desde hacía semanas | antes de que se
 abriera el archivo
role: portavoz del ministerio | que enseña en {town} | vicepresidenta | historiador |
 uno de los {n} testigos | jefe de bomberos | vecino de la obra
first: Inés Ramiro Aurora Gonzalo Lola Bruno Pilar Óscar Nuria Tomás
surname: Val Mon Ar Her Cas Vil | buena tero dueza rejón tillo alba
town: Villa Fuente Torre Monte Alba Cerro | franca rosa clara molino seca mayor
section: Portada Política Economía Mundo Cultura Deportes Ciencia Salud Viajes Opinión
 Educación Tiempo Motor Vivienda Cocina Local
months: enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre
 diciembre
date: {day} de {month} de {year}
by: Por {names} | {names} | Un artículo de {names} | {names}, redacción
and: y
published: Publicado el {date} | Publicado el {date} a las {time}
updated: Actualizado a las {time}
related: Noticias relacionadas | Más sobre este tema | Te puede interesar
most_read: Lo más leído | Ahora mismo
read_also: Lea también: | Más información:
newsletter: El día en cinco minutos | Cada mañana, nuestro boletín resume lo que
 importa. Sin publicidad, y puede darse de baja cuando quiera. | Suscribirme
cookies: Nosotros y nuestros socios guardamos información en su dispositivo para medir
 el uso de las páginas y mostrar publicidad. Puede cambiar su elección cuando quiera. |
 Aceptar todo | Configurar
share: Compartir | Facebook | WhatsApp | Correo | Copiar enlace | Imprimir
comments: Comentarios | Responder | Denunciar | Únase a la conversación
tags: Temas:
source: Leer el artículo en su fuente
photo: Foto:
rights: Todos los derechos reservados. Prohibida la reproducción sin permiso.
appeal: El buen periodismo cuesta dinero. Si valora nuestro trabajo, apóyenos con una
 suscripción.
agency: Con información de la agencia Norlínea. | Este texto se publicó primero en
 Norlínea.
about: {name} informa desde {town} desde {year} y escribe sobre la región.
ribbon: Última hora
service: Buscar | Iniciar sesión | Suscribirse | Contacto | Aviso legal | Privacidad |
 Publicidad | Empleo | RSS | Hemeroteca | Ayuda | Accesibilidad
"""),
    "pl": _stock("""
sentence: {opener} {subject} {verb} {object} {place}. | {subject} {verb} {object},
 {tail}. | {opener} {subject} {verb} {object}, {tail}. | {subject} {verb} {place}
 {object}, {tail}. | „{subject} {verb} {object}” – mówi {name}, {role}. | {name},
 {role}, przypomina, że {subject} {verb} {object} {place}.
headline: {town}: {subject} {verb} {object} | {subject} {verb} {object} {place} |
 {name}, {role}: „{subject} {verb} {object}” | {n} osób pyta, dlaczego {subject} {verb}
 {object}
comment: Mieszkam w miejscowości {town} i nikt nas o to nie pytał. | {name} ma rację,
 najwyższy czas. | No cóż, {subject} {verb} {object}, czego się spodziewaliście? | Kto
 zapłaci te {n} tysięcy złotych?
opener: w poniedziałek rano | pod koniec zeszłego tygodnia | po miesiącach rozmów |
 zgodnie z raportem | już drugi rok z rzędu | w liście do mieszkańców | dwa dni po
 głosowaniu | mimo deszczu | na zakończenie sesji | od lata | tuż przed południem |
 wbrew opinii ekspertów
subject: burmistrz | minister transportu | sędzia z miejscowości {town} | dyrektor
 muzeum | właściciel młyna | związek kierowców autobusów | trener gospodarzy | komitet
 złożony z {n} członków | zarząd portu | dyrektor szkoły | główny inżynier | przywódca
 rolników | dyrygent orkiestry | rzecznik gminy | zakład wodociągów | poseł opozycji
verb: zatwierdził | odłożył | skrytykował | zbadał | poparł | opublikował | odrzucił |
 przedstawił | omówił | pochwalił | zakwestionował | wstrzymał | opisał | przygotował
object: budżet nowych szkół | plan poszerzenia mostu | spis {n} uszkodzonych domów |
 umowę na nocny pociąg | przepisy o wędkowaniu | badanie starych kanałów | sprzedaż
 browaru | cenę biletu rocznego | raport o powodzi | projekt dworca | kredyt w
 wysokości {n} milionów złotych | otwarcie biblioteki | naprawę śluzy | odstrzał dzików
 | wystawę szkła | połączenie dwóch klinik | zakaz wjazdu ciężarówek | zimowy rozkład
 jazdy | poszukiwania sponsora | odwołanie {n} sąsiadów
place: w obecności {n} gości | na spotkaniu w miejscowości {town} | za zamkniętymi
 drzwiami | podczas wizyty w mieście {town} | w lokalnym radiu | w krótkim oświadczeniu
 | niedaleko granicy | w drugiej połowie roku | bez większej dyskusji | razem z radnymi
 | na brzegu rzeki | niewielką większością głosów
tail: chociaż koszty wzrosły o {n} procent | ponieważ zima przyszła wcześnie | co wielu
 mieszkańców zaskoczyło | gdy {name} milczał | jak pokazują dokumenty | aby prace mogły
 ruszyć na wiosnę | nawet jeśli mało kto w to wierzy | a nikt nie chciał tego
 komentować | gdzie mieszka około {n} osób | po całej nocy negocjacji | czego
 spodziewano się od tygodni | zanim otwarto archiwum
role: rzecznik ministerstwa | nauczyciel z miejscowości {town} | zastępca
 przewodniczącego | historyk | jeden z {n} świadków | szef straży pożarnej | sąsiad
 budowy
first: Jadwiga Bogdan Halina Leszek Zofia Witold Danuta Kacper Irena Szymon
surname: Kow Wil Jas Mal Brze Kar | czyk icki owiak ewski ziński an
town: Stare Nowe Wielkie Małe Dolne Górne | Brzozy Łąki Młyny Dęby Piaski Jary
section: Start Polityka Gospodarka Świat Kultura Sport Nauka Zdrowie Podróże Opinie
 Edukacja Pogoda Motoryzacja Nieruchomości Kuchnia Lokalne
months: stycznia lutego marca kwietnia maja czerwca lipca sierpnia września
 października listopada grudnia
date: {day} {month} {year}
by: Autor: {names} | {names} | Tekst: {names} | {names}, redakcja
and: i
published: Opublikowano {date} | Data publikacji: {date}, {time}
updated: Aktualizacja: {time}
related: Zobacz również | Podobne artykuły | Więcej na ten temat
most_read: Najczęściej czytane | Popularne
read_also: Czytaj także: | Zobacz też:
newsletter: Dzień w pięć minut | Codziennie rano nasz newsletter przynosi to, co ważne.
 Bez reklam, z możliwością rezygnacji w każdej chwili. | Zapisz się
cookies: Razem z partnerami zapisujemy informacje na Twoim urządzeniu, aby mierzyć
 korzystanie ze stron i wyświetlać reklamy. Wybór można zmienić w każdej chwili. |
 Akceptuję wszystko | Ustawienia
share: Udostępnij | Facebook | WhatsApp | E-mail | Kopiuj link | Drukuj
comments: Komentarze | Odpowiedz | Zgłoś | Dołącz do dyskusji
tags: Tematy:
source: Przeczytaj artykuł u źródła
photo: Fot.
rights: Wszelkie prawa zastrzeżone. Kopiowanie bez zgody wydawcy jest zabronione.
appeal: Dobre dziennikarstwo kosztuje. Jeśli cenisz naszą pracę, wesprzyj nas
 prenumeratą.
agency: Przy współpracy z agencją Nordlinia. | Tekst ukazał się najpierw w agencji
 Nordlinia.
about: {name} pisze o regionie od {year} roku, mieszka w miejscowości {town}.
ribbon: Z ostatniej chwili
service: Szukaj | Zaloguj | Prenumerata | Kontakt | Regulamin | Prywatność | Reklama |
 Praca | RSS | Archiwum | Pomoc | Dostępność
"""),
    "ru": _stock("""
sentence: {opener} {subject} {verb} {object} {place}. | {subject} {verb} {object},
 {tail}. | {opener} {subject} {verb} {object}, {tail}. | {subject} {verb} {place}
 {object}, {tail}. | «{subject} {verb} {object}», — сказал {name}, {role}. | {name},
 {role}, напомнил, что {subject} {verb} {object} {place}.
headline: {town}: {subject} {verb} {object} | {subject} {verb} {object} {place} |
 {name}, {role}: «{subject} {verb} {object}» | {n} жителей спрашивают, почему {subject}
 {verb} {object}
comment: Я живу в городе {town}, и нас никто не спрашивал. | {name} прав, давно пора. |
 Ну вот, {subject} {verb} {object}, а чего вы ждали? | Кто в итоге заплатит эти {n}
 тысяч рублей?
opener: в понедельник утром | в конце прошлой недели | после долгих переговоров |
 согласно отчёту | второй год подряд | в письме к жителям | через два дня после
 голосования | несмотря на дождь | в конце заседания | ещё с лета | незадолго до
 полудня | вопреки мнению экспертов
subject: городской совет | министр транспорта | судья из города {town} | областной
 музей | владелец мельницы | профсоюз водителей | тренер хозяев поля | комитет из {n}
 человек | начальник порта | директор школы | главный инженер | союз фермеров | дирижёр
 оркестра | мэр города | водоканал | депутат оппозиции
verb: одобрил | отложил | раскритиковал | изучил | поддержал | опубликовал | отклонил |
 представил | обсудил | похвалил | оспорил | приостановил | описал | подготовил
object: бюджет новых школ | план расширения моста | список {n} повреждённых домов |
 договор о ночном поезде | правила рыбной ловли | исследование старых труб | продажу
 пивоварни | цену годового билета | доклад о наводнении | проект вокзала | кредит в {n}
 миллионов рублей | открытие библиотеки | ремонт шлюза | охоту на кабанов | выставку
 стекла | слияние двух больниц | запрет на въезд грузовиков | зимнее расписание |
 поиски спонсора | жалобу {n} соседей
place: в присутствии {n} гостей | на встрече в городе {town} | за закрытыми дверями |
 во время поездки в город {town} | в эфире местного радио | в коротком заявлении |
 недалеко от границы | во второй половине года | без долгих споров | вместе с коллегами
 | на берегу реки | небольшим большинством голосов
tail: хотя расходы выросли на {n} процентов | потому что зима наступила рано | что
 удивило многих жителей | пока {name} молчал | как показывают документы | чтобы работы
 начались весной | даже если мало кто в это верит | а комментариев никто не дал | где
 живёт около {n} человек | после целой ночи переговоров | чего ждали уже несколько
 недель | прежде чем открыли архив
role: представитель министерства | учитель из города {town} | заместитель председателя
 | историк | один из {n} свидетелей | начальник пожарной части | сосед стройки
first: Глеб Фёдор Матвей Лев Захар Игнат Роман Платон Юрий Савва
surname: Бел Гор Лес Вол Мор Кру | янин нов ников ский озёров глов
town: Верхне Нижне Ново Старо Бело Красно | речье горск лесье польск мостье озёрск
section: Главная Политика Экономика Мир Культура Спорт Наука Здоровье Туризм Мнения
 Образование Погода Авто Недвижимость Кухня Регион
months: января февраля марта апреля мая июня июля августа сентября октября ноября
 декабря
date: {day} {month} {year}
by: Автор: {names} | {names} | Текст: {names} | {names}, редакция
and: и
published: Опубликовано {date} | Дата публикации: {date}, {time}
updated: Обновлено в {time}
related: Читайте также | Другие материалы по теме | Вам может быть интересно
most_read: Самое читаемое | Популярное
read_also: Читайте также: | Подробнее:
newsletter: День за пять минут | Каждое утро наша рассылка сообщает о главном. Без
 рекламы, отказаться можно в любой момент. | Подписаться
cookies: Мы и наши партнёры храним данные на вашем устройстве, чтобы измерять посещения
 и показывать рекламу. Свой выбор можно изменить в любое время. | Принять все |
 Настройки
share: Поделиться | Телеграм | WhatsApp | Почта | Скопировать ссылку | Печать
comments: Комментарии | Ответить | Пожаловаться | Присоединиться к обсуждению
tags: Темы:
source: Читать статью в источнике
photo: Фото:
rights: Все права защищены. Перепечатка возможна только с разрешения редакции.
appeal: Хорошая журналистика стоит денег. Если вам важна наша работа, поддержите нас
 подпиской.
agency: По материалам агентства «Нордлиния». | Текст впервые опубликован агентством
 «Нордлиния».
about: {name} с {year} года пишет о городе {town} и обо всей области.
ribbon: Срочно
service: Поиск | Войти | Подписка | Контакты | О нас | Конфиденциальность | Реклама |
 Вакансии | RSS | Архив | Помощь | Доступность
"""),
    "ar": _stock("""
sentence: {opener} {verb} {subject} {object} {place}. | {verb} {subject} {object}،
 {tail}. | {opener} {verb} {subject} {object}، {tail}. | {verb} {subject} {place}
 {object}، {tail}. | وقال {name}، {role}: «{verb} {subject} {object}». | وذكر {name}،
 {role}، أن {subject} {verb} {object} {place}.
headline: {town}: {subject} {verb} {object} | {subject} {verb} {object} {place} |
 {name}، {role}: «{verb} {subject} {object}» | {n} من السكان يسألون لماذا {verb}
 {subject} {object}
comment: أسكن في {town} ولم يسألنا أحد عن هذا. | {name} على حق وقد تأخر الأمر كثيرا. |
 طيب، {verb} {subject} {object}، فماذا كنتم تنتظرون؟ | من سيدفع في النهاية {n} ألف؟
opener: صباح يوم الاثنين | في نهاية الأسبوع الماضي | بعد أشهر من المحادثات | وفقا
 للتقرير | للعام الثاني على التوالي | في رسالة إلى السكان | بعد يومين من التصويت | رغم
 الأمطار | في ختام الجلسة | منذ الصيف | قبيل الظهر | خلافا لرأي الخبراء
subject: المجلس البلدي | وزير النقل | قاض من {town} | المتحف الجهوي | صاحب الطاحونة |
 اتحاد السائقين | مدرب الفريق المحلي | مجلس من {n} عضوا | مدير الميناء | مدير المدرسة |
 كبير المهندسين | اتحاد المزارعين | قائد الفرقة الموسيقية | رئيس البلدية | مكتب المياه
 | حزب المعارضة
verb: أقر | أجل | انتقد | درس | أيد | نشر | رفض | قدم | ناقش | بارك | أوقف | وصف | ساند
 | راجع
object: ميزانية المدارس الجديدة | خطة توسيع الجسر | قائمة المنازل المتضررة وعددها {n} |
 عقد القطار الليلي | قواعد الصيد في البحيرة | دراسة عن القنوات القديمة | بيع المصنع
 القديم | سعر الاشتراك السنوي | تقرير الفيضانات | تصميم المحطة | قرضا بقيمة {n} مليون |
 افتتاح المكتبة | إصلاح السد | حملة صيد الخنازير | معرض الزجاج | دمج عيادتين | منع
 الشاحنات الثقيلة | مواقيت الشتاء | البحث عن ممول | طعن {n} من الجيران
place: أمام {n} ضيفا | خلال اجتماع في {town} | خلف أبواب مغلقة | أثناء زيارة إلى {town}
 | عبر الإذاعة المحلية | في بيان قصير | قرب الحدود | في النصف الثاني من السنة | دون
 نقاش طويل | بحضور {name} | على ضفة النهر | بأغلبية ضئيلة
tail: رغم أن التكاليف ارتفعت بنسبة {n} في المائة | لأن الشتاء جاء مبكرا | وهو ما فاجأ
 كثيرين في {town} | بينما التزم {name} الصمت | كما تظهر الوثائق | حتى تبدأ الأشغال في
 الربيع | وإن كان قليلون يصدقون ذلك | ولم يرغب أحد في التعليق | حيث يعيش نحو {n} شخص |
 بعد ليلة من المفاوضات | وكان ذلك منتظرا منذ أسابيع | قبل فتح الأرشيف
role: المتحدث باسم الوزارة | وهو أستاذ في {town} | نائب الرئيس | مؤرخ | أحد الشهود
 وعددهم {n} | رئيس فرقة الإطفاء | من سكان الحي
first: سليم نبيل هادي كمال رشيد عادل فؤاد زهير أنور طارق
surname: ال بن بو آل عبد أبو | منصور زيدان حداد سالم كريم ناجي
town: عين واد قصر برج تل دار | النخيل الرمان السلام الزيتون الحجر الورد
section: الرئيسية سياسة اقتصاد عالم ثقافة رياضة علوم صحة سفر آراء تعليم طقس سيارات
 عقارات مطبخ جهات
months: يناير فبراير مارس أبريل مايو يونيو يوليو أغسطس سبتمبر أكتوبر نوفمبر ديسمبر
date: {day} {month} {year}
by: بقلم {names} | {names} | كتب: {names} | {names} - التحرير
and: و
published: نشر في {date} | نشر يوم {date} على الساعة {time}
updated: آخر تحديث {time}
related: مواضيع ذات صلة | اقرأ المزيد | قد يعجبك أيضا
most_read: الأكثر قراءة | الآن
read_also: اقرأ أيضا: | شاهد أيضا:
newsletter: اليوم في خمس دقائق | تصلكم نشرتنا كل صباح بأهم ما يجري، دون إعلانات، ويمكن
 إلغاؤها في أي وقت. | اشترك
cookies: نحفظ مع شركائنا معلومات على جهازكم لقياس استعمال الصفحات وعرض الإعلانات،
 ويمكنكم تغيير اختياركم في أي وقت. | قبول الكل | الإعدادات
share: شارك المقال | فيسبوك | واتساب | البريد | نسخ الرابط | طباعة
comments: التعليقات | رد | تبليغ | شارك في النقاش
tags: وسوم:
source: اقرأ المقال من مصدره
photo: صورة:
rights: جميع الحقوق محفوظة، ويمنع النقل دون إذن من الناشر.
appeal: الصحافة الجيدة مكلفة، فإن كنتم تقدرون عملنا فادعمونا بالاشتراك.
agency: مع وكالة خط الشمال. | نشر هذا النص أولا لدى وكالة خط الشمال.
about: {name} يكتب من {town} منذ سنة {year} عن أخبار المنطقة.
ribbon: عاجل
service: بحث | دخول | اشتراك | اتصل بنا | من نحن | الخصوصية | إعلانات | وظائف | RSS |
 الأرشيف | مساعدة | شروط الاستخدام
"""),
    "zh": _stock("""
sentence: {opener}，{subject}{place}{verb}了{object}。 |
 {subject}{verb}了{object}，{tail}。 | {opener}，{subject}{verb}了{object}，{tail}。 |
 {subject}{place}{verb}了{object}，{tail}。 |
 “{subject}{verb}了{object}。”{role}{name}说。 |
 {role}{name}回忆说，{subject}{place}{verb}了{object}。
headline: {town}：{subject}{verb}{object} | {subject}{place}{verb}{object} |
 {role}{name}：“{subject}{verb}了{object}” | {n}名居民追问为何{subject}{verb}{object}
comment: 我就住在{town}，可是没有人问过我们。 | {name}说得对，早就该这样了。 |
 既然{subject}{verb}了{object}，你们还想怎么样？ | 这{n}万元最后由谁来付？
opener: 星期一上午 | 上周末 | 经过几个月的谈判 | 根据这份报告 | 连续第二年 |
 在致居民的信中 | 投票两天之后 | 尽管下着雨 | 会议结束时 | 从夏天开始 | 临近中午时 |
 不顾专家的意见
subject: 市议会 | 交通部长 | {town}的一名法官 | 地区博物馆 | 磨坊的主人 | 公交司机工会
 | 主队教练 | 由{n}人组成的委员会 | 港口管理局 | 学校理事会 | 总工程师 | 一群农民 |
 {town}乐团 | 市长 | 自来水公司 | 反对派
verb: 批准 | 推迟 | 批评 | 审查 | 维护 | 公布 | 否决 | 介绍 | 讨论 | 欢迎 | 质疑 | 叫停
 | 描述 | 支持
object: 新学校的预算 | 拓宽大桥的计划 | {n}栋受损房屋的名单 | 夜间列车的合同 |
 捕鱼的规定 | 关于旧下水道的研究 | 啤酒厂的出售 | 年票的价格 | 洪水的调查报告 |
 车站的设计方案 | {n}百万元的贷款 | 图书馆的开放 | 船闸的维修 | 猎捕野猪的办法 |
 玻璃艺术展览 | 两家诊所的合并 | 重型卡车的禁令 | 冬季时刻表 | 寻找赞助商的工作 |
 {n}位邻居的申诉
place: 当着{n}位来宾的面 | 在{town}的一次会议上 | 闭门 | 在访问{town}期间 |
 通过当地电台 | 在一份简短的声明中 | 在边境附近 | 在下半年 | 没有多少争论就 |
 在{name}的陪同下 | 在河岸边 | 以微弱多数
tail: 虽然费用上涨了百分之{n} | 因为冬天来得早 | 这让{town}的许多人感到意外 |
 而{name}保持沉默 | 正如文件所示 | 以便工程能在春天开始 | 尽管很少有人相信 |
 没有人愿意发表评论 | 那里住着大约{n}人 | 谈判持续了整整一夜 | 这在几个星期前就已料到 |
 当时档案还没有开放
role: 该部发言人 | {town}的教师 | 副主席 | 历史学家 | {n}名目击者之一的 | 消防队长 |
 工地邻居
first: 林 周 沈 陆 何 罗 方 孟 程 白
surname: 文 志 晓 建 海 思 | 远 华 明 平 宁 清
town: 东 石 清 龙 白 南 | 河镇 桥县 山市 湖镇 溪县 岭市
section: 首页 政治 财经 国际 文化 体育 科学 健康 旅游 评论 教育 天气 汽车 房产 美食
 地方
months: 1月 2月 3月 4月 5月 6月 7月 8月 9月 10月 11月 12月
date: {year}年{month}{day}日
by: 记者 {names} | {names} | 作者：{names} | 文／{names}
and: 、
published: 发布时间：{date} | {date} {time} 发布
updated: 更新于 {time}
related: 相关新闻 | 延伸阅读 | 猜你喜欢
most_read: 热门文章 | 排行榜
read_also: 延伸阅读： | 另见：
newsletter: 五分钟读懂今天 |
 每天早晨，我们的邮件为您带来重要的新闻。没有广告，随时可以退订。 | 订阅
cookies: 我们和合作伙伴会在您的设备上保存信息，用来统计网页的使用情况并显示广告。
 您可以随时更改您的选择。 | 全部接受 | 设置
share: 分享本文 | 微信 | 微博 | 邮件 | 复制链接 | 打印
comments: 评论 | 回复 | 举报 | 参与讨论
tags: 标签：
source: 阅读原文
photo: 摄影：
rights: 版权所有，未经许可不得转载。
appeal: 好的新闻需要成本。如果您认可我们的工作，请订阅支持我们。
agency: 本文部分内容来自北线通讯社。 | 本文最初由北线通讯社发表。
about: {name}自{year}年起在{town}采访，关注本地新闻。
ribbon: 快讯
service: 搜索 | 登录 | 订阅 | 联系我们 | 关于我们 | 隐私 | 广告 | 招聘 | RSS | 往期 |
 帮助 | 无障碍
"""),
}
"""By ISO 639-1 code; each stock has the same keys."""

LANGUAGES = tuple(STOCKS)


@dataclass(frozen=True)
class Writer:
    """Writes in one language; what it writes next depends on `chance` alone."""

    language: str
    chance: Random

    def label(self, key: str, number: int = 0) -> str:
        """A fixed phrase, such as the heading of a box; slots are left open."""
        phrases = STOCKS[self.language][key]
        return phrases[number % len(phrases)]

    def words(self, key: str) -> list[str]:
        """The words of an entry that is a list of words."""
        return STOCKS[self.language][key][0].split()

    def write(self, key: str) -> str:
        """One of the phrases, all its slots filled, with a capital letter."""
        text = self._fill(self.chance.choice(STOCKS[self.language][key]))
        return _FIRST_LETTER.sub(lambda match: match[0].upper(), text)

    def paragraph(self, min_sentences: int = 2, max_sentences: int = 6) -> str:
        """Some sentences: with the default numbers mostly 30 to 100 words."""
        count = self.chance.randint(min_sentences, max_sentences)
        sentences = [self.write("sentence") for _ in range(count)]
        return self._gap.join(sentences)

    def person(self) -> str:
        """A first name and a surname; in Chinese the family name comes first."""
        first = self.chance.choice(self.words("first"))
        surname = self._joined("surname", " " if self.language == "ar" else "")
        return f"{first}{self._gap}{surname}"

    def town(self) -> str:
        """The name of a town."""
        return self._joined("town", " " if self.language in {"ar", "pl"} else "")

    def day(self, when: date) -> str:
        """A date as newspapers print it."""
        month = self.words("months")[when.month - 1]
        return self.label("date").format(day=when.day, month=month, year=when.year)

    @property
    def _gap(self) -> str:
        return "" if self.language == "zh" else " "

    def _joined(self, key: str, gap: str) -> str:
        starts, ends = STOCKS[self.language][key]
        parts = self.chance.choice(starts.split()), self.chance.choice(ends.split())
        return gap.join(parts)

    def _fill(self, phrase: str) -> str:
        return _SLOT.sub(lambda slot: self._slot(slot[1]), phrase)

    def _slot(self, key: str) -> str:
        if key == "name":
            return self.person()
        if key == "town":
            return self.town()
        if key == "n":
            return str(self.chance.randint(3, 97))
        if key == "year":
            return str(self.chance.randint(1996, 2022))
        return self._fill(self.chance.choice(STOCKS[self.language][key]))
