"""HTML that attacks whoever shows it: our own vectors, by class. Each says what it does in a plain browser page without any defence.

`RUN` is script that tells the probe that it ran; `URL` an address of the canary; both carry the vector's number, so that every
sign can be traced. "runs": a script ran. "asks": a request left. "still": neither, in today's Chromium; kept for other readers.
`click` names an element that a person would press.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Does = Literal["runs", "asks", "still"]


@dataclass(frozen=True, slots=True)
class Vector:
    number: int
    group: str
    html: str
    does: Does
    click: str = ""

    def filled(self, canary: str) -> str:
        """With the canary's address (`127.0.0.1:1234`) put in."""
        run = f"console.log(/ran{self.number}/)"
        host = canary.rpartition("//")[2]
        return self.html.replace("RUN", run).replace("URL", f"http://{host}/v{self.number}").replace("HOST", f"{host}/v{self.number}")


_SVG_IMAGE = "data:image/svg+xml,&lt;svg xmlns='http://www.w3.org/2000/svg' onload='RUN'/&gt;"
_ROWS: list[tuple[str, str, Does] | tuple[str, str, Does, str]] = [
    ("script", "<script>RUN</script>", "runs"),
    ("script", "<SCRIPT SRC=URL.js></SCRIPT>", "asks"),
    ("script", "<scr<script>ipt>RUN</scr</script>ipt>", "still"),
    ("script", "<script type=module>RUN</script>", "runs"),
    ("script", "<script/x>RUN</script >", "runs"),
    ("script", "<script\f>RUN</script>", "runs"),
    ("script", "<script src=data:text/javascript,RUN></script>", "runs"),
    ("script", '<noscript><p title="</noscript><img src=x onerror=RUN>">', "runs"),
    ("script", "<textarea></textarea ><script>RUN</script>", "runs"),
    ("script", "<!--><script>RUN</script>-->", "runs"),
    ("script", "<!--[if gte mso 9]><script>RUN</script><![endif]-->", "still"),
    ("script", "<![CDATA[<script>RUN</script>]]>", "still"),
    ("script", '<xmp><p title="</xmp><img src=x onerror=RUN>">', "runs"),
    ("script", "<noembed><noembed></noembed><script>RUN</script>", "runs"),
    ("event", "<img src=x onerror=RUN>", "runs"),
    ("event", '<img/src="x"/onerror=RUN>', "runs"),
    ("event", "<img src=x OnErRoR \n=\tRUN>", "runs"),
    ("event", '<img src=x title=">" onerror=RUN>', "runs"),
    ("event", "<img src=x onerror&#61;RUN onerror=RUN>", "runs"),
    ("event", "<body onload=RUN>", "runs"),
    ("event", "<details open ontoggle=RUN>x</details>", "runs"),
    ("event", "<video src=x onerror=RUN></video>", "runs"),
    ("event", "<audio src=x onerror=RUN></audio>", "runs"),
    ("event", "<video><source onerror=RUN></video>", "runs"),
    ("event", "<style onload=RUN>p{color:red}</style>", "runs"),
    ("event", "<style>@keyframes k{}</style><p style='animation:k 1s' onanimationstart=RUN>x", "runs"),
    ("event", "<marquee onstart=RUN>x</marquee>", "still"),
    ("event", "<object data=data:text/html,x onload=RUN></object>", "runs"),
    ("event", "<iframe onload=RUN></iframe>", "runs"),
    ("event", "<a href='#' onclick=RUN>x</a>", "runs", "a"),
    ("event", "<p onclick=RUN>x</p>", "runs", "p"),
    ("scheme", "<a href=javascript:RUN>x</a>", "runs", "a"),
    ("scheme", "<a href='JaVaScRiPt:RUN'>x</a>", "runs", "a"),
    ("scheme", "<a href='java&#10;script:RUN'>x</a>", "runs", "a"),
    ("scheme", "<a href='java&Tab;script:RUN'>x</a>", "runs", "a"),
    ("scheme", "<a href='&#106;avascript&colon;RUN'>x</a>", "runs", "a"),
    ("scheme", "<a href='javascript&#x3A;RUN'>x</a>", "runs", "a"),
    ("scheme", "<a href=' &#14; javascript:RUN'>x</a>", "runs", "a"),
    ("scheme", "<a href='\u2028javascript:RUN'>x</a>", "still"),
    ("scheme", "<a href='&nbsp;javascript:RUN'>x</a>", "still"),
    ("scheme", "<a href='vbscript:RUN'>x</a>", "still", "a"),
    ("scheme", "<a href='data:text/html,&lt;script&gt;RUN&lt;/script&gt;'>x</a>", "runs", "a"),
    ("scheme", "<a href='#' ping=URL>x</a>", "asks", "a"),
    ("scheme", "<form action=javascript:RUN><button>x</button></form>", "runs", "button"),
    ("scheme", "<form><button formaction=javascript:RUN>x</button></form>", "runs", "button"),
    ("scheme", "<iframe src=javascript:RUN></iframe>", "runs"),
    ("scheme", "<object data=javascript:RUN></object>", "still"),
    ("scheme", "<embed src=javascript:RUN>", "still"),
    ("scheme", "<svg><a xlink:href=javascript:RUN><text y=20>x</text></a></svg>", "runs", "text"),
    ("scheme", f'<img src="{_SVG_IMAGE}">', "still"),
    ("scheme", f'<embed src="{_SVG_IMAGE}">', "runs"),
    ("svg", "<svg onload=RUN></svg>", "runs"),
    ("svg", "<svg><script>RUN</script></svg>", "runs"),
    ("svg", "<svg><style><img src=x onerror=RUN></style></svg>", "runs"),
    ("svg", "<svg><animate onbegin=RUN attributeName=x dur=1s></svg>", "runs"),
    ("svg", "<svg><image href=URL.png /></svg>", "asks"),
    ("svg", "<svg><foreignObject><iframe srcdoc='<script>RUN</script>'></iframe></foreignObject></svg>", "runs"),
    ("svg", "<svg><a><set attributeName=href to='javascript:RUN'/><text y=20>x</text></a></svg>", "runs", "text"),
    ("svg", f'<svg><use href="{_SVG_IMAGE}#x"/></svg>', "still"),
    ("mxss", '<svg></p><style><a id="</style><img src=1 onerror=RUN>">', "runs"),
    ("mxss", "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=RUN&gt;'>", "still"),
    ("mxss", "<form><math><mtext></form><form><mglyph><style></math><img src onerror=RUN>", "still"),
    ("mxss", "<math><annotation-xml encoding='text/html'><style><img src=x onerror=RUN></style></math>", "still"),
    ("mxss", "<div><template shadowrootmode=open><img src=x onerror=RUN></template></div>", "runs"),
    ("mxss", "<template><script>RUN</script></template>", "still"),
    ("mxss", "<table><td><svg><title><img src=x onerror=RUN></title></svg>", "runs"),
    ("mxss", "<p id='\"><img src=x onerror=RUN>'>x", "still"),
    ("mxss", "<listing>&lt;img src=1 onerror=RUN&gt;</listing>", "still"),
    ("style", "<style>@import url(URL.css);</style>", "asks"),
    ("style", "<style>body{background:url(URL.png)}</style>", "asks"),
    ("style", "<style>p::before{content:url(URL.png)}</style><p>x", "asks"),
    ("style", "<style>@font-face{font-family:f;src:url(URL.woff)}p{font-family:f}</style><p>x", "asks"),
    ("style", "<p style='background:url(URL.png)'>x", "asks"),
    ("style", "<p style=\"background-image:image-set('URL.png' 1x)\">x", "asks"),
    ("style", "<p style='b&#97;ckground:u\\72l(URL.png)'>x", "asks"),
    ("style", "<ul style='list-style:url(URL.png)'><li>x</ul>", "asks"),
    ("style", "<link rel=stylesheet href=URL.css>", "asks"),
    ("style", "<p style='width:expression(RUN)'>x", "still"),
    ("style", "<p style='position:fixed;inset:0;background:#fff'>Your session is over. Sign in:</p>", "still"),
    ("meta", "<meta http-equiv=refresh content='0;url=URL'>", "asks"),
    ("meta", "<meta http-equiv=refresh content='0;url=javascript:RUN'>", "still"),
    ("meta", "<meta http-equiv=Content-Security-Policy content='script-src *'><img src=URL.png>", "asks"),
    ("meta", "<base href=URL/><img src=a.png>", "asks"),
    ("meta", "<link rel=prefetch href=URL>", "asks"),
    ("meta", "<link rel=preload as=image href=URL.png>", "asks"),
    ("meta", "<link rel=modulepreload href=URL.js>", "asks"),
    ("meta", "<link rel=icon href=URL.ico>", "still"),
    ("form", "<form action=URL><input name=p value=1><button>x</button></form>", "asks", "button"),
    ("form", "<form id=f action=URL method=post></form><button form=f>x</button>", "asks", "button"),
    ("form", "<form><input type=submit formaction=URL></form>", "asks", "input"),
    ("form", "<input type=image src=URL.png>", "asks"),
    ("form", "<form name=body><input name=cookie></form><a id=location name=href>x</a>", "still"),
    ("frame", "<iframe src=URL></iframe>", "asks"),
    ("frame", "<iframe srcdoc='<script>RUN</script>'></iframe>", "runs"),
    ("frame", "<iframe srcdoc='<img src=URL.png>' sandbox></iframe>", "asks"),
    ("frame", "<object data=URL.pdf></object>", "asks"),
    ("frame", "<embed src=URL.swf>", "still"),
    ("frame", "<frameset><frame src=URL></frameset>", "still"),
    ("media", "<video src=URL.mp4></video>", "asks"),
    ("media", "<video poster=URL.png></video>", "asks"),
    ("media", "<audio autoplay src=URL.mp3></audio>", "asks"),
    ("media", "<video><track default kind=captions src=URL.vtt></video>", "asks"),
    ("image", "<img src=URL.png>", "asks"),
    ("image", "<image src=URL.png>", "asks"),
    ("image", "<img src=//HOST.png>", "asks"),
    ("image", "<img src='\\\\HOST.png'>", "asks"),
    ("image", "<img src='http:HOST.png'>", "asks"),
    ("image", "<img srcset='URL.png 1x'>", "asks"),
    ("image", "<picture><source srcset='URL.png'><img></picture>", "asks"),
    ("image", "<table background=URL.png><tr><td>x</table>", "asks"),
    ("image", "<table><tr><td background=URL.png>x</table>", "asks"),
    ("image", "<body background=URL.png>", "asks"),
    ("image", "<img lowsrc=URL.png dynsrc=URL.avi longdesc=URL>", "still"),
    ("image", "<img src=URL.gif width=1 height=1>", "asks"),
    ("image", "<img src=/own/HOST>", "asks"),
    ("image", "<img src='ht&#10;tp://HOST.png'>", "asks"),
    ("cid", "<img src='cid:../../../admin/people'>", "still"),
    ("cid", "<img src='cid:%2e%2e%2fraw'>", "still"),
    ("cid", "<img src='cid:x&quot; onerror=&quot;RUN'>", "still"),
    ("cid", "<img src='cid:\0'><img src='CID:x@y'>", "still"),
    ("cid", "<img data-picture=0 data-remote=0 src=URL.png>", "asks"),
    ("cid", '<p>&lt;img data-remote="0" src=x&gt;</p>', "still"),
    ("bomb", "<div>" * 5000 + "<img src=x onerror=RUN>", "runs"),
    ("bomb", "<div/>" * 3000 + "<img src=URL.png>", "asks"),
    ("bomb", "<table><tr><td>" * 1000 + "<img src=x onerror=RUN>", "runs"),
    ("bomb", "".join(f"<font size={n % 7} face=f{n}>" for n in range(400)) + "<p>x" * 400 + "<img src=x onerror=RUN>", "runs"),
    ("bomb", "<img " + " ".join(f"a{n}=1" for n in range(3000)) + " src=x onerror=RUN>", "runs"),
    ("bomb", "&amp;" * 40_000 + "<img src=x onerror=RUN>", "runs"),
    ("bomb", "<a href='https://client.example/" + "a" * 200_000 + "'>x</a><img src=x onerror=RUN>", "runs"),
    ("bomb", "<" * 3000 + "img src=x onerror=RUN>", "runs"),
    ("link", "<a href=https://dropb0x.com/s/1>photos</a>", "still"),
    ("link", "<a href=https://xn--80ak6aa92e.com>photos</a>", "still"),
    ("link", "<a href=https://dropbox.com@evil.example/s/1>photos</a>", "still"),
    ("link", "<a href=https://dropbox.com.evil.example/s/1>photos</a>", "still"),
    ("link", "<a href=https://evil.example/s/1>https://dropbox.com/s/1</a>", "still"),
    ("link", "<a href=https://evil.example/x>\u202egpj.exe</a>", "still"),
]
VECTORS = tuple(Vector(number, *row) for number, row in enumerate(_ROWS))
