"""The words in which a text talks of other records and of what they are worth, in the languages that are read here.

Stems, as `lone` spells words: small letters without accents. `nois` is noise and noisy, a final full stop ends the
word. Ordinary telemetry has next to none of them together: not one of a recording's 821 event types is asked about
alone for their sake.
"""

from __future__ import annotations

import re
from enum import Flag, auto


class Says(Flag):
    """What a text has words for."""

    NOTHING = 0
    WORTH = auto()
    """What records are worth, or what they are to be taken for: enough by itself."""
    MANY = auto()
    """More records than one."""
    RECORDS = auto()
    """Records as such, the reader's objects."""
    ACTS = auto()
    """What to do with them."""
    TAKES = auto()
    """To take them for something."""
    MUST = auto()
    """That it is to be done."""
    READER = auto()
    """Whoever reads this."""
    JUDGES = auto()
    """What a judge does."""
    WEIGHS = auto()
    """Grades of importance that ordinary texts have, too."""
    NAMES = auto()
    """A category."""
    UNREAD = auto()
    """What cannot be told: a script that is not read here, or letters of two in one word."""


STEMS = {
    Says.WORTH: """
noise noisy waste. wasted. wasteful junk rubbish trash. trashy spam clutter chatter worthless useless unimportant
irrelevan pointless harmless meaningless negligible trivial insignifican superfluous disposable droppable expendable
nonsense benign boring uninteresting valueless unneeded needless dispensable immaterial inconsequential drivel fluff
dross filler. stuff. chaff. vital. precious indispensable priceless invaluable treasure
mull. muell. abfall rauschen unwichtig wertlos nutzlos belanglos unbedeutend ueberflussig uberflussig entbehrlich
bedeutungslos verzichtbar harmlos lebenswichtig unverzichtbar
bruit. bruits. dechet inutil insignifian negligeab superflu anodin. futile
ruido basura desecho despreciab inservib prescindib desechab insignificant
rumore. rumori. spazzatura rifiut. trascurab irrilevan immondizia
lixo. descartav desprezi desnecessari
ruis. afval onbelangrijk waardeloos nutteloos overbodig rommel
brus. skrap. oviktig vardelos onodig ligegyldig
szum. szumem smiec bezwartosc niewazn bezuzyteczn nieistotn zbedn
gurultu. onemsiz degersiz gereksiz
шум. шумом мусор хлам. ненужн бесполезн неважн отходы бесценн незначительн бессмысленн
""",
    Says.MANY: """
whatever. whichever. whoever. everything. anything. nothing. every. each. all. any. those. these. ones. others. rest.
remaining.
neighbour neighbor sibling
alle. alles. allen. jede. jeder. jedes. samtlich. saemtlich ubrige sonstig
tout. toute. tous. toutes. chaque. celles. ceux.
todo. toda. todos. todas. cada. cualquier otros. otras. demas.
tutto. tutti. tutte. ogni. qualsiasi. altri. altre.
tudo. qualquer. outros. outras. demais.
elke. iedere. ieder. overige. alla. varje. ovriga.
wszystk kazd. kazda. kazde. kazdy. pozostal
hepsi. butun. tum. tumu. diger.
все. всё. всех. всем. любой. любые. кажд остальн прочие. прочее.
""",
    Says.RECORDS: """
lines. entries. rows.
zeilen. eintrage. eintraege. meldungen. lignes. entrees. journaux. lineas. entradas. registros. righe. voci. linhas.
regels. rader. wpisy. satirlar. строки. записи. логи.
""",
    Says.ACTS: """
drop. drops. dropp discard delet remov ignor skip suppress filter forget toss. purge. purged scrap. silenc mute.
muted keep. kept. retain disregard hide. overlook
loesch losch verwerf entfern vergiss wegwerf
supprim jeter. jetez oubli ecart. ecartez
borra elimin descart olvid
cancell dimentic buttar.
apag esquec
verwijder negeer weggooi
usun. usuwaj pomin
atla. yoksay
удал игнор отброс забудь
""",
    Says.TAKES: """
treat regard consider. considers. deem triage assume pretend belong think call. put. sort. behandl betracht beschouw
""",
    Says.MUST: """
should. must. shall. ought. always. never. may. can. could. safely.
soll. sollen. sollte. muss. mussen. darf. kann. immer.
doit. doivent. faut. peut. peuvent. toujours.
debe. deben. puede. pueden. siempre.
deve. devono. puo. possono. sempre.
devem. pode. podem.
moet. moeten. mogen. altijd. ska. skall.
powinn musi. mozna. zawsze.
gerek. lazim.
долж нужно. надо. следует. можно. всегда.
""",
    Says.READER: """
you. your. yours. yourself. please. bitte. assistant. prompt. prompts. instruct judge. judges. judgement judgment
classifier llm. gpt. chatgpt.
claude. overrule analyst reviewer
""",
    Says.JUDGES: "categor classif label verdict kategori klassifi einstuf etiquet clasific oznacz",
    Says.WEIGHS: """
important. importance. critical. essential. crucial. relevant. worth. interesting. routine. ordinary. wichtig.
importante. важно.
""",
}

