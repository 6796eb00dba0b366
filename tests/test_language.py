"""The language of a text."""

from __future__ import annotations

import time

import pytest

from embeddings.text import (
    detect_language,
)

LANGUAGES = """
en|Who met with the OSCE Secretary General?
en|Who?
en|Who is Əliyev?
en|Who met Ceyhun Bayramov in Ağdam?
en|When did Əliyev visit Şuşa?
en|COP29 chairmanship of Azerbaijan
en|minister of foreign affairs
en|Kairat Sarybay congratulated Azerbaijan
ru|Кто?
ru|Президент Азербайджана
ru|Кайрат Сарыбай
ru|С кем встретился Джейхун Байрамов?
ru|Министр
ru|Что сказал Çavuşoğlu?
az|Əliyev kim?
az|Əliyev hardadır?
az|Seferin meqsedi ne idi?
az|Neft qiymeti ne qederdir?
az|bes kim?
az|Xarici işlər naziri kimlə görüşüb?
az|Nazir ne dedi?
az|SOCAR neçə ton neft ixrac edib?
az|Bayramov kiminlə görüşüb
az|Bakıda iclas keçirilib
az|ATƏT baş katibi kimdir
az|Azerbaycanin xarici isler naziri Ceyhun Bayramov bu gun Bakida gorus kecirib
az|Prezident Ilham Eliyev kiminle gorusdu
az|Bayramov hansi olkenin naziri ile gorusub?
az|COP29 harada kecirilecek?
az|Azerbaycan neft qiymetleri
az|Toplantiya kim sedrlik edib?
az|Qarabag haqqinda son xeberler
az|kim gelib?
az|Bu gun Bakida ne bas verib
tr|Dışişleri Bakanı kiminle görüştü?
tr|Toplantı ne zaman yapıldı?
tr|Bakanlık ne dedi?
tr|Ceyhun Bayramov hangi ülkenin bakanı?
tr|deprem kaç kişinin ölümüne yol açtı
tr|Merkez Bankası faiz kararını açıkladı
tr|İstanbul'da düzenlenen toplantı
tr|Cumhurbaskani Ilham Aliyev kiminle gorustu
tr|Toplantiya kim baskanlik etti?
tr|Azerbaycan Disisleri Bakani ne soyledi
tr|COP29 nerede yapilacak?
tr|Bayramov kiminle gorustu
uk|Президент України зустрівся з міністром
kk|Қазақстан президенті Қасым-Жомарт Тоқаев
de|Wer hat sich mit dem Außenminister getroffen?
es|¿Quién se reunió con el ministro de Asuntos Exteriores?
fr|Le ministre des affaires étrangères a rencontré son homologue
ro|Cine s-a întâlnit cu ministrul de externe?
el|Ποιος συναντήθηκε με τον υπουργό;
ar|من التقى وزير الخارجية؟
he|מי נפגש עם שר החוץ
ka|ვინ შეხვდა მინისტრს
zh|谁会见了外交部长
ja|外務大臣は誰と会いましたか
ko|외무장관은 누구를 만났습니까
und|12.04.2024
und|👍
und|!!!
""".strip().splitlines()


@pytest.mark.parametrize("case", LANGUAGES)
def test_language(case: str) -> None:
    code, text = case.split("|", 1)
    assert detect_language(text) == code


def test_mixed_text_is_what_most_of_it_is() -> None:
    english = "The minister said that the talks would go on and that there is hope. "
    russian = "Министр сказал, что переговоры будут продолжены и что надежда есть. "
    assert detect_language(english * 5 + russian) == "en"
    assert detect_language(russian * 5 + english) == "ru"


def test_what_cannot_be_told_is_the_default() -> None:
    assert detect_language("2024", default="ru") == "ru"


def test_a_long_text_is_sampled() -> None:
    began = time.process_time()
    assert detect_language("Министр сказал, что это так. " * 1_000_000) == "ru"
    assert time.process_time() - began < 5
