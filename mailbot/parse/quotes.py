"""How mail programs mark what they quote, in the clients' languages: lines that begin a quote, signatures, legal footers.

Every pattern looks at one line of at most 400 characters (or a few joined ones) and has no nested repetition.
"""

from __future__ import annotations

import re

_WROTE = (
    r"wrote|writes|schrieb|geschrieben|schreef|geschreven|a écrit|écrit|ha scritto|scritto|escribi[oó]|escribió lo siguiente|"
    r"escreveu|skrev|skreiv|kirjoitti|napisała?|napisał\(a\)|pisze|napsala?|написала?|написал\(а\)|пишет|пише|"
    r"написав|написала|yazdı|"
    r"írta|a scris|写道|のメール|작성"
)
_DATE = (
    r"(?:\d{1,4}[./-]\d{1,2}[./-]\d{1,4}|\d{1,2}[:.h]\d{2}\b|\b(?:19|20)\d\d\b|\d{4}年"
    r"|\b\d{1,2}\.? (?:jan|feb|m[aä]r|apr|ma[ijy]|jun|jul|aug|sep|o[ck]t|nov|de[csz])\w*)"
)
DATE = re.compile(_DATE, re.I)
WROTE_END = re.compile(rf"(?:\b(?:{_WROTE})|写道|のメール)[^\w\n]{{0,6}}(?:\w+ \w+)?[:：]?[\s*_>]*$", re.I)
WROTE_COLON = re.compile(rf"(?:\b(?:{_WROTE})\b.{{0,60}}|写道|のメール.{{0,20}})[:：][\s*_>]*$", re.I)
ADDRESS_END = re.compile(r"<?(?:mailto:)?[\w.+-]{1,64}@[\w.-]{1,120}>?[\])>]*[^\w\n]{0,3}$")
ADDRESS = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}\.[\w.-]{1,100}")
WROTE_START = re.compile(
    r"^[\s>*_]*(?:on|am|le|il|el|em|op|den|dne|w dniu|dnia|в|el día|no dia|no|på|kl|ke|ti|pe|la|su|ma|to|at|\d|"
    r"(?:mon|tue|wed|thu|fri|sat|sun)\w*)\b",
    re.I,
)
QUOTED = re.compile(r"^\s{0,3}(?:>|&gt;|[A-Z]{1,3}>(?:\s|$))")
BAR_QUOTED = re.compile(r"^\s{0,2}\|")

_LABEL_FROM = r"from|von|de|da|van|fra|från|od|от|від|lähettäjä|kimden|feladó|发件人|寄件者|差出人|보낸 사람|expéditeur|afzender"
_LABEL_REST = (
    r"sent|to|date|subject|cc|bcc|reply-to|importance|attachments|gesendet|an|datum|betreff|kopie|envoyé|envoyee|à|objet|para|"
    r"enviado|enviado el|enviada|enviada em|fecha|asunto|assunto|data|inviato|oggetto|a|verzonden|aan|onderwerp|sendt|til|emne|"
    r"skickat|till|ämne|dato|kopia|kopi|wysłano|wysłane|do|dw|temat|отправлено|кому|тема|дата|копия|надіслано|"
    r"копія|lähetetty|vastaanottaja|"
    r"aihe|päiväys|kime|konu|gönderme|发送时间|收件人|主题|抄送|日期|日時|宛先|件名|date d'envoi|destinataire"
)
HEADER_FROM = re.compile(rf"^[\s>*_|]*(?:{_LABEL_FROM})[\s*_]*[:：]", re.I)
HEADER_LINE = re.compile(rf"^[\s>*_|]*(?:{_LABEL_FROM}|{_LABEL_REST})[\s*_]*[:：]", re.I)
HEADER_OTHER_FIRST = re.compile(r"^[\s>*_|]*(?:date|datum|fecha|data|dato|дата|subject|betreff|objet|sent|to|an|för)[\s*_]*[:：]", re.I)
RULE = re.compile(r"^\s*[-_*=]{3,}\s*$")

