// What stands around objects: as a graph to look at and as a list to read, of the same parts.

import { element, reference, table } from "/ui/elements.js";
import { isId, list, nameOf, visible } from "/ui/values.js";
import { OBJECTS_MAX } from "/ui/ask.js";

/** The shape and the colour of each type; the name under a node says the type as well. */
const LOOKS = {
  indicator: ["round-rectangle", "#3b74c4"],
  malware: ["diamond", "#c0443c"],
  tool: ["diamond", "#b5762a"],
  "intrusion-set": ["triangle", "#8e4bb0"],
  "threat-actor": ["triangle", "#8e4bb0"],
  campaign: ["hexagon", "#8e4bb0"],
  "attack-pattern": ["rectangle", "#2d8a6b"],
  "course-of-action": ["rectangle", "#4f8a2d"],
  vulnerability: ["octagon", "#b8860b"],
  report: ["tag", "#607080"],
  infrastructure: ["barrel", "#3b8aa8"],
};
const LABEL_MAX = 28;

let shown;

/** The objects that are related, those asked for first, and how. Not more than a graph can show: `cut` says whether. */
export function parts(objects, subjects) {
  const byId = new Map(objects.filter((object) => isId(object?.id)).map((object) => [object.id, object]));
  const all = [...byId.values()];
  const related = all.filter((one) =>
    one.type === "relationship" && byId.has(one.source_ref) && byId.has(one.target_ref));
  const ids = new Set(subjects.filter((id) => byId.has(id)));
  for (const one of related) ids.add(one.source_ref).add(one.target_ref);
  // A report relates what it names.
  const named = all.filter((one) => one.type !== "relationship").flatMap((one) =>
    list(one.object_refs).filter((id) => ids.has(one.id) && byId.has(id) && byId.get(id).type !== "relationship")
      .map((id) => ({ source_ref: one.id, target_ref: id, relationship_type: "names" })));
  for (const one of named) ids.add(one.target_ref);
  const kept = new Set([...ids].slice(0, OBJECTS_MAX));
  const links = [...related, ...named].filter((one) => kept.has(one.source_ref) && kept.has(one.target_ref));
  return { nodes: [...kept].map((id) => byId.get(id)), links, cut: ids.size > kept.size };
}

/** The parts as a table of links. */
export function asList({ nodes, links }) {
  const names = new Map(nodes.map((node) => [node.id, node]));
  const end = (id) => [element("span", {}, `${names.get(id).type} `), reference(id, nameOf(names.get(id)))];
  return table("Relationships", ["From", "Relationship", "To"], links.map((one) =>
    [end(one.source_ref), [String(one.relationship_type)], end(one.target_ref)]));
}

/** Draws the parts, unless it is too late. `choose` is called with the id of a node that is clicked. */
export async function draw(container, { nodes, links }, { subjects, signal, choose }) {
  const { default: cytoscape } = await import("/ui/cytoscape.js");
  if (signal.aborted) return;
  clear();
  const elements = [
    ...nodes.map((node) => ({ data: {
      id: node.id,
      label: `${short(nameOf(node))}\n${short(node.type)}`,
      look: LOOKS[node.type] || ["ellipse", "#70808f"],
      isSubject: subjects.includes(node.id),
    } })),
    ...links.map((one, index) => ({ data: {
      id: `link-${index}`, source: one.source_ref, target: one.target_ref, label: short(one.relationship_type),
    } })),
  ];
  shown = cytoscape({
    container, elements, style: style(), minZoom: 0.1, maxZoom: 4,
    // The wheel scrolls the page; the buttons zoom.
    userZoomingEnabled: false,
    layout: { name: "cose", animate: false, padding: 40, nodeRepulsion: () => 60_000, idealEdgeLength: () => 90 },
  });
  shown.on("tap", "node", (event) => choose(event.target.id()));
  shown.on("mouseover", "node", (event) => event.target.closedNeighborhood().addClass("near"));
  shown.on("mouseout", "node", (event) => event.target.closedNeighborhood().removeClass("near"));
  shown.ready(() => { container.dataset.nodes = String(nodes.length); });
}

function short(text) {
  const whole = visible(text).replaceAll("\n", " ");
  return whole.length > LABEL_MAX ? `${whole.slice(0, LABEL_MAX - 1)}…` : whole;
}

/** Forgets what is drawn. */
export function clear() {
  if (shown) delete shown.container()?.dataset.nodes;
  shown?.destroy();
  shown = undefined;
}

/** Zooms by a factor about the middle, or shows everything without one. */
export function zoom(factor) {
  if (!shown) return;
  if (!factor) return void shown.fit(undefined, 40);
  const middle = { x: shown.width() / 2, y: shown.height() / 2 };
  shown.zoom({ level: shown.zoom() * factor, renderedPosition: middle });
}

function style() {
  const told = getComputedStyle(document.documentElement);
  const [ink, ground, faint] = ["--ink", "--ground", "--faint"].map((name) => told.getPropertyValue(name).trim());
  const text = { "font-size": 11, color: ink, "text-outline-color": ground, "text-outline-width": 2 };
  return [
    { selector: "node", style: {
      ...text, label: "data(label)", "text-wrap": "wrap", "text-valign": "bottom", "text-margin-y": 4,
      shape: (node) => node.data("look")[0], "background-color": (node) => node.data("look")[1],
      width: 30, height: 30, "border-width": (node) => (node.data("isSubject") ? 4 : 1), "border-color": ink,
    } },
    { selector: "edge", style: {
      ...text, label: "data(label)", "font-size": 9, color: faint, width: 1.5, "line-color": faint,
      "curve-style": "bezier", "target-arrow-shape": "triangle", "target-arrow-color": faint,
    } },
    { selector: ".near", style: { "z-index": 9, "line-color": ink, "target-arrow-color": ink, "border-color": ink } },
  ];
}

// Colours are read when something is drawn; the canvas does not follow the page by itself.
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => shown?.style(style()));
