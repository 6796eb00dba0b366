// The page: one field, the answer first. Talks to the same HTTP API that everybody else uses.

import { articlePanel } from "/page/panel.js";
import { element, replyElements, setCalendars, toldElement } from "/page/render.js";

const $ = (id) => document.getElementById(id);
const form = $("form");
const LANGUAGES = ["en", "ru", "az", "tr"];
const TRIES = 4; // of a question that a busy server turns away
const LONGEST_WAIT_S = 5; // between them; for longer, the person decides
const state = {
  words: {},
  language: "en",
  said: null, // what #status shows: a word's key, its values, whether it is a problem
  reply: null, // to the question that stands in the field; null while there is none
  abort: null, // of that question
  known: new Map(), // promises of what is known of articles that the reply names by id
};

const stored = {
  get: (area, name) => {
    try {
      return area.getItem(name);
    } catch {
      return null; // storage may be switched off; nothing depends on it
    }
  },
  set: (area, name, value) => {
    try {
      area.setItem(name, value);
    } catch {
      /* as above */
    }
  },
};

function word(key, values = {}) {
  const text = state.words[state.language]?.[key] ?? state.words.en?.[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ""));
}

// -- language and colours ------------------------------------------------------------------------

function chosenLanguage() {
  const wanted = [stored.get(localStorage, "menbe-language"), ...(navigator.languages ?? [])];
  for (const tag of wanted) {
    const code = (tag ?? "").slice(0, 2).toLowerCase();
    if (LANGUAGES.includes(code)) return code;
  }
  return "en";
}

function showWords() {
  document.documentElement.lang = state.language;
  for (const place_ of document.querySelectorAll("[data-word]")) {
    place_.textContent = word(place_.dataset.word);
  }
  $("question").placeholder = word("placeholder");
  showFilterCount();
  if (state.reply) showReply();
  else showSaid();
  panel.show();
}

function setTheme(theme) {
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
}

// -- filters and the address ---------------------------------------------------------------------

const split = (text) => text.split(";").map((part) => part.trim()).filter((part) => part);

function readFilters() {
  const fields = new FormData(form);
  return {
    from: fields.get("from"),
    to: fields.get("to"),
    asof: fields.get("asof"),
    source: split(fields.get("source")),
    language: fields.getAll("language"),
    undated: form.elements.undated.checked,
  };
}

function asRequest(filters) {
  const sent = {};
  if (filters.from) sent.date_from = filters.from;
  if (filters.to) sent.date_to = filters.to;
  if (filters.asof) sent.as_of = filters.asof;
  if (filters.source.length) sent.sources = filters.source;
  if (filters.language.length) sent.languages = filters.language;
  if (!filters.undated) sent.undated = false;
  return sent;
}

function showFilterCount() {
  const sent = asRequest(readFilters());
  const count = Object.keys(sent).length;
  $("filters-summary").textContent = count ? word("filters.set", { count }) : word("filters");
}

function address() {
  const filters = readFilters();
  const query = new URLSearchParams({ q: $("question").value.trim() });
  for (const name of ["from", "to", "asof"]) if (filters[name]) query.set(name, filters[name]);
  for (const source of filters.source) query.append("source", source);
  for (const language of filters.language) query.append("language", language);
  if (!filters.undated) query.set("undated", "no");
  return `/?${query}`;
}

function readAddress() {
  const query = new URLSearchParams(location.search);
  $("question").value = query.get("q") ?? "";
  for (const name of ["from", "to", "asof"]) form.elements[name].value = query.get(name) ?? "";
  form.elements.source.value = query.getAll("source").join("; ");
  form.elements.undated.checked = query.get("undated") !== "no";
  const languages = query.getAll("language");
  for (const box of document.querySelectorAll('#languages input')) {
    box.checked = languages.includes(box.value);
  }
  showFilterCount();
  if (Object.keys(asRequest(readFilters())).length) $("filters").open = true;
}

// -- talking to the server -----------------------------------------------------------------------