_FORWARDED = (
    r"forwarded message|forwarded by|weitergeleitete nachricht|message transf[ée]r[ée]|messaggio inoltrato|mensaje reenviado|"
    r"mensagem encaminhada|doorgestuurd bericht|videresendt melding|videresendt besked|videresendt meddelelse|"
    r"vidarebefordrat meddelande|"
    r"vidarebefordrat brev|wiadomość przekazana|treść przekazanej wiadomości|пересланное сообщение|"
    r"пересылаемое сообщение|переслане повідомлення|"
    r"转发的邮件|välitetty viesti|edelleenlähetetty viesti|message réexpédié"
)
_ORIGINAL = (
    r"original message|original appointment|original e?-?mail|reply message|ursprüngliche nachricht|"
    r"ursprungliche nachricht|original-?nachricht|"
    r"ursprüngliche mail|message d.origine|message original|messaggio originale|mensaje original|"
    r"mensagem original|oorspronkelijk bericht|"
    r"opprinnelig melding|oprindelig meddelelse|original meddelelse|ursprungligt meddelande|originalmeddelande|"
    r"wiadomość oryginalna|"
    r"oryginalna wiadomość|исходное сообщение|оригинальное сообщение|"
    r"вихідне повідомлення|原始邮件|邮件原件|alkuperäinen viesti|元のメッセージ"
)
FORWARDED = re.compile(
    rf"^[\s>]*(?:[-_*=]{{2,}}\s*(?:{_FORWARDED})\b|begin forwarded message\s*:|"
    rf"anfang der weitergeleiteten (?:nachricht|e-?mail)|"
    rf"début du message (?:réexpédié|transféré)|inizio messaggio inoltrato|inicio del mensaje reenviado|"
    rf"início da mensagem encaminhada|"
    rf"begin doorgestuurd bericht|vidarebefordrat brev|start på videresendt|początek przekazywanej|начало переадресованного)",
    re.I,
)
ORIGINAL = re.compile(rf"^[\s>]*[-_*=]{{2,}}\s*(?:{_ORIGINAL})\b", re.I)
FORWARD_SUBJECT = re.compile(r"^\s*(?:re:\s*)?(?:fwd?|wg|tr|rv|enc|doorst|fs|vs|vb|vl|i|pd|転送|转发)\s*[:：]", re.I)

