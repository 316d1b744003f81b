// Questions to this server, with the key that somebody typed.

const KEY = "inthreat-key";
/** How long an answer may take, in milliseconds. */
const PATIENCE = 60_000;
/** How many objects are asked for at once, and in all: the server's own limit is higher. */
const AT_ONCE = 40;
export const OBJECTS_MAX = 100;

/** Why there is no answer: the words of the server, and the status, or 0 when it was not reached. */
export class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/** Whether a key was typed. */
export function hasKey() {
  return sessionStorage.getItem(KEY) !== null;
}

/** Keeps a key until the tab is closed, or forgets it. */
export function useKey(key) {
  if (key) sessionStorage.setItem(KEY, key);
  else sessionStorage.removeItem(KEY);
}

async function fetchFrom(path, signal) {
  const key = sessionStorage.getItem(KEY);
  const headers = key === null ? {} : { authorization: `Bearer ${key}` };
  const ends = [AbortSignal.timeout(PATIENCE), ...(signal ? [signal] : [])];
  let answer;
  try {
    // Without credentials of the browser's own, so that it does not ask for a name and a password.
    answer = await fetch(path, { headers, credentials: "omit", redirect: "error", signal: AbortSignal.any(ends) });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Refused(0, "the server does not answer");
  }
  if (answer.ok) return answer;
  const told = await answer.json().catch(() => ({}));
  throw new Refused(answer.status, `${told.message || "no answer"} (${answer.status})`);
}

/** An answer in JSON. */
export async function ask(path, signal) {
  return (await fetchFrom(`/v2/inthreat/${path}`, signal)).json();
}

/** The figures of the server, as text. */
export async function figures() {
  return (await fetchFrom("/metrics")).text();
}

/** Reads objects into a map by id, where it does not have them; those that cannot be read are left out. */
export async function resolve(ids, known, signal) {
  const missing = [...new Set(ids)].filter((id) => !known.has(id)).slice(0, OBJECTS_MAX);
  for (let start = 0; start < missing.length; start += AT_ONCE) {
    const some = missing.slice(start, start + AT_ONCE);
    try {
      const answer = await ask(`objects/${some.map(encodeURIComponent).join(",")}`, signal);
      for (const object of answer.items || [answer.data]) known.set(object?.id, object);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
    }
  }
}
