"""Where a link really leads: its host as a browser reads it, punycode undone, and whether it passes itself off as another one."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache

from mailbot.parse import marks
from mailbot.parse.html_bounds import words

# Places that clients of a photo studio share files by; a link to a host that only looks like one of them is a lure.
FILE_SERVICES = frozenset(
    [
        "dropbox.com", "google.com", "wetransfer.com", "onedrive.com", "onedrive.live.com",
        "sharepoint.com", "icloud.com", "box.com", "microsoft.com", "office.com", "adobe.com", "pixieset.com", "smugmug.com",
        "apple.com",
    ]
)  # fmt: skip
_IGNORED = dict.fromkeys(range(0x21))  # a browser drops tabs and line ends inside an address, controls and blanks around it
_ADDRESS = re.compile(r"(?i)(https?):[/\\]*([^/\\?#]*)(.*)", re.S)
_HOST = re.compile(r"[^\x00-\x20\"#%&'()*+,/:;<=>?@\[\\\]^`{|}~\x7f]{1,253}")
_NUMERIC = re.compile(r"(?:0x[0-9a-f]*|[0-9]+)(?:\.(?:0x[0-9a-f]*|[0-9]+)){0,3}")
_BARE = re.compile(r"(?i)(?:https?://)?((?:[\w-]{1,63}\.)+[^\W\d_]{2,24})(?::\d{1,5})?(?:[/?#]\S*)?")
# What follows the last stop in a file's name: "IMG_4589.jpg" is no host.
_FILES = words("jpg jpeg png gif webp heic tif tiff dng raw cr2 cr3 nef arw psd pdf zip rar doc docx xls xlsx txt csv mov mp4 eml")
_SHARED = frozenset(["ac", "co", "com", "edu", "gov", "net", "org"])
_TWINS = ((("rn", "m"), ("vv", "w"), ("cl", "d")), str.maketrans("i1|05", "lllos"))


@dataclass(frozen=True, slots=True)
class Link:
    """`url` is written anew so that every program reads it alike; `host` is lower case, `shown` the same with punycode undone.

    `warning` says in a sentence why a person should look twice, "" where nothing is odd."""

    url: str
    host: str
    shown: str
    warning: str = ""


def read_link(url: str, known: Collection[str] = ()) -> Link | None:
    """A web link as a browser follows it; None for everything else. `known` are our own hosts."""
    hit = _ADDRESS.fullmatch(url.strip("".join(map(chr, _IGNORED))).translate(dict.fromkeys(b"\t\n\r")))
    if hit is None:
        return None
    user, at, place = hit[2].rpartition("@")
    host, _, port = place.partition(":")
    host = marks.without_invisible(unicodedata.normalize("NFKC", host)).lower().replace("。", ".").rstrip(".")
    if not host.isprintable() or not _HOST.fullmatch(host) or (port and not (port.isascii() and port.isdigit())):
        return None
    rest = hit[3].replace("\\", "/") if "?" not in hit[3] else hit[3]
    shown = _decoded(host)
    warning = _odd(host, shown, port, user if at else "") or looks_like(shown, frozenset(known) | FILE_SERVICES)
    return Link(f"{hit[1].lower()}://{host}{':' + port if port else ''}{rest}", host, shown, warning)


def looks_like(host: str, known: Collection[str]) -> str:
    """A sentence where the host is none of `known` but passes for one; "" else. `host` is given with punycode undone."""
    if any(host == one or host.endswith(f".{one}") for one in known):
        return ""
    skeletons = {_skeleton(one): one for one in known if "." in one}
    labels = host.split(".")
    for start in range(len(labels) - 1):
        one = skeletons.get(_skeleton(".".join(labels[start:])))
        if one:
            return f"looks like {one}, but is another place"
    for one in known:
        if "." in one and f".{one}." in f".{host}.":
            return f"names {one}, but belongs to {_owner(host)}"
    return ""


def named_host(text: str) -> str:
    """The host that a link's text names ("www.client.example/photos"), "" where it names none (words, a file's name)."""
    hit = _BARE.fullmatch(marks.without_invisible(text).strip().rstrip(".,;:!?)"))
    if hit is None:
        return ""
    ending = hit[1].rpartition(".")[2].lower()
    return "" if ending in _FILES and "://" not in text else hit[1].lower()


def same_place(named: str, host: str) -> bool:
    """Whether the host that a text names is the one it leads to; www and other subdomains of one owner count as the same."""
    return _owner(named) == _owner(host)


def _owner(host: str) -> str:
    """The part that somebody registered, by the usual shapes: client.example, client.co.uk."""
    labels = host.split(".")
    shared = len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in _SHARED
    return ".".join(labels[-3:] if shared else labels[-2:])


def _odd(host: str, shown: str, port: str, user: str) -> str:
    if user:
        return f"only looks like {user[:60]}; it leads to {shown}"
    labels = shown.split(".")
    if _NUMERIC.fullmatch(host):
        return "leads to a bare number instead of a name"
    if any(len(_scripts(label)) > 1 for label in labels):
        return f"mixes alphabets in its name ({host})"
    if not shown.isascii() and any(map(_seems_latin, labels[:-1])):
        return f"is written in foreign letters that look like Latin ones ({host})"
    return f"leads to port {port}" if port and port not in ("80", "443") else ""


def _decoded(host: str) -> str:
    return ".".join(map(_decoded_label, host.split(".")))


def _decoded_label(label: str) -> str:
    if not label.startswith("xn--"):
        return label
    try:
        plain = label[4:].encode("ascii").decode("punycode")
    except (UnicodeError, ValueError):
        return label
    return plain if plain and plain.isprintable() and not marks.INVISIBLE.search(plain) else label


@lru_cache(maxsize=2048)
def _skeleton(host: str) -> str:
    """Equal for hosts that a hurried reader takes for the same: accents, look-alike letters and digits, rn for m."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", host) if not unicodedata.combining(c))
    latin = _latin(plain)
    pairs, single = _TWINS
    for two, one in pairs:
        latin = latin.replace(two, one)
    return latin.translate(single).replace("-", "")


def _seems_latin(label: str) -> bool:
    """Every letter is of another alphabet and looks like a Latin one."""
    return not label.isascii() and "LATIN" not in _scripts(label) and _latin(label).isascii()


def _latin(text: str) -> str:
    return "".join(marks.ALIKE.get(c, c) for c in text).lower()


def _scripts(label: str) -> set[str]:
    """Alphabets that may be taken for each other; a Chinese name with Latin letters is nothing odd."""
    return {s for s in (unicodedata.name(c, "").partition(" ")[0] for c in label if c.isalpha()) if s in ("LATIN", "CYRILLIC", "GREEK")}
