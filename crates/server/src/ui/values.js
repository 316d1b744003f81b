// What values and objects mean: pure functions, which touch neither the page nor the network.

/** The types of observables (CONTRACT 3.2), those first that people look up most. */
export const TYPES = [
  "ipv4-addr", "ipv6-addr", "domain-name", "url", "file", "email-addr", "address", "artifact", "autonomous-system",
  "directory", "email-message", "filename", "individual", "mac-addr", "mutex", "observable-relationship", "organization",
  "phone-number", "process", "software", "text", "user-account", "windows-registry-key", "x509-certificate",
];

const DEFANGED = [
  ["[://]", "://"], ["[.]", "."], ["(.)", "."], ["{.}", "."], ["[dot]", "."], ["(dot)", "."], ["{dot}", "."],
  ["[:]", ":"], ["[@]", "@"], ["[at]", "@"],
];

/** The markings of the Traffic Light Protocol in versions 1 and 2, by their UUIDs; the strictest last. */
const TLP = new Map([
  ["613f2e26-407d-48c7-9eca-b8e91df99dc9", "white"],
  ["94868c89-83c2-464b-929b-a1a8aa3c8487", "clear"],
  ["34098fce-860f-48ae-8e50-ebd3cc5e41da", "green"],
  ["bab4a63c-aed9-4cf5-a766-dfca5abac2bb", "green"],
  ["f88d31f6-486f-44da-b317-01333bde0b82", "amber"],
  ["55d920b0-5e8b-4f79-9ee9-91f868d9b421", "amber"],
  ["939a9414-2ddd-4d32-a0cd-375ea402b003", "amber+strict"],
  ["5e57c739-391a-4eb3-b6be-7d15ca92d5ed", "red"],
  ["e828b379-4e03-4974-9ac4-e53a884c97c1", "red"],
]);
const STRICTER = [...TLP.values()];

/** The longest text of an object that is shown, in characters. */
const TEXT_MAX = 4000;

/** The value without what keeps mail programs from making a link of it. */
export function plain(value) {
  let text = value.trim();
  for (const [written, meant] of DEFANGED) text = text.replaceAll(written, meant);
  return text.replace(/^h(?:xx|tt)p(s?):\/\//i, (_, secure) => `http${secure.toLowerCase()}://`);
}

/** The type that a value most likely has; `undefined` when nothing fits. */
export function guess(value) {
  const text = plain(value);
  if ([32, 40, 56, 64, 96, 128].includes(text.length) && /^[0-9a-f]+$/i.test(text)) return "file";
  if (text.includes("://")) return "url";
  const slash = text.indexOf("/");
  const address = slash < 0 ? text : text.slice(0, slash);
  const suffix = slash < 0 ? "0" : text.slice(slash + 1);
  if (/^\d{1,3}$/.test(suffix) && Number(suffix) < 256) {
    if (isIpv4(address)) return "ipv4-addr";
    if (isIpv6(address)) return "ipv6-addr";
  }
  const at = text.indexOf("@");
  if (at >= 0) return at > 0 && isHost(text.slice(at + 1)) ? "email-addr" : undefined;
  return isHost(text) ? "domain-name" : undefined;
}

function isIpv4(text) {
  return /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/.test(text);
}

function isIpv6(text) {
  return text.length < 46 && /^[0-9a-f.]*:[0-9a-f:.]*$/i.test(text) && URL.canParse(`http://[${text}]/`);
}

function isHost(text) {
  const labels = (text.endsWith(".") ? text.slice(0, -1) : text).split(".");
  return labels.length > 1 && labels.every((label) => /^[\p{Alphabetic}\p{Number}_-]{1,63}$/u.test(label));
}

/** Whether a text is the id of an object. */
export function isId(text) {
  return typeof text === "string" &&
    /^[a-z][a-z0-9-]{0,250}--[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);
}

/** A text of somebody else: what would be invisible or turn others around is written as what it is, and it has an end. */
export function visible(text) {
  const written = String(text).slice(0, TEXT_MAX)
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu, (one) =>
      one === "\n" || one === "\t" ? one : `\\u{${one.codePointAt(0).toString(16)}}`);
  return String(text).length > TEXT_MAX ? `${written}…` : written;
}

/** What an object is called. */
export function nameOf(object) {
  for (const name of [object.name, object.value, object.pattern, object.id]) {
    if (typeof name === "string" && name !== "") return name;
  }
  return String(object.type);
}

/** The elements of a property that should be a list, at most so many. */
export function list(value, max = 100) {
  return Array.isArray(value) ? value.slice(0, max) : [];
}

/** The strictest level of the Traffic Light Protocol among an object's markings, and its other markings. */
export function markings(object) {
  const refs = list(object.object_marking_refs).filter(isId);
  const level = (ref) => TLP.get(ref.toLowerCase().slice(ref.indexOf("--") + 2));
  const levels = refs.map(level).filter(Boolean).sort((a, b) => STRICTER.indexOf(a) - STRICTER.indexOf(b));
  return { tlp: levels.at(-1), others: refs.filter((ref) => !level(ref)) };
}

/** Whether an object counts at an instant (milliseconds since 1970): a word for the style, and one for people. */
export function validity(object, now) {
  if (object.revoked === true) return ["revoked", "revoked"];
  if (object.type !== "indicator") return undefined;
  if (Date.parse(object.valid_until) <= now) return ["expired", "expired"];
  if (Date.parse(object.valid_from) > now) return ["early", "not valid yet"];
  return ["active", "active"];
}

/** An instant in UTC, to the second. */
export function instant(text) {
  const parts = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.\d+)?Z$/.exec(text);
  return parts ? `${parts[1]} ${parts[2]} UTC` : String(text);
}

/** A time in seconds, in the unit that fits. */
export function span(seconds) {
  const [unit, length] = [["d", 86400], ["h", 3600], ["min", 60]].find(([, length]) => seconds >= 2 * length) || ["s", 1];
  return `${Math.floor(seconds / length)} ${unit}`;
}
