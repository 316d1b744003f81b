// Shows the OpenAPI document of this server. Everything is written as text, never as markup.
"use strict";

function element(name, text, children = []) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  made.append(...children);
  return made;
}

/** A schema in few words: its type, its range, or the name of the one it refers to. */
function words(schema) {
  if (!schema) return "";
  if (schema.$ref) return schema.$ref.split("/").pop();
  if (schema.anyOf) return schema.anyOf.map(words).join(" or ");
  if (schema.enum) return schema.enum.join(" | ");
  if (schema.type === "array") return `list of ${words(schema.items)}`;
  const range = schema.minimum === undefined ? "" : ` from ${schema.minimum}` +
    (schema.maximum === undefined ? "" : ` to ${schema.maximum}`);
  const start = schema.default === undefined ? "" : `, else ${schema.default}`;
  return `${schema.format || [].concat(schema.type || "anything").join(" or ")}${range}${start}`;
}

function row(cells, kind = "td") {
  return element("tr", undefined, cells.map((cell) => element(kind, cell)));
}

function parameters(list) {
  if (list.length === 0) return [];
  const rows = list.map((one) =>
    row([one.name + (one.required ? " (required)" : ""), one.in, words(one.schema), one.description]));
  return [element("table", undefined, [row(["parameter", "in", "type", "meaning"], "th"), ...rows])];
}

function answers(responses, shared) {
  const rows = Object.entries(responses).map(([status, response]) => {
    const told = response.$ref ? shared[response.$ref.split("/").pop()] : response;
    const content = Object.entries(told.content || {});
    const types = content.map(([type, one]) => `${type}: ${words(one.schema)}`).join("; ");
    return row([status, told.description, types]);
  });
  return element("table", undefined, [row(["status", "meaning", "body"], "th"), ...rows]);
}

function operation(path, method, told, shared) {
  const made = element("details", undefined, [
    element("summary", undefined, [
      element("b", method.toUpperCase()), element("code", path), element("span", told.summary),
    ]),
    ...parameters(told.parameters || []),
  ]);
  if (told.requestBody) {
    const schema = told.requestBody.content["application/json"].schema;
    made.append(element("p", "Body:"), element("pre", JSON.stringify(schema, null, 2)));
  }
  made.append(answers(told.responses, shared));
  made.dataset.words = `${method} ${path} ${told.summary} ${told.tags.join(" ")}`.toLowerCase();
  return made;
}

function show(told) {
  const groups = new Map();
  for (const [path, item] of Object.entries(told.paths)) {
    for (const [method, one] of Object.entries(item)) {
      const tag = one.tags[0];
      if (!groups.has(tag)) groups.set(tag, element("section", undefined, [element("h2", tag)]));
      groups.get(tag).append(operation(path, method, one, told.components.responses));
    }
  }
  document.getElementById("operations").append(...groups.values());
  for (const [name, schema] of Object.entries(told.components.schemas)) {
    const text = element("pre", JSON.stringify(schema, null, 2));
    document.getElementById("schemas").append(
      element("details", undefined, [element("summary", name), text]));
  }
  document.getElementById("about").textContent = told.info.description;
}

function filter(event) {
  const wanted = event.target.value.toLowerCase().split(/\s+/);
  for (const one of document.querySelectorAll("#operations details")) {
    one.hidden = !wanted.every((word) => one.dataset.words.includes(word));
  }
}

document.getElementById("filter").addEventListener("input", filter);
fetch("/v2/inthreat/openapi.json")
  .then((answer) => answer.json())
  .then(show)
  .catch((error) => {
    document.getElementById("about").textContent = `The document could not be read: ${error}`;
  });
