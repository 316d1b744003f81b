// The feeds of this server, what each selects, and how old what is pulled is.

import { Refused, ask, figures, resolve } from "/ui/ask.js";
import { element, foreign, separated, table } from "/ui/elements.js";
import { instant, isId, list, markings, nameOf, span } from "/ui/values.js";

const FEEDS_MAX = 100;

/** Shows the feeds and the figures. Fails when the feeds cannot be read. */
export async function showFeeds(now) {
  const shown = document.getElementById("feed-table");
  const answer = await ask(`feeds?limit=${FEEDS_MAX}`);
  const feeds = list(answer.items, FEEDS_MAX);
  const known = new Map();
  const refs = feeds.flatMap((feed) => ["sources", "sectors", "locations"].flatMap((name) => list(feed[name])));
  await resolve(refs.filter(isId), known);
  const rows = feeds.map((feed) => [
    [foreign(feed.title ?? "")],
    [foreign(feed.id ?? "", "code")],
    [foreign(`${feed.format ?? "?"}, ${feed.sort_order ?? "?"}`)],
    separated(selects(feed, known)),
    feed.modified ? [foreign(instant(feed.modified))] : [],
  ]);
  shown.replaceChildren(table("Feeds", ["Title", "Id", "Format", "Selects", "Modified"], rows));
  const told = answer.total > feeds.length ? `The first ${feeds.length} of ${answer.total} feeds.` : "";
  document.getElementById("feeds-told").textContent = told;
  filterFeeds();
  await showPulled(now);
}

/** Leaves only the feeds that have every word that was typed. */
export function filterFeeds() {
  const words = document.getElementById("filter").value.toLowerCase().split(/\s+/);
  for (const row of document.querySelectorAll("#feed-table tbody tr")) {
    const text = row.textContent.toLowerCase();
    row.hidden = !words.every((word) => text.includes(word));
  }
}

function selects(feed, known) {
  const name = (id) => (known.has(id) ? nameOf(known.get(id)) : id);
  const filters = [
    ["types", list(feed.types)],
    ["observables", list(feed.observable_types)],
    ["TLP", list(feed.tlps).map((id) => markings({ object_marking_refs: [id] }).tlp ?? id)],
    ["sources", list(feed.sources).map(name)],
    ["sectors", list(feed.sectors).map(name)],
    ["locations", list(feed.locations).map(name)],
    ["labels", list(feed.labels)],
  ];
  const told = filters.filter(([, values]) => values.length > 0)
    .map(([word, values]) => foreign(`${word}: ${values.join(", ")}`));
  if (told.length === 0) told.push("everything");
  if (feed.include_revoked === false) told.push("no revoked");
  if (feed.skip_expired === true) told.push("no expired");
  return told;
}

async function showPulled(now) {
  const shown = document.getElementById("pulled");
  const rows = [];
  try {
    const { replica, feeds } = read(await figures());
    if (replica !== undefined) rows.push([["the whole copy"], [span(replica)], [], []]);
    for (const [feed, told] of feeds) {
      const at = told.get("pulled_seconds");
      rows.push([
        [foreign(feed, "code")],
        told.has("lag_seconds") ? [span(told.get("lag_seconds"))] : [],
        at === undefined ? ["not yet"] : [`${span(Math.max(0, now / 1000 - at))} ago`],
        [String(told.get("failures_in_a_row") ?? "")],
      ]);
    }
  } catch (error) {
    // Figures are for this machine and for some keys.
    if (!(error instanceof Refused)) throw error;
  }
  const heads = ["Feed", "Lag of its newest object", "Last pull", "Failures since"];
  shown.replaceChildren(...(rows.length > 0 ? [table("Pulled", heads, rows)] : [element("span")]));
  document.getElementById("pulled-head").hidden = rows.length === 0;
}

/** The figures of feeds out of the text format of Prometheus. */
function read(text) {
  const feeds = new Map();
  let replica;
  for (const line of text.split("\n")) {
    const own = /^inthreat_replica_lag_seconds (\d+)$/.exec(line);
    if (own) replica = Number(own[1]);
    const parts = /^inthreat_feed_(\w+)\{feed="((?:[^"\\]|\\.)*)"\} (\d+)$/.exec(line);
    if (!parts) continue;
    const feed = parts[2].replace(/\\(.)/g, (_, one) => (one === "n" ? "\n" : one));
    if (!feeds.has(feed)) feeds.set(feed, new Map());
    feeds.get(feed).set(parts[1], Number(parts[3]));
  }
  return { replica, feeds };
}