function headers() {
  const key = stored.get(sessionStorage, "menbe-key");
  return key ? { Authorization: `Bearer ${key}` } : {};
}

/** The key of the word that tells what went wrong, and its values. */
async function problem(response) {
  if (response.status === 401 || response.status === 403) {
    $("key-form").hidden = false;
    $("key").focus();
  }
  if (response.status === 429 || response.status === 503) {
    const seconds = response.headers.get("Retry-After") ?? "1";
    return ["wait", { seconds }];
  }
  const body = await response.json().catch(() => ({}));
  return ["failed", { detail: body.detail ?? response.status }];
}

function fetchArticle(id, signal) {
  return fetch(`/v1/articles/${encodeURIComponent(id)}`, { headers: headers(), signal });
}

const panel = articlePanel({ word, language: () => state.language, fetchArticle, problem });

/** The reply to a question; while the server is busy, asked again when it says so, TRIES times. */
async function fetchReply(question, signal) {
  const options = {
    method: "POST",
    headers: { "Content-Type": "application/json", ...headers() },
    body: JSON.stringify({ question, filters: asRequest(readFilters()), stream: true }),
    signal,
  };
  for (let tries = 1; ; tries += 1) {
    const response = await fetch("/v1/ask", options);
    if (response.status !== 503 || tries === TRIES || signal.aborted) return response;
    const seconds = Number(response.headers.get("Retry-After") ?? "1");
    if (!(seconds <= LONGEST_WAIT_S)) return response;
    say("queued");
    await new Promise((resolve) => setTimeout(resolve, 1000 * seconds));
  }
}

async function* events(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let buffer = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    buffer += value;
    for (let end = buffer.indexOf("\n\n"); end >= 0; end = buffer.indexOf("\n\n")) {
      const fields = Object.fromEntries(
        buffer.slice(0, end).split("\n").map((line) => {
          const at = line.indexOf(": ");
          return [line.slice(0, at), line.slice(at + 2)];
        }),
      );
      buffer = buffer.slice(end + 2);
      yield { name: fields.event, data: JSON.parse(fields.data) };
    }
  }
}

function say(key, values = {}, isProblem = false) {
  state.said = key ? { key, values, isProblem } : null;
  showSaid();
}

function showSaid() {
  const text = state.said ? word(state.said.key, state.said.values) : "";
  // The button that was pressed shows that something was copied.
  const unseen = state.said?.key === "copied";
  $("status").replaceChildren(...(unseen ? [element("span", "hidden", text)] : [text]));
  $("status").classList.toggle("problem", state.said?.isProblem ?? false);
}

async function ask() {
  const question = $("question").value.trim();
  state.abort?.abort();
  const abort = new AbortController();
  Object.assign(state, { abort, reply: null, known: new Map() });
  panel.close();
  $("result").replaceChildren();
  document.body.classList.toggle("asked", question !== "");
  document.title = question ? `${question} · Menbe` : "Menbe";
  $("result").toggleAttribute("aria-busy", question !== "");
  say(question ? "searching" : null);
  if (!question) return;
  // What comes after another question was asked belongs to nothing that is shown.
  const over = (...said) => {
    if (abort.signal.aborted) return;
    $("result").removeAttribute("aria-busy");
    say(...said);
  };
  try {
    const response = await fetchReply(question, abort.signal);
    if (abort.signal.aborted) return;
    if (!response.ok) return over(...(await problem(response)), true);
    $("key-form").hidden = true;
    const reply = {};
    for await (const { name, data } of events(response)) {
      if (abort.signal.aborted) return;
      if (name === "error") return over("failed", { detail: data.detail }, true);
      Object.assign(reply, data);
      if (name === "passages" && data.passages.length) say("reading", { count: data.passages.length });
      if (name === "done") {
        state.reply = reply;
        over(null);
        showReply();
        return;
      }
    }
    over("offline", {}, true); // cut off before the end
  } catch {
    over("offline", {}, true);
  }
}

