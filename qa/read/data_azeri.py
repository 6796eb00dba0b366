"""Turns a Turkish question into one that is nearly Azerbaijani: there are none to train on.

The two languages share grammar and half of their words; what differs in a question is regular: a
few dozen function words, question words and verbs, and the spelling of sounds (e and ə, k and q,
h and x). What comes out has mistakes; it is read, never shown. Names keep their stems and lose
the apostrophe that Azerbaijani does not write.

This module must not know examples, tokens or the reader.
"""

from __future__ import annotations

import re

__all__ = ["azeri"]

_WORD = re.compile(r"[^\W\d_]+|[^\w]+|\w+")
_PHRASES = (
    ("ne zaman", "nə vaxt"),
    ("ne kadar", "nə qədər"),
    ("kaç tane", "neçə"),
    ("ne için", "nə üçün"),
    ("nasıl bir", "necə bir"),
    ("doğduğu yer", "doğulduğu yer"),
    ("yer almaktadır", "yer alır"),
)
_WORDS = {
    "ne": "nə", "nedir": "nədir", "neyi": "nəyi", "neye": "nəyə", "neyle": "nə ilə",
    "neydi": "nə idi", "nelerdir": "nələrdir", "neler": "nələr", "neden": "niyə",
    "nedeni": "səbəbi", "nedeniyle": "səbəbi ilə", "niçin": "niyə", "niye": "niyə",
    "nerede": "harada", "nereye": "hara", "nereden": "haradan", "neresi": "hara",
    "neresidir": "haradır", "nerededir": "haradadır", "nerelidir": "haralıdır",
    "neresinde": "harasında", "nasıl": "necə", "nasıldır": "necədir", "kaç": "neçə",
    "kaçtır": "neçədir", "kaçıncı": "neçənci", "kaçta": "neçədə", "hangi": "hansı",
    "hangisi": "hansı", "hangisidir": "hansıdır", "hangileri": "hansılar",
    "hangileridir": "hansılardır", "hangisinde": "hansında", "kim": "kim", "kimdir": "kimdir",
    "kime": "kimə", "kimi": "kimi", "kimin": "kimin", "kimle": "kiminlə", "kimler": "kimlər",
    "kimden": "kimdən", "mi": "mi", "için": "üçün", "ile": "ilə", "ve": "və", "veya": "və ya",
    "ya": "ya", "değil": "deyil", "göre": "görə", "sonra": "sonra", "önce": "əvvəl",
    "kadar": "qədər", "tarafından": "tərəfindən", "hakkında": "haqqında", "gibi": "kimi",
    "ise": "isə", "daha": "daha", "çok": "çox", "en": "ən", "az": "az", "yeni": "yeni",
    "yıl": "il", "yılı": "ili", "yılda": "ildə", "yılında": "ilində", "yılları": "illəri",
    "yıllarında": "illərində", "yıllık": "illik", "yüzyıl": "əsr", "yüzyılda": "əsrdə",
    "tarih": "tarix", "tarihi": "tarixi", "tarihte": "tarixdə", "tarihinde": "tarixində",
    "ay": "ay", "gün": "gün", "günü": "günü", "şehir": "şəhər", "şehri": "şəhəri",
    "şehirde": "şəhərdə", "şehrinde": "şəhərində", "ülke": "ölkə", "ülkesi": "ölkəsi",
    "ülkede": "ölkədə", "ülkenin": "ölkənin", "ülkeler": "ölkələr", "kişi": "nəfər",
    "devlet": "dövlət", "devleti": "dövləti", "devletinin": "dövlətinin", "adı": "adı",
    "isim": "ad", "ismi": "adı", "isimli": "adlı", "adlı": "adlı", "başkanı": "başçısı",
    "başkan": "sədr", "bakanı": "naziri", "bakan": "nazir", "bakanlığı": "nazirliyi",
    "toplantı": "görüş", "toplantısı": "görüşü", "savaş": "müharibə", "savaşı": "müharibəsi",
    "savaşında": "müharibəsində", "barış": "sülh", "ordu": "ordu", "okul": "məktəb",
    "okulu": "məktəbi", "okula": "məktəbə", "eser": "əsər", "eseri": "əsəri",
    "eserinde": "əsərində", "eserleri": "əsərləri", "kitap": "kitab", "kitabı": "kitabı",
    "yazar": "yazıçı", "baba": "ata", "babası": "atası", "anne": "ana", "annesi": "anası",
    "çocuk": "uşaq", "kız": "qız", "kızı": "qızı", "oğul": "oğul", "karısı": "arvadı",
    "eşi": "həyat yoldaşı", "kurucusu": "qurucusu", "kuruldu": "quruldu",
    "kurulmuştur": "qurulmuşdur", "hükümdarı": "hökmdarı", "padişah": "padşah",
    "var": "var", "vardır": "vardır", "yok": "yox", "oldu": "oldu", "olmuştur": "olmuşdur",
    "yaptı": "etdi", "yapmıştır": "etmişdir", "yapıldı": "edildi", "yapılmıştır": "edilmişdir",
    "yapılan": "edilən", "yapan": "edən", "yaptığı": "etdiyi", "etmiştir": "etmişdir",
    "etti": "etdi", "eden": "edən", "edilmiştir": "edilmişdir", "edilen": "edilən",
    "aldı": "aldı", "almıştır": "almışdır", "verdi": "verdi", "vermiştir": "vermişdir",
    "verilen": "verilən", "doğdu": "anadan olub", "doğmuştur": "anadan olmuşdur",
    "öldü": "vəfat edib", "ölmüştür": "vəfat etmişdir", "ölümü": "ölümü",
    "gitti": "getdi", "gitmiştir": "getmişdir", "geldi": "gəldi", "gelmiştir": "gəlmişdir",
    "çalışmıştır": "işləmişdir", "çalıştı": "işlədi", "yaşamıştır": "yaşamışdır",
    "söyledi": "dedi", "denir": "deyilir", "denilen": "deyilən", "adlandırılır": "adlandırılır",
    "bulunmaktadır": "yerləşir", "bulunur": "yerləşir", "bulmuştur": "tapmışdır",
    "keşfetmiştir": "kəşf etmişdir", "iki": "iki", "üç": "üç", "dört": "dörd", "beş": "beş",
    "altı": "altı", "yedi": "yeddi", "sekiz": "səkkiz", "dokuz": "doqquz", "on": "on",
    "büyük": "böyük", "küçük": "kiçik", "ilk": "ilk", "birinci": "birinci", "olan": "olan",
    "bağlı": "bağlı", "aynı": "eyni", "başka": "başqa", "bütün": "bütün", "yer": "yer",
    "yeri": "yeri", "yerde": "yerdə", "para": "pul", "su": "su", "dil": "dil", "türk": "türk",
    "osmanlı": "osmanlı",
}  # fmt: skip
_CLOSED_E = re.compile(
    r"^(?:et|ed|ver|yer|yeni|yeddi|de[my]|el[mç]|get|ev|eş|beş|gec|bel|hey|sev|enerji|texn)"
)
_ENDINGS = (
    (re.compile(r"([ıiuü])yor"), r"\1r"),
    (re.compile(r"m([ıiuü])ş([td])([ıiuü])r"), r"m\1şd\3r"),
    (re.compile(r"tır$"), "dır"),
    (re.compile(r"tir$"), "dir"),
    (re.compile(r"([aıou])k$"), r"\1q"),
    (re.compile(r"([aıou])kt"), r"\1qd"),
    (re.compile(r"([aıou])k(?=l)"), r"\1q"),
    (re.compile(r"([əeiöü])ğ"), r"\1y"),
    (re.compile(r"^k(?=[aıou])"), "q"),
    (re.compile(r"^yılı(?=n|m)"), "ili"),
    (re.compile(r"^yıl(?:l?ar)?(?=d|ı|$)"), "il"),
    (re.compile(r"^yüz"), "üz"),
    (re.compile(r"^h(?=a[bnt])"), "x"),
)
_APOSTROPHES = frozenset("'’")


