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

export function age(days, language, today) {
  if (days === null || days === undefined) return null;
  if (days < 1) return today;
  const [count, unit] =
    days < 45
      ? [days, "day"]
      : days < 548
        ? [Math.round(days / 30.44), "month"]
        : [Math.round(days / 365.25), "year"];
  const own = calendars[language];
  if (own) return own[unit].replace("{count}", count);
  return new Intl.RelativeTimeFormat(language, { numeric: "always" }).format(-count, unit);
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

function elsewhere(label, items, kind = "") {
  if (items.length === 0) return null;
  const list = element("ul", "");
  for (const item of items) list.append(element("li", "", item));
  return element("div", `elsewhere ${kind}`.trim(), label, ":", list);
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

/** One answer. `actions`: open(citation), copy(text, button), and link(button) for the first. */
export function answerElement(answer, { word, language, actions, first }) {
  const cited = answer.citation;
  const box = element(first ? "section" : "div", first ? "answer" : "other");
  if (first) box.append(element("h2", "", word("answer")));
  const text = element("p", first && answer.text.length > 90 ? "text long" : "text", answer.text);
  text.lang = cited.language === "und" ? "" : cited.language;
  box.append(text);
  const bucket = element("b", "", word(`confidence.${answer.confidence_bucket}`));
  box.append(element("p", "confidence", word("confidence"), ": ", bucket));
  const quote = quoted(cited);
  quote.lang = text.lang;
  box.append(quote, place(cited, word, language));
  const links = element("div", "links");
  links.append(button(word("open"), "quiet", (event) => actions.open(cited, event.currentTarget)));
  links.append(
    button(word("copy"), "quiet", (event) => actions.copy(citationText(answer), event.currentTarget)),
  );
  if (first) links.append(button(word("link"), "quiet", (event) => actions.link(event.currentTarget)));
  const source = original(cited, word);
  if (source) links.append(source);
  box.append(links);
  const also = answer.also.map((other) =>
    button(named(other, language, word), "link", (event) => actions.open(other, event.currentTarget)),
  );
  const copies = cited.duplicates.map((id) =>
    button(id, "link", (event) => actions.open({ article_id: id }, event.currentTarget)),
  );
  const newer = answer.newer.map((later) =>
    button(named(later, language, word), "link", (event) =>
      actions.open({ article_id: later.article_id, title: later.title }, event.currentTarget),
    ),
  );
  for (const list of [
    elsewhere(word("newer"), newer, "newer"),
    elsewhere(word("also"), also),
    elsewhere(word("copies"), copies),
  ]) {
    if (list) box.append(list);
  }
  return box;
}

export function passageElement(passage, { word, language, actions }) {
  const body = element("p", "body", passage.text);
  body.lang = passage.language === "und" ? "" : passage.language;
  const show = (event) => actions.open(passage, event.currentTarget);
  return element(
    "div",
    "passage",
    body,
    place(passage, word, language),
    element("div", "links", button(word("open"), "quiet", show)),
  );
}

export function section(title, hint, ...children) {
  const box = element("section", "section", element("h2", "", title));
  if (hint) box.append(element("p", "hint", hint));
  box.append(...children);
  return box;
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
