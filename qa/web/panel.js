// The side panel: one article, with the quote that was cited from it marked and scrolled to.

import { element, fillArticle, place } from "/page/render.js";

const $ = (id) => document.getElementById(id);
const beside = matchMedia("(min-width: 60rem)"); // as in style.css: the panel leaves main its room

/**
 * What the page knows and the panel needs:
 *   word(key, values)           text in the page's language
 *   language()                  that language's code
 *   fetchArticle(id, signal)    promise of the response that holds the article
 *   problem(response)           promise of the key and values of the word that tells what went wrong
 */
export function articlePanel({ word, language, fetchArticle, problem }) {
  let shown = null; // the open article: {cited, opener, abort, said, article}

  async function open(cited, opener) {
    shown?.abort.abort();
    const mine = { cited, opener, abort: new AbortController(), said: ["loading"], article: null };
    shown = mine;
    $("panel").hidden = false;
    document.body.classList.add("panel");
    show();
    fence();
    $("panel-title").focus();
    try {
      const response = await fetchArticle(cited.article_id, mine.abort.signal);
      if (response.ok) mine.article = await response.json();
      else mine.said = response.status === 404 ? ["gone"] : await problem(response);
    } catch {
      mine.said = ["offline"];
    }
    if (shown === mine) show();
  }

  /** Write the panel anew, where it is open. */
  function show() {
    if (shown === null) return;
    const { cited, said, article } = shown;
    const title = article === null ? cited.title : article.title;
    $("panel-title").textContent = title ?? word("article");
    if (article === null) {
      $("panel-place").replaceChildren();
      $("panel-text").lang = language();
      $("panel-text").textContent = word(...said);
      return;
    }
    const line = place({ ...article, title: article.author }, word, language());
    $("panel-place").replaceChildren(...line.childNodes);
    const changed = cited.sha256 !== undefined && cited.sha256 !== article.sha256;
    $("panel-text").lang = article.language === "und" ? "" : article.language;
    const mark = fillArticle($("panel-text"), article.text, changed ? {} : cited);
    if (changed) {
      const note = element("p", "note", word("changed"));
      note.lang = language();
      $("panel-text").prepend(note);
    }
    $("panel-text").scrollTop = 0;
    mark?.scrollIntoView({ block: "center" });
  }

  function close() {
    if (shown === null) return;
    const { opener, abort } = shown;
    const active = document.activeElement;
    const inside = active === document.body || $("panel").contains(active);
    abort.abort();
    shown = null;
    $("panel").hidden = true;
    document.body.classList.remove("panel");
    fence();
    if (!inside) return; // somebody works elsewhere on the page
    // Another interface language has made the opener anew.
    (opener.isConnected ? opener : document.querySelector("#result .links button"))?.focus();
  }

  /** While the panel covers the page, nothing behind it can be reached. */
  function fence() {
    const covers = shown !== null && !beside.matches;
    for (const part of document.querySelectorAll("body > :not(#panel)")) part.inert = covers;
    if (covers) $("panel").setAttribute("aria-modal", "true");
    else $("panel").removeAttribute("aria-modal");
    if (covers && !$("panel").contains(document.activeElement)) $("panel-title").focus();
  }

  function listen() {
    $("close").addEventListener("click", close);
    beside.addEventListener("change", fence);
    addEventListener("click", (event) => {
      const shade = event.target === document.body || event.target === document.documentElement;
      if (shade && !beside.matches) close();
    });
  }

  return { open, show, close, listen };
}