UNSPACED = {
    Says.WORTH: r"噪[声音]|垃圾|废[物话料]|無用|无用|无关紧要|無關緊要|不重要|没有价值|沒有價值|毫无意义|"
    r"ノイズ|ごみ|ゴミ|無駄|重要ではな|重要でな|無価値|無意味|노이즈|소음|쓰레기|불필요|무의미|중요하지|쓸모없",
    Says.MANY: r"所有|全部|一切|每[一个條条]|任何|凡是|すべて|全て|あらゆる|どれも|모든|전부|모두|각각",
    Says.RECORDS: r"日志|日誌|条目|記録|记录|ログ|エントリ|로그|항목|기록",
    Says.ACTS: r"忽略|丢弃|丟棄|删除|無視|破棄|削除|무시|삭제|버리",
    Says.MUST: r"应该|必须|應該|必須|请|請|可以|べき|ください|해야|하십시오|하세요",
    Says.JUDGES: r"分类|分類|归类|标记|標記|판정|분류",
}
"""Languages written without blanks, or with endings that hide where a word ends."""

_TREATS = (
    "treat mark regard consider deem rank flag tag judge triage sort assume declare handle interpret file label view "
    "behandl betracht traite considere tratar trata beschouw traktuj считай пометь относи"
)
PHRASES = re.compile(
    rf"\b(?:{'|'.join(_TREATS.split())})\w*(?: \w+){{0,7}}? (?:as|under|among|als|comme|como|come|jako|som|как|за)\b"
    r"|\b(?:no|any|without|little|zero) (?:\w+ )?(?:value|use|interest|importance|worth|meaning|purpose)\b"
    r"|\bnot (?:\w+ )?(?:worth|important|interesting|of interest|of use|of value)\b"
    r"|\b(?:nobody|no one|noone|no human) (?:\w+ )?(?:needs?|reads?|cares?|miss|misses|wants?|looks?|would)\b"
    r"|\b(?:never|not|nobody) (?:\w+ ){0,2}(?:keep|read|reads|look|looks|need|needs|miss|misses)\b|\blow value\b"
    r"|\b(?:fine|safe|okay|ok) to (?:lose|drop|delete|ignore|remove|discard|skip|forget)\b|\bsigns? of life\b"
    r"|\b(?:lines|entries|records|rows|types|events|messages|ones) (?:are|were) (?:\w+ )?(?:heartbeat|duplicate|probe)"
    r"|\bthrown? (?:\w+ ){0,2}away\b"
    r"|\b(?:to|into|in) the (?:bin|trash)\b|\bwho cares\b|\b(?:previous|earlier|prior) instructions?\b"
    r"|\broutine success|\bbot traffic|\b(?:ohne|sans|sin|senza|sem|zonder|bez) (?:\w+ )?"
    r"(?:wert|bedeutung|belang|valeur|interet|valor|interes|valore|interesse|waarde|znaczenia)\b"
)
"""Of words with one blank between them: what records are taken for, and worth."""

_LONG = 12
"""Letters from which on a word may be several without a blank between them."""


def _word(stem: str) -> str:
    return rf"{stem[:-1]}$" if stem.endswith(".") else stem


_WORDS = {
    said: re.compile("|".join(sorted(_word(stem) for stem in stems.split())), re.DOTALL)
    for said, stems in STEMS.items()
}
_INSIDE = re.compile("|".join(stem for stem in STEMS[Says.WORTH].split() if len(stem) > 4 and not stem.endswith(".")))


def word(spelled: str) -> Says:
    """What one word says, as it is spelled."""
    found = Says.NOTHING
    for said, stems in _WORDS.items():
        if stems.match(spelled):
            found |= said
    if len(spelled) > _LONG and _INSIDE.search(spelled):
        found |= Says.WORTH
    return found
