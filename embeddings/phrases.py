"""Phrases: what the furniture of news pages is called, in the four languages.

Tables of phrases between bars, for `boilerplate`: a site's habit is one more phrase here and not
one more rule there. They are compared after folding, so case, quotes, dashes and the dots of i do
not matter. This module must not know what is done with a phrase.
"""

from __future__ import annotations

__all__ = [
    "BUTTONS",
    "CHANNELS",
    "COUNTERS",
    "FIELDS",
    "NETWORKS",
    "NOTICES",
    "PLACES",
    "READ_ALSO",
    "SECTIONS",
    "SUBSCRIBE",
]

# Names of sections and pages. A line that holds nothing else, before the article's first
# sentence or after its last, is navigation.
SECTIONS = """
    home|homepage|main page|menu|news|latest news|breaking news|all news|politics|economy
    business|world|society|culture|sport|sports|science|technology|tech|health|opinion|analysis
    incidents|region|regions|video|photo|multimedia|главная|главная страница|меню|новости
    последние новости|все новости|лента новостей|лента|политика|экономика|бизнес|в мире|мир
    общество|культура|спорт|наука|технологии|здоровье|мнения|мнение|аналитика|происшествия
    регион|регионы|видео|фото|мультимедиа|в россии|за рубежом|ana səhifə|əsas səhifə|menyu
    xəbərlər|son xəbərlər|xəbər lenti|bütün xəbərlər|gündəm|siyasət|xarici siyasət
    daxili siyasət|iqtisadiyyat|biznes|dünya|cəmiyyət|mədəniyyət|idman|elm|elm və təhsil
    texnologiya|səhiyyə|sağlamlıq|hadisə|müsahibə|təhlil|bölgə|region xəbərləri|rəsmi xronika
    foto|ana sayfa|anasayfa|menü|haberler|haber|son dakika|son dakika haberleri|tüm haberler
    gündem|güncel|siyaset|politika|ekonomi|spor|kültür|kültür sanat|kültür-sanat|bilim
    bilim teknoloji|bilim-teknoloji|teknoloji|sağlık|yaşam|eğitim|magazin|yazarlar|analiz
    dünya haberleri|ekonomi haberleri|gündem haberleri
"""

# Places name sections too, but they also stand in headlines ("Россия — Турция"): alone on a line
# above a headline or beside the name of a section they are navigation, otherwise not.
PLACES = """
    azerbaijan|turkey|türkiye|russia|europe|asia|middle east|caucasus|south caucasus
    central asia|азербайджан|россия|турция|европа|азия|ближний восток|кавказ|южный кавказ
    центральная азия|армения|грузия|иран|сша|azərbaycan|türkiyə|rusiya|avropa|asiya
    cənubi qafqaz|orta şərq|bakı|баку|москва|avrupa|asya|orta doğu|rusya|azerbaycan|ankara
    istanbul|kafkasya
"""

# Whole lines that are a button, a label or an advert, wherever they stand.
BUTTONS = """
    advertisement|advertising|sponsored|sponsored content|paid content|promoted|ad
    advertisement - continue reading below|advertisement - scroll to continue
    story continues below advertisement|article continues below advertisement
    continue reading below|scroll to continue|скрыть рекламу|реклама|на правах рекламы
    партнерский материал|спецпроект|reklam|reklam alanı|ilan|reklamdan sonra devam ediyor
    haberin devamı|haberin devamı için tıklayın|ardı var|share|share this|share this article
    share on facebook|share on twitter|share on x|share on whatsapp|share on telegram|tweet
    copy link|link copied|print|print this page|e-mail|email|send by email|save|bookmark|listen
    listen to this article|follow us|subscribe|sign up|log in|login|register|comments
    leave a comment|add comment|read more|show more|load more|more|back to top|next|previous
    next article|previous article|поделиться|поделиться в соцсетях|поделиться новостью
    поделитесь|отправить|распечатать|печать|версия для печати|скопировать ссылку
    ссылка скопирована|подписаться|подпишитесь|войти|регистрация|комментарии
    оставить комментарий|добавить комментарий|комментировать|читать далее|читать полностью
    подробнее|показать еще|загрузить еще|наверх|следующая новость|предыдущая новость|слушать
    прослушать|прослушать новость|в избранное|нет комментариев|обсудить|paylaş|paylaşın
    sosial şəbəkələrdə paylaş|facebook-da paylaş|çap et|çap versiyası|linki kopyala|göndər
    abunə ol|abunə olun|daxil ol|qeydiyyat|şərhlər|şərh yaz|rəy yaz|rəylər|ardını oxu
    davamını oxu|daha ətraflı|ətraflı|daha çox|yuxarı|növbəti xəbər|əvvəlki xəbər|dinlə
    xəbəri dinlə|paylaşınız|yazdır|haberi yazdır|bağlantıyı kopyala|abone ol|abone olun|takip et
    giriş yap|üye ol|yorumlar|yorum yap|yorum yaz|devamını oku|devamı|daha fazla|tümünü gör
    yukarı|sonraki haber|önceki haber|haberi dinle|haberi paylaş|a a|a- a+|a+ a-|a a a|aa|şrift
    şriftin ölçüsü|font size|text size|размер шрифта|yazı boyutu|metin boyutu|mətnin ölçüsü
    kaydet|okuma listesine ekle
"""