def azeri(question: str) -> str:
    """The question in a spelling and wording near to Azerbaijani; names keep their stems."""
    text = question
    for turkish, own in _PHRASES:
        text = re.sub(rf"\b{turkish}\b", own, text, flags=re.IGNORECASE)
    parts = _WORD.findall(text)
    joined: list[str] = []
    for place, part in enumerate(parts):
        if part in _APOSTROPHES and 0 < place < len(parts) - 1:
            continue
        suffix = place > 0 and parts[place - 1] in _APOSTROPHES
        joined.append(_spelt(part) if suffix else _word(part, first=place == 0))
    return "".join(joined)


def _word(word: str, *, first: bool) -> str:
    lower = word.replace("İ", "i").replace("I", "ı").lower()
    known = _WORDS.get(lower)
    if known is not None:
        return known[0].upper().replace("I", "İ") + known[1:] if first and word != lower else known
    return _spelt(word) if word == lower else word


def _spelt(word: str) -> str:
    """The sounds of a word in Azerbaijani spelling."""
    if not word.isalpha():
        return word
    closed = _CLOSED_E.match(word)
    made = word if closed is None else word[closed.end() :]
    made = (closed.group() if closed is not None else "") + made.replace("e", "ə")
    for pattern, own in _ENDINGS:
        made = pattern.sub(own, made)
    return made
