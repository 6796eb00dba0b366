// The page: one field, the answer first. Talks to the same HTTP API that everybody else uses.

import {
  answerElement,
  element,
  fillArticle,
  passageElement,
  place,
  section,
  setCalendars,
} from "/page/render.js";

const $ = (id) => document.getElementById(id);
const form = $("form");
const LANGUAGES = ["en", "ru", "az", "tr"];
const state = { words: {}, language: "en", reply: null, abort: null, opener: null };

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
  if (state.reply) showReply(state.reply);
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

async function problemText(response) {
  if (response.status === 401 || response.status === 403) {
    $("key-form").hidden = false;
    $("key").focus();
  }
  if (response.status === 429 || response.status === 503) {
    const seconds = response.headers.get("Retry-After") ?? "1";
    return word("wait", { seconds });
  }
  const problem = await response.json().catch(() => ({}));
  return word("failed", { detail: problem.detail ?? response.status });
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

function say(text, problem = false) {
  $("status").textContent = text;
  $("status").classList.toggle("problem", problem);
}

async function ask() {
  const question = $("question").value.trim();
  state.abort?.abort();
  closePanel();
  if (!question) {
    state.reply = null;
    document.body.classList.remove("asked");
    document.title = "Menbe";
    $("result").replaceChildren();
    say("");
    return;
  }
  const abort = new AbortController();
  state.abort = abort;
  document.body.classList.add("asked");
  document.title = `${question} · Menbe`;
  $("result").replaceChildren();
  $("result").setAttribute("aria-busy", "true");
  say(word("searching"));
  try {
    const response = await fetch("/v1/ask", {
      method: "POST",
      headers: { "Content-Type": "application/json", ...headers() },
      body: JSON.stringify({ question, filters: asRequest(readFilters()), stream: true }),
      signal: abort.signal,
    });
    if (!response.ok) {
      say(await problemText(response), true);
      return;
    }
    $("key-form").hidden = true;
    const reply = {};
    for await (const { name, data } of events(response)) {
      if (name === "error") {
        say(word("failed", { detail: data.detail }), true);
        return;
      }
      Object.assign(reply, data);
      if (name === "passages") say(word("reading", { count: data.passages.length }));
      if (name === "done") {
        state.reply = reply;
        say("");
        showReply(reply);
      }
    }
  } catch (error) {
    if (error.name !== "AbortError") say(word("offline"), true);
  } finally {
    if (state.abort === abort) $("result").removeAttribute("aria-busy");
  }
}

// -- showing a reply -----------------------------------------------------------------------------

const actions = {
  open: (cited, opener) => openPanel(cited, opener),
  copy: (text, button) => copy(text, button),
  link: (button) => copy(new URL(address(), location.href).href, button),
};

function showReply(reply) {
  const ways = { word, language: state.language, actions };
  const parts = [];
  const [best, ...others] = reply.answers;
  if (best) {
    parts.push(answerElement(best, { ...ways, first: true }));
    if (reply.disagreement) parts.push(element("p", "note", word("disagreement")));
    if (others.length) {
      const shown = others.map((answer) => answerElement(answer, { ...ways, first: false }));
      parts.push(section(word("others"), null, ...shown));
    }
  } else {
    const box = element("section", "silence", element("h2", "", word("noanswer")));
    box.append(element("p", "text", reply.message));
    parts.push(box);
  }
  const passages = reply.passages.map((passage) => passageElement(passage, ways));
  if (passages.length && best) {
    const fold = element("details", "", element("summary", "", word("read")), ...passages);
    parts.push(element("section", "section", fold));
  } else if (passages.length) {
    parts.push(section(word("nearest"), word("nearest.note"), ...passages));
  }
  $("result").replaceChildren(...parts);
  offerSources(reply);
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
  const label = button.textContent;
  button.textContent = word("copied");
  $("status").textContent = word("copied");
  setTimeout(() => {
    button.textContent = label;
    if ($("status").textContent === word("copied")) $("status").textContent = "";
  }, 1600);
}

// -- the article ---------------------------------------------------------------------------------

async function openPanel(cited, opener) {
  state.opener = opener;
  $("panel").hidden = false;
  document.body.classList.add("panel");
  $("panel-title").textContent = cited.title ?? word("article");
  $("panel-place").textContent = "";
  $("panel-text").textContent = word("loading");
  $("panel-title").focus();
  let article;
  try {
    const id = encodeURIComponent(cited.article_id);
    const response = await fetch(`/v1/articles/${id}`, { headers: headers() });
    if (response.status === 404) {
      $("panel-text").textContent = word("gone");
      return;
    }
    if (!response.ok) {
      $("panel-text").textContent = await problemText(response);
      return;
    }
    article = await response.json();
  } catch {
    $("panel-text").textContent = word("offline");
    return;
  }
  $("panel-title").textContent = article.title ?? word("article");
  const line = place({ ...article, title: article.author }, word, state.language);
  $("panel-place").replaceChildren(...line.childNodes);
  const changed = cited.sha256 !== undefined && cited.sha256 !== article.sha256;
  $("panel-text").lang = article.language === "und" ? "" : article.language;
  const mark = fillArticle($("panel-text"), article.text, changed ? {} : cited);
  if (changed) $("panel-text").prepend(element("p", "note", word("changed")));
  mark?.scrollIntoView({ block: "center" });
}

function closePanel() {
  if ($("panel").hidden) return;
  $("panel").hidden = true;
  document.body.classList.remove("panel");
  if (state.opener?.isConnected) state.opener.focus();
  state.opener = null;
}

// -- start ---------------------------------------------------------------------------------------

function listen() {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    history.pushState(null, "", address());
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
  $("close").addEventListener("click", closePanel);
  addEventListener("popstate", () => {
    readAddress();
    ask();
  });
  addEventListener("keydown", (event) => {
    const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName ?? "");
    if (event.key === "Escape") closePanel();
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey) {
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
