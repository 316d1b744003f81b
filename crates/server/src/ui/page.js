// The page: what is asked for stands behind `#` in the address, where no server sees it.

import { OBJECTS_MAX, Refused, ask, hasKey, resolve, useKey } from "/ui/ask.js";
import { element, place } from "/ui/elements.js";
import { filterFeeds, showFeeds } from "/ui/feeds.js";
import { asList, clear, draw, parts, zoom } from "/ui/graph.js";
import { card, mentioned } from "/ui/objects.js";
import { TYPES, guess, isId, list, plain } from "/ui/values.js";

const at = (id) => document.getElementById(id);
let underWay = new AbortController();

function tell(text) {
  at("told").textContent = text;
}

/** Says what is in the way; where it is the key, there is a field for one. */
function complain(error) {
  if (!(error instanceof Refused)) {
    tell("The answer could not be shown.");
    throw error;
  }
  const isKey = error.status === 401;
  at("key").hidden = !isKey;
  if (isKey) return tell(hasKey() ? "This key is not taken." : "This server asks for a key.");
  tell(`That could not be answered: ${error.message}.`);
}

/** Looks up what the address says, and forgets what was asked before. */
async function lookUp() {
  const asked = new URLSearchParams(location.hash.slice(1));
  const value = (asked.get("q") || "").trim();
  underWay.abort();
  underWay = new AbortController();
  const { signal } = underWay;
  clear();
  for (const id of ["found", "context"]) at(id).hidden = true;
  if (value === "") return;
  at("value").value = value;
  at("type").value = asked.get("type") || "";
  try {
    await (isId(value) ? showObject(value, signal) : showValue(value, at("type").value, signal));
  } catch (error) {
    if (!signal.aborted) complain(error);
  }
}

async function showObject(id, signal) {
  const path = id.startsWith("relationship--") ? "relationships" : "objects";
  tell("Asking …");
  const { data } = await ask(`${path}/${encodeURIComponent(id)}`, signal);
  await showCards([data], signal);
  tell("1 object.");
  if (path === "objects") {
    const bundle = await ask(`objects/${encodeURIComponent(id)}/context`, signal);
    await showContext(list(bundle.objects, 10_000), [id], signal);
  }
}

async function showValue(value, chosen, signal) {
  const type = chosen || guess(value);
  if (!type) return tell("What type this is cannot be told: choose one.");
  tell(`Asking for the ${type} …`);
  const question = new URLSearchParams({ value: plain(value), type });
  const answer = await ask(`indicators?${question}`, signal);
  const indicators = list(answer.items, OBJECTS_MAX);
  if (indicators.length === 0) return tell(`No indicator names this ${type}.`);
  await showCards(indicators, signal);
  const more = answer.has_more || answer.items.length > indicators.length;
  tell(`${indicators.length}${more ? " and more" : ""} indicators of this ${type}.`);
  const contexts = await ask(`indicators/context?${question}`, signal);
  const objects = list(contexts.items).flatMap((bundle) => list(bundle.objects, 10_000));
  await showContext(objects, indicators.map((one) => one.id), signal);
}

async function showCards(objects, signal) {
  const known = new Map();
  const show = () => at("cards").replaceChildren(...objects.map((one) => card(one, known, Date.now())));
  show();
  at("found").hidden = false;
  await resolve(mentioned(objects), known, signal);
  if (!signal.aborted) show();
}

async function showContext(objects, subjects, signal) {
  const found = parts(objects, subjects);
  if (signal.aborted || found.links.length === 0) return;
  const told = `${found.nodes.length} objects, ${found.links.length} relationships${found.cut ? "; more are left out" : ""}.`;
  at("context-told").textContent = told;
  at("graph").setAttribute("aria-label", `Graph of ${told}`);
  at("list").replaceChildren(asList(found));
  // The graph is as large as its place, which has to be there.
  at("context").hidden = false;
  await draw(at("graph"), found, { subjects, signal, choose: (id) => { location.hash = place(id); } });
}

async function start() {
  at("forget").hidden = !hasKey();
  try {
    await showFeeds(Date.now());
    at("key").hidden = true;
  } catch (error) {
    complain(error);
    if (error.status === 401) return;
  }
  await lookUp();
}

at("type").append(...TYPES.map((type) => element("option", { value: type }, type)));
at("search").addEventListener("submit", (event) => {
  event.preventDefault();
  const hash = place(at("value").value.trim(), at("type").value);
  if (location.hash === hash) lookUp();
  else location.hash = hash;
});
at("key").addEventListener("submit", (event) => {
  event.preventDefault();
  useKey(at("secret").value.trim());
  at("secret").value = "";
  tell("");
  start();
});
at("forget").addEventListener("click", () => {
  useKey(undefined);
  location.reload();
});
at("filter").addEventListener("input", filterFeeds);
at("closer").addEventListener("click", () => zoom(1.3));
at("farther").addEventListener("click", () => zoom(1 / 1.3));
at("whole").addEventListener("click", () => zoom());
addEventListener("hashchange", () => {
  if (new URLSearchParams(location.hash.slice(1)).has("q")) lookUp();
});
start();