NETWORKS = """
    facebook|twitter|x|whatsapp|telegram|vk|вконтакте|вк|одноклассники|ok|ок|linkedin|instagram
    youtube|viber|pinterest|reddit|email|e-mail|mail|messenger|threads|tiktok|skype|livejournal
    жж|rss|дзен|яндекс.дзен|яндекс дзен|телеграм|телеграм-канал|вотсап|copy link|print|share
    поделиться|paylaş|tweet|bip|flipboard|tumblr|rutube|max|bluesky|mastodon
"""

# A label that opens a list of other articles' headlines.
READ_ALSO = """
    read also|also read|read more|read next|see also|related|related news|related articles
    related stories|related posts|related topics|related content|more on this|more on this story
    more on this topic|more news|more stories|you may also like|you might also like|recommended
    recommended for you|recommended articles|latest news|latest articles|top stories|most read
    most popular|popular news|trending|trending now|other news|editor's picks|don't miss
    what to read next|in case you missed it|читайте также|читать также|читайте еще
    читайте по теме|читайте на эту тему|читайте далее|читать еще|также читайте|еще по теме
    смотрите также|по теме|материалы по теме|новости по теме|статьи по теме|другие материалы
    другие новости|другие новости по теме|другие статьи|похожие новости|похожие материалы
    похожие статьи|связанные новости|ранее по теме|ранее на эту тему|рекомендуем
    рекомендуем прочитать|рекомендуем почитать|вам может быть интересно|вам может понравиться
    вам будет интересно|интересное по теме|главное за день|главные новости|популярное
    популярные новости|самое читаемое|самое популярное|последние новости|новости партнеров
    новости сми2|еще новости|не пропустите|в продолжение темы|həmçinin oxuyun|həmçinin oxu
    bunu da oxuyun|bunları da oxuyun|bunu da oxu|bunları da oxu|oxşar xəbərlər|oxşar məqalələr
    əlaqəli xəbərlər|mövzu üzrə|mövzu ilə bağlı|mövzuya aid|mövzuya dair|mövzuya uyğun
    mövzu ilə bağlı xəbərlər|digər xəbərlər|başqa xəbərlər|son xəbərlər|ən çox oxunanlar
    ən çox oxunan|çox oxunanlar|populyar xəbərlər|günün xəbərləri|sizin üçün seçdiklərimiz
    maraqlı xəbərlər|bu kateqoriyadan|xəbər lenti|ayrıca okuyun|bunlar da ilginizi çekebilir
    ilginizi çekebilir|ilginizi çekebilecek haberler|ilginizi çekebilecek diğer haberler
    ilgili haberler|ilgili haber|benzer haberler|diğer haberler|son haberler|en çok okunanlar
    en çok okunan|çok okunanlar|çok okunan haberler|bunu da okuyun|bunları da okuyun
    bunlara da göz atın|sıradaki haber|önerilen haberler|editörün seçtikleri
    günün önemli haberleri|öne çıkan haberler|öne çıkanlar|okumaya devam et
    tavsiye edilen haberler
"""

