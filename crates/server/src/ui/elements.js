// Elements of the page. All that comes from objects is written as text here, and as links where it is one of the web.

import { visible } from "/ui/values.js";

/** Makes an element. Children are elements, or text; properties are set on the element and never hold what is foreign. */
export function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children.map((child) => (child instanceof Node ? child : visible(child))));
  return made;
}

/** A text that somebody else wrote. */
export function foreign(text, name = "span") {
  return element(name, { className: "foreign" }, text);
}

/** A link to elsewhere, if it is one of the web; else the text. */
export function link(address) {
  const url = typeof address === "string" && URL.canParse(address) ? new URL(address) : undefined;
  if (!url || !["http:", "https:"].includes(url.protocol)) return foreign(String(address));
  const made = foreign(address, "a");
  Object.assign(made, { href: url.href, rel: "noopener noreferrer", target: "_blank" });
  return made;
}

/** Where the page shows something that is looked up. */
export function place(value, type) {
  return `#${new URLSearchParams(type ? { q: value, type } : { q: value })}`;
}

/** A link to an object of this server. */
export function reference(id, name) {
  const made = foreign(name, "a");
  made.href = place(id);
  return made;
}

/** Terms and what they mean; those without a meaning are left out. */
export function terms(pairs) {
  const told = pairs.filter(([, meaning]) => meaning.length > 0);
  return element("dl", {}, ...told.flatMap(([term, meaning]) =>
    [element("dt", {}, term), element("dd", {}, ...separated(meaning))]));
}

/** Children with commas between them. */
export function separated(children) {
  return children.flatMap((child, index) => (index === 0 ? [child] : [", ", child]));
}

/** A table of rows, each a list of cells, each a list of children. */
export function table(caption, heads, rows) {
  const head = element("tr", {}, ...heads.map((text) => element("th", { scope: "col" }, text)));
  const body = rows.map((cells) => element("tr", {}, ...cells.map((cell) => element("td", {}, ...cell))));
  const made = element("table", {}, element("thead", {}, head), element("tbody", {}, ...body));
  made.setAttribute("aria-label", caption);
  return made;
}
