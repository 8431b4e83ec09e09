"""How mail programs mark what they quote, sign and add: questions about one line. The words are in programs.toml.

Every pattern here looks at one line of at most 400 characters (or a few joined ones) and has no nested repetition.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from mailbot.parse.phrases import Line, Phrases

_TABLE: dict[str, dict[str, str]] = tomllib.loads(Path(__file__).with_name("programs.toml").read_text(encoding="utf-8"))


def _phrases(name: str) -> list[str]:
    found = (p.strip() for words in _TABLE.values() for p in words.get(name, "").replace("\n", "").split("|"))
    return sorted({p for p in found if p})


_WROTE, _PERSON, _DEVICE = Phrases(_phrases("wrote")), Phrases(_phrases("person")), Phrases(_phrases("device"))
_WORD_START, _DAY_START = Phrases(_phrases("on")), Phrases(_phrases("day"))
_COPIED, _FORWARDED, _BEGIN = Phrases(_phrases("original")), Phrases(_phrases("forwarded")), Phrases(_phrases("begin"))
_SENT_WITH, _OURS, _GREETING = Phrases(_phrases("sent_with")), Phrases(_phrases("ours")), Phrases(_phrases("greeting"))
_LEGAL, _WARNING, _WARNED = (
    Phrases(_phrases("legal"), stems=True),
    Phrases(_phrases("warning"), stems=True),
    Phrases(_phrases("warned")),
)
_SENDER, _SUBJECT = frozenset(_phrases("sender")), frozenset(_phrases("subject"))
_LABELS = _SENDER | _SUBJECT | frozenset(_phrases("label"))

QUOTED = re.compile(r"\s{0,3}(?:>|&gt;|[A-Z]{1,3}>(?:\s|$))")
BAR_QUOTED = re.compile(r"\s{0,2}\|")
# Patterns that are searched begin with one class of letters: so `re` passes at once all places where they cannot begin.
HINT = re.compile(  # what begins a quote has one of these
    r"[@\d:：*\u3000-\u9fff\uac00-\ud7af\-_=‐-―](?:(?<=[@\d:：*\u3000-\u9fff\uac00-\ud7af])|(?<=-)-|(?<=_)_|(?<==)=|(?<=[‐-―])[‐-―])"
)
ADDRESS = re.compile(r"[\w.+'-]{1,64}@[\w-]{1,63}\.[\w.-]{1,100}")
BRACKETED = re.compile(r"[<(\[]\s?(?:mailto:)?[\w.+'=-]{1,64}@[\w.-]{1,120}")
ADDRESS_END = re.compile(r"<?(?:mailto:)?[\w.+-]{1,64}@[\w.-]{1,120}>?[\])>]*[^\w\n]{0,3}$")
_DATE = (
    r"\d(?:\d{0,3}[./-]\d{1,2}[./-]\d{1,4}|\d?[:.hH]\d{2}\b|\d{3}[年년]"
    r"|(?<!\w\d)(?:(?:(?<=1)9|(?<=2)0)\d\d\b|\d?\.? (?i:jan|feb|m[aä]r|apr|ma[ijy]|jun|jul|aug|sep|o[ck]t|nov|de[csz])\w*))"
)
_ANY_DATE, _ASCII_DATE = re.compile(_DATE), re.compile(_DATE.replace(r"\d", "[0-9]"))  # `re` looks up named letters twice as fast
TIME = re.compile(r"\b\d{1,2}[:.h]\d{2}(?!\d)|\d{1,2}[時时시点點]")
_DATED_FULLY = re.compile(r"\b(?:19|20)\d\d[,.年년]|\d{1,4}[./-]\d{1,2}[./-]\d{2,4}")
_LABELLED = re.compile(r"[\s>*_|]{0,12}([^\W\d_][^:：|<>@\n]{0,28}?)[\s*_]{0,6}([:：|])")
_LABEL_END = 50  # characters into which its marks, words and colon fit
RULE = re.compile(r"\s*[-_*=]{3,}\s*$")
_DASHED = re.compile(r"[\s>*]{0,8}[-_=*‐-―]{2,}\s{0,4}[^\s\-_=*‐-―]")
_BETWEEN_DASHES = re.compile(r"[\s>]{0,6}[-‐-―]{2,}\s{0,4}(.{5,300}?)\s{0,4}[-‐-―]{2,}[\s*]{0,4}$")
FORWARD_SUBJECT = re.compile(r"\s*(?:re:\s*)?(?:fwd?|wg|tr|rv|enc|doorst|fs|vs|vb|vl|i|pd|ynt|ilt|転送|转发|轉寄)\s*[:：]", re.I)

DELIMITER = re.compile(r"\s*(?:--|–|—)\s?$")
LINE_DELIMITER = re.compile(r"\s*(?:_{3,}|-{4,}|={4,}|\*{4,})\s*$")
_NOT_MINE = re.compile(r"(?i)\W*sent (?:from|via|with|by|on) (?:the|your|his|her|our|their|wrong)\b")
CONTACT = re.compile(
    r"\b[\w.+-]{1,64}@[\w-]{1,63}\.\w|(?:\+|\b00|\(0)\d[\d\s()./-]{6,}|"
    r"\b(?:tel|tél|phone|mobile?|cell|fax|mob|gsm|tlf|puh|тел|m|t|p|f|电话|手机|전화|電話)\b\.?\s?[:：]?\s?[\d+(]|"
    r"^\W{0,3}(?:[^\W\d_]{1,9}\.?\s?[:.]?\s?)?[+(]?\d[\d\s()./-]{7,20}\d\W{0,3}$",
    re.I,
)
_EXTERNAL = re.compile(r"(?i)\[?external(?: e?-?mail)?\]?\W{0,3}")
LINKED = re.compile(r"https?://|www\.", re.I)
NAMES_WORK = re.compile(
    r"(?i)\b(?:images?|img|photos?|pics?|pictures?|orders?|bild|bilder|fotos?|auftrag|ordre|orden|pedidos?|imagen|imágenes|image[mn]s?|"
    r"kuva|kuvat|zdjęcie|zdjęcia|fotk[ay]|bilde|billede[rt]?|commande|ordine|bestelling|фото|снимок|заказ|зображення|замовлення|"
    r"fotoğraf|sipariş|objednávka|zamówienie|tilaus|beställning|画像|写真|图片|照片|订单|사진|주문)\w{0,2}\s*(?:no\.?|nr\.?|n°)?\s*#?\d"
)


def wrote(line: Line) -> bool:
    """The verb of an attribution in one of the languages."""
    return _WROTE.inside(line)


def starts(line: Line) -> str:
    """How an attribution may begin: "word" ("On", "Am", a weekday), "digit", or ""."""
    if _WORD_START.begins(line) or _DAY_START.begins(line):
        return "word"
    return "digit" if line.words and line.words[0][0].isdigit() else ""


def dated(text: str) -> bool:
    """A date or a time stands in it."""
    return (_ASCII_DATE if text.isascii() else _ANY_DATE).search(text) is not None


def by_a_program(line: Line) -> bool:
    """A dated "X wrote:" without an address that reads like a program's: a full date or a time, and nobody spoken to."""
    return bool(TIME.search(line.text) or _DATED_FULLY.search(line.text)) and not speaks(line)


