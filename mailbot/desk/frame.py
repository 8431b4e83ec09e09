"""The document in which a mail's HTML is shown: no script, no form, no request but for pictures, whatever the HTML holds.

Two layers besides the cleaning at intake: the iframe's sandbox attribute and this answer's own policy, whose `sandbox` also holds
where the address is opened in a tab of its own.
"""

from __future__ import annotations

import base64
import hashlib
import html as entities

SANDBOX = "allow-popups allow-popups-to-escape-sandbox"
"""Links open in a new tab that is a page like any other. Nothing else is allowed."""
_STYLE = """
:root{color-scheme:light}
body{margin:.75rem;font:14px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,Arial,sans-serif}
body{color:#1a2126;background:#fff;overflow-wrap:anywhere}
img{max-width:100%;height:auto}
img:not([src]){display:inline-block;min-width:1.5rem;min-height:1.5rem;padding:0 .3rem;border:1px dashed #83909a;color:#55626b}
table{border-collapse:collapse;max-width:100%}
td,th{vertical-align:top;padding:.1rem .3rem}
pre{white-space:pre-wrap}
a{color:#0b5c7d}
mark{background:#fff0a8}
blockquote{margin:.5rem 0 .5rem .25rem;padding-left:.75rem;border-left:2px solid #d9dfe2;color:#55626b}
.host,.missing{color:#55626b;font-size:.93em}
.odd{background:#fce6e4;color:#a1241f;font-weight:600;border-radius:2px;padding:0 .2em}
""".strip()
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()


def document(html: str) -> str:
    """A page with this fragment on white paper, which mails take for granted."""
    return (
        '<!doctype html><html><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Mail</title><style>{_STYLE}</style></head><body>{html}</body></html>"
    )


def headers(pictures_at: str, *, remote: bool = False) -> dict[str, str]:
    """What goes with it. `pictures_at`: the address below which the mail's own pictures lie; nothing else of the desk can be asked for.

    `remote`: a person wants to see the pictures that lie elsewhere."""
    pictures = f"{pictures_at} data: https:" if remote else f"{pictures_at} data:"
    policy = (
        f"sandbox {SANDBOX}; default-src 'none'; img-src {pictures}; style-src 'sha256-{_STYLE_HASH}'; "
        "form-action 'none'; base-uri 'none'; frame-ancestors 'self'"
    )
    # A sandboxed page with an opener policy of its own is refused by browsers when it is opened in a tab.
    return {"Content-Security-Policy": policy, "Cross-Origin-Opener-Policy": "unsafe-none", "X-DNS-Prefetch-Control": "off"}


def text_document(text: str) -> str:
    """The plain text of a mail whose HTML cannot be shown."""
    return document(f"<pre>{entities.escape(text)}</pre>")