DELIMITER = re.compile(r"^\s*(?:--|–|—)\s?$")
LINE_DELIMITER = re.compile(r"^\s*(?:_{3,}|-{4,}|={4,}|\*{4,})\s*$")
_DEVICE = (
    r"iphone|ipad|ipod|android\w*|samsung|galaxy|htc|huawei|blackberry|mobile|mobil\w*|handy|smartphone|phone|"
    r"téléphone|telefon\w*|portable|"
    r"windows|outlook|airmail|mailbox|yahoo|gmail|gmx|web\.de|proton\w*|mail|xperia|nokia|lumia|pixel|oneplus|"
    r"xiaomi|tablet|cell|mac"
)
DEVICE = re.compile(rf"\b(?:{_DEVICE})|\bsent from my\b", re.I)
MOBILE = re.compile(
    rf"^[\s<(*_]*(?:sent (?:from|via|with|by|on|using) (?:.{{0,60}}\b(?:{_DEVICE})\b.{{0,80}}|my .{{1,70}})"
    rf"|get \[?outlook for .{{0,60}}|(?:\w+ )?from (?:my )?(?:mobile|iphone|ipad|android|phone)\b.{{0,20}}"
    rf"|(?:von meinem|von meiner|gesendet (?:von|mit|über)|diese nachricht wurde von) .{{0,90}}"
    rf"|(?:envoyé|envoyée) (?:de|depuis|à partir|avec|via) .{{0,90}}|télécharger outlook .{{0,40}}|obtenez outlook .{{0,40}}"
    rf"|enviado (?:desde|do|da|de|a partir|por) .{{0,60}}\b(?:{_DEVICE})\b.{{0,60}}|obtener outlook .{{0,40}}"
    rf"|inviato (?:da|dal|con|tramite) .{{0,60}}\b(?:{_DEVICE})\b.{{0,60}}"
    rf"|(?:verzonden|verstuurd) (?:vanaf|met|via|vanuit) .{{0,90}}|(?:sendt|sent) (?:fra|med|via) .{{0,60}}|"
    rf"skickat från .{{0,60}}|skickades från .{{0,60}}"
    rf"|wysłan[eoy] z .{{0,60}}|отправлено (?:с|из|от) .{{0,60}}|надіслано (?:з|із) .{{0,60}}|"
    rf"lähetetty .{{0,60}}|发自我的.{{0,40}}|發自我的.{{0,40}}|從我的.{{0,30}}傳送|iPhoneから送信)"
    rf"(?:https?://\S{{0,200}})?[\s>)*_.]*$",
    re.I,
)
CLOSING = re.compile(
    r"^\s*(?:(?:mit |with |many |viele |liebe |beste |best |kind |kindest |warm |warmest |freundliche |schöne |"
    r"med |med venlig |vänliga |bästa )*"
    r"(?:regards|wishes|gr(?:ü|ue)(?:ß|ss)en?|freundlichen gr(?:ü|ue)(?:ß|ss)en|besten gr(?:ü|ue)(?:ß|ss)en|"
    r"hälsning(?:ar)?|vänlig hälsning|hilsen|hilsner)"
    r"|mfg|lg|vg|mvh|best|cheers|thanks|many thanks|thank you|sincerely|yours(?: sincerely| truly|"
    r" faithfully)?|cordialement|bien à vous|"
    r"bien cordialement|salutations|saludos?(?: cordiales)?|un saludo|atentamente|cordiali saluti|"
    r"distinti saluti|un saluto|atenciosamente|"
    r"cumprimentos|abraços|met vriendelijke groet(?:en)?|vriendelijke groet(?:en)?|groet(?:en|jes)?|pozdrawiam|z poważaniem|"
    r"ystävällisin terveisin|terveisin|с уважением|з повагою)\b[\s,.!]*(?:[^\W\d_][\w.’\x27-]*[\s,]*){0,3}$",
    re.I,
)
CONTACT = re.compile(
    r"https?://|www\.\S|\b[\w.+-]+@[\w-]+\.\w|(?:\+|\b00|\(0)\d[\d\s()./-]{6,}|\b(?:tel|phone|mobile?|cell|fax|"
    r"mob|gsm|tlf|puh|тел)\b\.?\s?:?\s?[\d+(]",
    re.I,
)
LEGAL = re.compile(
    r"(?:this|the) (?:e-?mail|message|communication|transmission)\b.{0,120}\b(?:confidential|privileged|"
    r"intended (?:solely|only|for)|proprietary)|"
    r"\bintended recipient|confidentiality notice|if you (?:have received|received|are not).{0,60}(?:in error|"
    r"by mistake|recipient)|"
    r"consider the environment before|virus-free\.|scanned (?:by|for) .{0,40}virus|checked by avg|"
    r"this email has been (?:checked|scanned)|"
    r"registered in (?:england|scotland|ireland|wales)|company (?:no|number|registration)\b|"
    r"diese (?:e-?mail|nachricht) .{0,80}(?:vertraulich|rechtlich geschützt)|(?:handelsregister|amtsgericht|hrb)\b.{0,60}\d|"
    r"(?:ce (?:message|courriel|mail)|cet e-?mail) .{0,120}confidentiel|(?:este|esta) (?:mensaje|mensagem|"
    r"correo|e-?mail) .{0,120}(?:confidencial|destinatari)|"
    r"(?:questo messaggio|la presente (?:e-?mail|comunicazione)) .{0,120}(?:riservat|confidenzial)|"
    r"dit (?:bericht|e-?mail(?:bericht)?) .{0,120}vertrouwelijk|"
    r"(?:denne|dette|detta|den här) .{0,60}(?:konfidensiel|fortrolig|konfidentiell)|niniejsza wiadomość .{0,80}poufn|"
    r"(?:данное|это) (?:сообщение|письмо) .{0,80}конфиденц",
    re.I,
)
BANNER = re.compile(
    r"^\W{0,6}(?:caution|warning|external(?: e?-?mail| sender)?|attention|achtung|extern(?:e e-?mail)?)\b.{0,120}"
    r"(?:originated (?:from )?outside|from (?:an )?external sender|outside (?:of )?(?:the|your|our) (?:organi[sz]ation|company)|"
    r"do(?: not|n.t) click|außerhalb (?:der|ihrer|unserer) (?:organisation|firma))|"
    r"^\W{0,4}you don.t often get (?:e-?mail|email) from|^\W{0,3}\[?external(?: e?-?mail)?\]?\W{0,3}$",
    re.I,
)
NAMES_WORK = re.compile(
    r"(?i)\b(?:image|img|photo|pic|picture|order|bild|bilder|foto|auftrag|ordre|orden|pedido)\w{0,2}\s*(?:no\.?|nr\.?)?\s*#?\d"
)
SENTENCE_END = re.compile(r"[.!?…]['\")]?\s*$")
