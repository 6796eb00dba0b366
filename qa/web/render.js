// Turns replies into elements. Every text from an article or the server goes through textContent,
// never through markup, and offsets are code points, which are not JavaScript's UTF-16 units.

export function element(name, className, ...children) {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

/** Index in UTF-16 units of a place given in code points, counted from a known pair. */
export function unitsAt(text, codePoints) {
  let units = 0;
  for (let seen = 0; seen < codePoints && units < text.length; seen += 1) {
    units += text.codePointAt(units) > 0xffff ? 2 : 1;
  }
  return units;
}

/** The sentence with its quote marked. */
export function quoted(citation) {
  const { sentence } = citation;
  const from = unitsAt(sentence.text, citation.start - sentence.start);
  const to = unitsAt(sentence.text, citation.end - sentence.start);
  return element(
    "blockquote",
    "",
    sentence.text.slice(0, from),
    element("mark", "", sentence.text.slice(from, to)),
    sentence.text.slice(to),
  );
}

// Browsers often ship no Azerbaijani calendar; words of our own are used where they are given.
const calendars = {};

export function setCalendars(given) {
  Object.assign(calendars, given);
}

export function day(iso, language) {
  const [year, month, date] = iso.split("-").map(Number);
  const own = calendars[language];
  if (own) return `${date} ${own.months[month - 1]} ${year}`;
  return new Intl.DateTimeFormat(language, { dateStyle: "long", timeZone: "UTC" }).format(
    Date.UTC(year, month - 1, date),
  );
}

const MONTH_DAYS = 30.44;
const YEAR_DAYS = 365.25;

/** "3 years ago", rounded down; null without a date or before its day has come. */
export function age(days, language, today) {
  if (days === null || days === undefined || days < 0) return null;
  if (days === 0) return today;
  const [count, unit] =
    days < 2 * MONTH_DAYS
      ? [days, "day"]
      : days < 2 * YEAR_DAYS
        ? [Math.floor(days / MONTH_DAYS), "month"]
        : [Math.floor(days / YEAR_DAYS), "year"];
  const own = calendars[language];
  if (own) return own[unit].replace("{count}", count);
  return new Intl.RelativeTimeFormat(language, { numeric: "always" }).format(-count, unit);
}

/** "5 articles", by the language's rules for plurals. */
function counted(thing, count, { word, language }) {
  const form = new Intl.PluralRules(language).select(count);
  return word(`count.${thing}.${form === "other" ? "many" : form}`, { count });
}

/** What speaks another language than the page says so, to voices and hyphenation. */
function spoken(made, language) {
  made.lang = language === "und" ? "" : language;
  return made;
}

/** Source, date and age, title: one line. */
export function place(cited, word, language) {
  const line = element("p", "place");
  line.append(element("span", "source", cited.source ?? word("unsourced")));
  const date = cited.published_at ? day(cited.published_at, language) : word("undated.article");
  line.append(" · ", date);
  const old = age(cited.age_days, language, word("today"));
  if (old !== null) line.append(" (", old, ")");
  if (cited.title) line.append(" · ", cited.title);
  return line;
}

export function button(label, className, action) {
  const made = element("button", className, label);
  made.type = "button";
  made.addEventListener("click", action);
  return made;
}

/** A link to the original page, only ever to http or https. */
function original(citation, word) {
  if (!citation.url || !/^https?:\/\//i.test(citation.url)) return null;
  const link = element("a", "quiet", word("original"));
  link.href = citation.url;
  link.target = "_blank";
  link.rel = "noopener noreferrer nofollow";
  return link;
}

function elsewhere(label, kind, items) {
  if (items.length === 0) return null;
  const list = element("ul", "");
  for (const item of items) list.append(element("li", "", item));
  return element("div", `elsewhere ${kind}`, element("p", "", label, ":"), list);
}

/** A button that names a citation or an article and opens it. */
function leading(to, { word, language, actions }) {
  const known = to.source ?? to.title ?? to.published_at;
  const label = known ? named(to, language, word) : to.article_id;
  return button(label, "link", (event) => actions.open(to, event.currentTarget));
}

/** Further citations with their sentences: one more voice each; the same article's are folded. */
function further(answer, ways) {
  const sentence = (each) => `${each.sentence.start} ${each.article_id}`;
  const { citation } = answer;
  const distinct = new Map([...answer.also, citation].map((each) => [sentence(each), each]));
  distinct.delete(sentence(citation));
  const own = [];
  const others = [];
  for (const each of distinct.values()) {
    const said = spoken(quoted(each), each.language);
    const show = (event) => ways.actions.open(each, event.currentTarget);
    if (each.article_id === citation.article_id) {
      own.push(element("div", "", said, button(ways.word("open"), "link", show)));
    } else others.push(element("div", "", leading(each, ways), said));
  }
  const parts = [elsewhere(ways.word("also"), "also", others)];
  if (own.length) {
    const summary = element("summary", "", `${ways.word("also.same")} (${own.length})`);
    parts.push(element("details", "elsewhere same", summary, ...own));
  }
  return parts;
}

const SHOWN_COPIES = 3;

/** The copies of what is cited, the earliest ahead; a long list is cut, and says by how much. */
function copies(citations, ways) {
  const cited = new Set(citations.map((each) => each.article_id));
  const ids = [...new Set(citations.flatMap((each) => each.duplicates))].filter((id) => !cited.has(id));
  const box = elsewhere(ways.word("copies"), "copies", ids.length ? [ways.word("loading")] : []);
  if (box) Promise.all(ids.map(ways.actions.describe)).then((found) => fillCopies(box, found, ways));
  return box;
}

function fillCopies(box, found, ways) {
  const key = (copy) => `${copy.published_at ?? "9999"} ${copy.article_id}`;
  const ordered = [...found].sort((one, other) => (key(one) < key(other) ? -1 : 1));
  const items = ordered.map((copy) => element("li", "", leading(copy, ways)));
  const rest = items.slice(SHOWN_COPIES);
  const list = box.querySelector("ul");
  list.replaceChildren(...items.slice(0, SHOWN_COPIES));
  if (rest.length === 0) return;
  const more = button(ways.word("copies.more", { count: rest.length }), "link", () => {
    list.lastChild.replaceWith(...rest);
    rest[0].firstChild.focus();
  });
  list.append(element("li", "", more));
}

function named(citation, language, word) {
  const date = citation.published_at ? day(citation.published_at, language) : null;
  const parts = [citation.source ?? word("unsourced"), date, citation.title];
  return parts.filter((part) => part).join(" · ");
}

export function citationText(answer) {
  const cited = answer.citation;
  const from = [cited.author, cited.title, cited.source, cited.published_at, cited.url];
  return (
    `“${answer.text}”\n${cited.sentence.text}\n` +
    `${from.filter((part) => part).join(", ")}\n` +
    `${cited.article_id} [${cited.start}, ${cited.end}) sha256:${cited.sha256}`
  );
}

/**
 * One answer. `actions`: open(citation, opener), describe(article id) for a copy's title, source
 * and date, copy(text, button), and link(button) for the first.
 */
export function answerElement(answer, first, ways) {
  const { word, language, actions } = ways;
  const cited = answer.citation;
  const box = element(first ? "section" : "div", first ? "answer" : "other");
  if (first) box.append(element("h2", "", word("answer")));
  const text = element("p", first && answer.text.length > 90 ? "text long" : "text", answer.text);
  const bucket = element("b", "", word(`confidence.${answer.confidence_bucket}`));
  box.append(
    spoken(text, cited.language),
    element("p", "confidence", word("confidence"), ": ", bucket),
    spoken(quoted(cited), cited.language),
    place(cited, word, language),
  );
  if (answer.articles > 1) {
    const articles = counted("article", answer.articles, ways);
    const reports = counted("report", answer.independent_reports, ways);
    box.append(element("p", "counts", `${articles}, ${reports}`));
  }
  const links = element("div", "links");
  links.append(button(word("open"), "quiet", (event) => actions.open(cited, event.currentTarget)));
  links.append(
    button(word("copy"), "quiet", (event) => actions.copy(citationText(answer), event.currentTarget)),
  );
  if (first) links.append(button(word("link"), "quiet", (event) => actions.link(event.currentTarget)));
  const source = original(cited, word);
  if (source) links.append(source);
  const newer = answer.newer.map((later) => leading(later, ways));
  for (const part of [
    links,
    elsewhere(word("newer"), "newer", newer),
    ...further(answer, ways),
    copies([cited, ...answer.also], ways),
  ]) {
    if (part) box.append(part);
  }
  return box;
}

export function passageElement(passage, { word, language, actions }) {
  const body = spoken(element("p", "body", passage.text), passage.language);
  const show = (event) => actions.open(passage, event.currentTarget);
  return element(
    "div",
    "passage",
    body,
    place(passage, word, language),
    element("div", "links", button(word("open"), "quiet", show)),
  );
}

/** A passage shown for want of an answer: with its copies, which no answer names. */
function nearestElement(passage, ways) {
  const box = passageElement(passage, ways);
  const list = copies([passage], ways);
  if (list) box.append(list);
  return box;
}

export function section(title, hint, ...children) {
  const box = element("section", "section", element("h2", "", title));
  if (hint) box.append(element("p", "hint", hint));
  box.append(...children);
  return box;
}

/** A whole reply: the answers, or the silence and its nearest passages. */
export function replyElements(reply, ways) {
  const { word } = ways;
  const [best, ...others] = reply.answers;
  if (!best) {
    const said = element("p", "text", reply.message);
    const silence = element("section", "silence", element("h2", "", word("noanswer")), said);
    const nearest = reply.passages.map((passage) => nearestElement(passage, ways));
    if (nearest.length === 0) return [...understood(reply, word), silence];
    return [...understood(reply, word), silence, section(word("nearest"), word("nearest.note"), ...nearest)];
  }
  const passages = reply.passages.map((passage) => passageElement(passage, ways));
  const parts = understood(reply, word);
  if (reply.disagreement) parts.push(element("p", "note", word("disagreement")));
  parts.push(answerElement(best, true, ways));
  if (others.length) {
    const shown = others.map((answer) => answerElement(answer, false, ways));
    parts.push(section(word("others"), null, ...shown));
  }
  if (passages.length) {
    const fold = element("details", "", element("summary", "", word("read")), ...passages);
    parts.push(element("section", "section", fold));
  }
  return parts;
}

/** What was asked, where that is not what was typed. */
function understood(reply, word) {
  const asked = reply.rewritten_question;
  return asked ? [element("p", "understood", word("understood", { question: asked }))] : [];
}

/** The reply in a sentence for who does not see it: the answer and its source, or none. */
export function toldElement(reply, { word, language }) {
  const [best] = reply.answers;
  const told = element("span", "hidden");
  if (!best) {
    told.append(`${word("noanswer")}. ${reply.message}`);
    return told;
  }
  if (reply.disagreement) told.append(word("disagreement"), " ");
  told.append(word("answer"), ": ", spoken(element("span", "", best.text), best.citation.language));
  const { source, published_at: date } = best.citation;
  told.append(". ", [source ?? word("unsourced"), date && day(date, language)].filter(Boolean).join(", "));
  return told;
}

/** The article's text with the sentence shaded and the quote marked; returns the mark, or null. */
export function fillArticle(box, text, cited) {
  box.replaceChildren();
  if (cited.start === undefined) {
    box.append(text);
    return null;
  }
  const outer = cited.sentence ?? cited;
  const at = [outer.start, cited.start, cited.end, outer.end].map((place) => unitsAt(text, place));
  const exact = cited.sentence !== undefined;
  const mark = element(exact ? "mark" : "span", exact ? "" : "sentence", text.slice(at[1], at[2]));
  const sentence = element(
    "span",
    "sentence",
    text.slice(at[0], at[1]),
    mark,
    text.slice(at[2], at[3]),
  );
  box.append(text.slice(0, at[0]), sentence, text.slice(at[3]));
  return mark;
}
