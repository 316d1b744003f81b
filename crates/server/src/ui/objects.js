// Objects, each as a card that says what matters first.

import { element, foreign, link, reference, terms } from "/ui/elements.js";
import { instant, isId, list, markings, nameOf, validity } from "/ui/values.js";

/** What the cards of these objects name besides: their sources, what marks them, what they relate. */
export function mentioned(objects) {
  return objects.flatMap((object) => [...sources(object), ...markings(object).others, ...ends(object)]);
}

function ends(object) {
  return [object.source_ref, object.target_ref].filter(isId);
}

function sources(object) {
  const refs = list(object.x_inthreat_sources_refs);
  return (refs.length > 0 ? refs : [object.created_by_ref]).filter(isId);
}

/** A card. `known` has the objects that it names, by id. */
export function card(object, known, now) {
  const named = (id) => reference(id, known.has(id) ? nameOf(known.get(id)) : id);
  const head = element("h3", {}, isId(object.id) ? reference(object.id, nameOf(object)) : foreign(nameOf(object)));
  return element("article", {}, head, badges(object, known, now), terms([
    ["Id", [foreign(object.id ?? "", "code")]],
    ["Pattern", object.pattern ? [foreign(object.pattern, "code")] : []],
    ["Valid", period(object)],
    ["Kill chain", list(object.kill_chain_phases).map((phase) =>
      foreign(`${phase?.phase_name} (${phase?.kill_chain_name})`))],
    ["Kinds", list(object.indicator_types ?? object.malware_types).map((kind) => foreign(kind))],
    ["Relates", ends(object).map(named)],
    ["Sources", sources(object).map(named)],
    ["Modified", object.modified ? [foreign(instant(object.modified))] : []],
    ["Description", object.description ? [foreign(object.description)] : []],
    ["References", list(object.external_references, 20).map(cited)],
  ]));
}

function badges(object, known, now) {
  const { tlp, others } = markings(object);
  const made = [badge("", String(object.type))];
  made.push(tlp ? badge(tlp.split("+")[0], `TLP:${tlp.toUpperCase()}`) : badge("", "no TLP"));
  made.push(...others.map((id) => badge("", known.has(id) ? nameOf(known.get(id)) : id)));
  const valid = validity(object, now);
  if (valid) made.push(badge(...valid));
  if (typeof object.confidence === "number") made.push(badge("", `confidence ${object.confidence} of 100`));
  return element("div", { className: "badges" }, ...made);
}

/** A word of our own for the style, and a text that may be somebody else's. */
function badge(style, text) {
  return element("span", { className: `badge ${style}` }, foreign(text));
}

function period(object) {
  const ends = [["from", object.valid_from], ["until", object.valid_until]];
  return ends.filter(([, at]) => at).map(([word, at]) => foreign(`${word} ${instant(at)}`));
}

function cited(source) {
  const name = [source?.source_name, source?.external_id].filter(Boolean).join(" ");
  return element("span", {}, foreign(name), ...(source?.url ? [" ", link(source.url)] : []));
}