// -- showing a reply -----------------------------------------------------------------------------

const actions = {
  open: (cited, opener) => panel.open(cited, opener),
  copy: (text, button) => copy(text, button),
  link: (button) => copy(new URL(address(), location.href).href, button),
  describe,
};

function showReply() {
  const ways = { word, language: state.language, actions };
  $("result").replaceChildren(...replyElements(state.reply, ways));
  $("status").replaceChildren(toldElement(state.reply, ways));
  offerSources(state.reply);
}

/** Title, source and date of an article that the reply names only by its id; the id at least. */
function describe(id) {
  if (!state.known.has(id)) state.known.set(id, learn(id, state.abort.signal));
  return state.known.get(id);
}

async function learn(id, signal) {
  let found = state.reply.passages.find((passage) => passage.article_id === id);
  try {
    if (!found) {
      const response = await fetchArticle(id, signal);
      if (response.ok) found = await response.json();
    }
  } catch {
    /* the id is still a name */
  }
  return { article_id: id, title: found?.title, source: found?.source, published_at: found?.published_at };
}

function offerSources(reply) {
  const known = new Set([...$("known-sources").options].map((option) => option.value));
  for (const passage of reply.passages) if (passage.source) known.add(passage.source);
  const options = [...known].sort().map((name) => {
    const option = element("option", "");
    option.value = name;
    return option;
  });
  $("known-sources").replaceChildren(...options);
}

async function copy(text, button) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // The clipboard API is only there on https and on this machine.
    const area = element("textarea", "hidden");
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
    button.focus();
  }
  button.dataset.label ??= button.textContent; // a second click finds "Copied" there
  button.textContent = word("copied");
  say("copied");
  setTimeout(() => {
    button.textContent = button.dataset.label;
    if (state.said?.key === "copied") say(null);
  }, 1600);
}

// -- start ---------------------------------------------------------------------------------------

function listen() {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    history.pushState(null, "", address());
    // On a phone the keyboard would cover the answer.
    if (matchMedia("(pointer: coarse)").matches) document.activeElement.blur();
    ask();
  });
  form.addEventListener("change", showFilterCount);
  $("clear").addEventListener("click", () => {
    const question = $("question").value;
    form.reset();
    $("question").value = question;
    showFilterCount();
  });
  $("key-form").addEventListener("submit", (event) => {
    event.preventDefault();
    stored.set(sessionStorage, "menbe-key", $("key").value.trim());
    ask();
  });
  panel.listen();
  addEventListener("popstate", () => {
    readAddress();
    ask();
  });
  addEventListener("keydown", (event) => {
    const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName ?? "");
    if (event.key === "Escape") panel.close();
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !$("form").closest("[inert]")) {
      event.preventDefault();
      $("question").select();
    }
  });
  $("interface").addEventListener("change", (event) => {
    state.language = event.target.value;
    stored.set(localStorage, "menbe-language", state.language);
    showWords();
  });
  $("theme").addEventListener("change", (event) => {
    stored.set(localStorage, "menbe-theme", event.target.value);
    setTheme(event.target.value);
  });
}

async function start() {
  const theme = stored.get(localStorage, "menbe-theme") ?? "auto";
  $("theme").value = theme;
  setTheme(theme);
  state.language = chosenLanguage();
  state.words = await (await fetch("/page/words.json")).json();
  setCalendars(state.words.calendar);
  for (const code of LANGUAGES) {
    const option = element("option", "", state.words[code].name);
    option.value = code;
    option.lang = code;
    $("interface").append(option);
    const box = element("input", "");
    Object.assign(box, { type: "checkbox", name: "language", value: code });
    $("languages").append(element("label", "", box, state.words[code].name));
  }
  $("interface").value = state.language;
  listen();
  readAddress();
  showWords();
  document.documentElement.dataset.ready = "yes";
  if ($("question").value) ask();
  else if (matchMedia("(pointer: fine)").matches) $("question").focus();
}

start();