# A line that begins so and names a channel or "us" asks the reader to follow or subscribe.
SUBSCRIBE = """
    подписывайтесь|подпишитесь|подписаться на|присоединяйтесь|следите за|читайте нас
    читайте новости|читайте наши|больше новостей|все новости|самые важные новости
    самое интересное|самое важное|все самое интересное|все самое важное|оперативные новости
    главные новости|будьте в курсе|узнавайте|новости в телеграм|мы в telegram|мы в соцсетях
    мы в дзен|мы вконтакте|наш канал|наш телеграм|ставьте лайк|смотрите нас|смотреть на
    follow us|follow our|follow trend|follow the|subscribe|sign up|join us|join our
    get the latest|get our|get breaking|stay up to date|stay up-to-date|stay tuned|stay informed
    stay connected|download our|like us|find us|for more news|for the latest|never miss
    keep up with|abunə ol|bizi izlə|bizi sosial|bizə abunə|bizə qoşul|kanalımıza|səhifəmizə
    telegram kanalımız|whatsapp kanalımız|youtube kanalımız|ən son xəbərlər|ən maraqlı xəbər
    ən vacib xəbər|xəbərlərimizi|xəbərləri telegram|xəbərləri whatsapp|daha çox xəbər
    xəbərdar ol|facebook səhifəmiz|instagram səhifəmiz|izləyin|qoşulun|bizi google
    bizi instagram|bizi facebook|bizi twitter|bizi telegram|bizi youtube|bizi whatsapp|bizi x
    bizi takip|takip et|takipte kalın|abone ol|kanalımıza abone|telegram kanalımıza
    whatsapp kanalımıza|youtube kanalımıza|bültenimize|bizi sosyal|son dakika haberleri için
    en güncel haber|güncel haberler için|haberlerden anında|haberleri google|haberleri whatsapp
    haberleri telegram|daha fazla haber için|uygulamamızı indir|mobil uygulamamızı
    haber bültenimize
"""

CHANNELS = """
    telegram|телеграм|whatsapp|вотсап|youtube|ютуб|facebook|фейсбук|twitter|твиттер|instagram
    инстаграм|дзен|вконтакте|vk|viber|вайбер|одноклассник|google news|google xəbər|google haber
    google-da|newsletter|рассылк|push|rss|tiktok|linkedin|канал|kanal|channel|соцсет
    социальных сетях|social media|sosial şəbəkə|sosyal medya|bülten|bülletein|on x|mobil tətbiq
    mobil uygulama|мобильн|приложени|app|podcast|подкаст|feed|our|us|нас|bizi|bizə|bize
    səhifəmiz|sayfamız|e-mail|email|inbox
"""

# A line that begins so is a notice of rights, a correction form or the agency's own footer.
NOTICES = """
    ©|(c) 19|(c) 20|copyright ©|copyright (c)|copyright 19|copyright 20|all rights reserved
    legal disclaimer|our standards:|this material may not be published
    content from this site must be|the content of this site|no part of this|reproduction of this
    reproduction of any|for republishing|to request permission|to report an error
    found a mistake|found an error|if you find an error|spotted an error|the views expressed
    views expressed in this article|click here to|все права защищены|при использовании материал
    при перепечатке|при цитировании|использование материалов|перепечатка материалов
    любое использование материалов|полное или частичное использование
    полное или частичное копирование|полное или частичное воспроизведение|нашли ошибку
    нашли опечатку|заметили ошибку|заметили опечатку|если вы нашли ошибку|если вы заметили
    если вы обнаружили|выделите ее и нажмите|сообщить об ошибке|мнение редакции может
    мнение автора может|редакция не несет|заявление об отказе|bütün hüquqlar|bütün hüquqları
    müəllif hüquqları|materiallardan istifadə|xəbərdən istifadə|saytdakı materiallar
    sayt materiallarından|məlumatdan istifadə etdikdə|istifadə edərkən|saytda yerləşdirilən
    mətndə səhv|səhv tapdınız|səhv gördünüz|orfoqrafik səhv|redaksiyanın mövqeyi|tüm hakları
    her hakkı saklıdır|telif hakkı|haber metninde hata|hata bildir|yasal uyarı
    anadolu ajansı web sitesinde|abonelik için lütfen|sitemizde yayınlanan|kaynak gösterilmeden
    bu haberin her türlü|haberin tüm hakları|yazılı izin olmadan
"""

# "Label: value" lines that are the page's furniture. A date or an author is none of these.
FIELDS = """
    tags|tag|keywords|photo|photo credit|image credit|photo by|cover photo|теги|тэги|метки
    ключевые слова|рубрика|рубрики|фото|источник фото|фото из архива|фото с сайта|иллюстрация
    etiketlər|açar sözlər|teqlər|teq|kateqoriya|foto|etiketler|etiket|anahtar kelimeler|fotoğraf
    fotoğraflar|foto kaynağı
"""

# The same where the value must be a number: "Views: 1 204" is furniture, "Comment: ..." is not.
COUNTERS = """
    views|hits|reads|read time|reading time|shares|comments|comment|rating|просмотров|просмотры
    прочитано|прочитали|количество просмотров|комментариев|комментарии|время чтения|рейтинг
    baxış|baxış sayı|baxılıb|baxıldı|oxunub|oxunma|oxunma sayı|oxundu|şərh|şərhlər|rəylər|okunma
    okunma sayısı|görüntülenme|görüntüleme|okuma süresi|yorum|yorumlar
"""