def speaks(line: Line) -> bool:
    """Words of a person about persons ("you", "your"), as no program writes them."""
    return _PERSON.inside(line)


def undashed(text: str) -> str:
    """What stands between dashes at both ends of a line ("---- On ... wrote ----"), "" for other lines."""
    hit = _BETWEEN_DASHES.match(text)
    return hit[1] if hit else ""


def title(line: Line) -> str:
    """ "copied" or "forwarded" for a line that stands over a copied or forwarded mail, else ""."""
    if _DASHED.match(line.text):
        return "copied" if _COPIED.begins(line) else "forwarded" if _FORWARDED.begins(line) else ""
    return "forwarded" if len(line.text) <= 90 and _BEGIN.fills(line, spare=1) else ""


def label(text: str) -> str:
    """ "sender", "subject" or "other" for a line of a header block, "" for none."""
    begun = text[:_LABEL_END]
    hit = _LABELLED.match(text) if ":" in begun or "：" in begun or "|" in begun else None
    if not hit or (hit[2] == "|" and not text.lstrip(" >").startswith("|")):
        return ""
    name = " ".join(hit[1].lower().replace("’", "'").split())
    if name not in _LABELS:
        return ""
    return "sender" if name in _SENDER else "subject" if name in _SUBJECT else "other"


def mobile(line: Line) -> bool:
    """A line that a phone or a program signs with; a sentence of the client that begins alike is none."""
    if len(line.text) > 160 or not line.words:
        return False
    ours = _OURS.fills(line)
    if not ours and not (_SENT_WITH.begins(line) and len(line.words) <= 16 and not _NOT_MINE.match(line.text)):
        return False
    if not _DEVICE.inside(line) and not (ours and (len(line.words) <= 7 or line.glued)):
        return False
    return not NAMES_WORK.search(line.text) and not line.text.rstrip().endswith("?")


def greets(line: Line) -> bool:
    """A closing such as "Kind regards", alone or with a name on the same line."""
    return len(line.text) <= 70 and _GREETING.fills(line, spare=3)


def legal(line: Line) -> bool:
    """Words of a legal footer, a virus notice or a firm's registration."""
    return _LEGAL.inside(line) and not NAMES_WORK.search(line.text)


def banner(line: Line) -> bool:
    """What a mail gateway puts above a mail from outside."""
    if not _WARNED.begins(line):
        return False
    known = _WARNING.inside(line) or _EXTERNAL.fullmatch(line.text.strip()) is not None
    return known and not NAMES_WORK.search(line.text)
