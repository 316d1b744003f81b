// Looks at the page as people do, in a browser: `node page.mjs MODULES CHROMIUM OPEN CLOSED KEY [SHOTS]`.
//
// MODULES has `playwright-core`, OPEN is a server that asks for no key, CLOSED one that asks for KEY, and SHOTS the folder
// that pictures are written to.

import assert from "node:assert/strict";
import { statSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const [modules, executablePath, open, closed, key, shots] = process.argv.slice(2);
const { chromium } = createRequire(join(modules, "package.json"))("playwright-core");

const VALUES = [
  ["198.51.100.7", "ipv4-addr"], [" 198.51.100(dot)7 ", "ipv4-addr"], ["198.51.100.0/24", "ipv4-addr"],
  ["198.51.100.256", "domain-name"], ["2001:db8::1", "ipv6-addr"], ["::ffff:198.51.100.7", "ipv6-addr"],
  ["api.ontracting.com", "domain-name"], ["bücher.example.", "domain-name"], ["hxxp://evil[.]example/a", "url"],
  ["eicar@sekoia.io", "email-addr"], ["44D88612FEA8A8F36DE82E1278ABB02F", "file"],
  ["not a value", undefined], ["localhost", undefined], ["", undefined], ["@evil.example", undefined],
];

/** A page that keeps what it must not have: complaints, windows that ask, and questions to others than the server. */
async function look(context, url) {
  const page = await context.newPage();
  const wrong = [];
  page.on("console", (message) => {
    // The browser's own words for a key that is missing, which is the point there.
    const isRefusal = url === closed && message.text().includes("401");
    if (["error", "warning"].includes(message.type()) && !isRefusal) wrong.push(message.text());
  });
  page.on("pageerror", (error) => wrong.push(String(error)));
  page.on("dialog", (dialog) => {
    wrong.push(`dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  page.on("request", (request) => {
    if (!request.url().startsWith(`${url}/`) && !request.url().startsWith("data:")) wrong.push(request.url());
    if (request.url().includes(key)) wrong.push(`the key is in ${request.url()}`);
  });
  await page.addInitScript(() => {
    window.violations = [];
    document.addEventListener("securitypolicyviolation", (event) =>
      window.violations.push(`${event.violatedDirective}: ${event.blockedURI} ${event.sample}`));
  });
  await page.goto(`${url}/`);
  const fine = async () => {
    assert.deepEqual(wrong, []);
    assert.deepEqual(await page.evaluate(() => window.violations), []);
  };
  return { page, fine };
}

async function lookUp(page, value) {
  await page.getByLabel("Value or id").fill(value);
  await page.keyboard.press("Enter");
}

const drawn = (page) => page.locator("#graph[data-nodes]").waitFor();

async function aLookUp({ page, fine }) {
  await page.locator("#feed-table td").first().waitFor();
  const guesses = await page.evaluate(async (values) => {
    const { guess } = await import("/ui/values.js");
    return values.map(([value]) => [value, guess(value)]);
  }, VALUES);
  assert.deepEqual(guesses, VALUES);

  await lookUp(page, "cdn[.]heron.example");
  await drawn(page);
  assert.match(await page.locator("#told").textContent(), /^3 indicators of this domain-name/);
  const cards = page.locator("article");
  assert.equal(await cards.count(), 3);
  const texts = (await cards.allInnerTexts()).join("\n");
  for (const text of [
    "TLP:AMBER", "TLP:GREEN", "TLP:CLEAR", "confidence 85 of 100", "active", "expired", "revoked", "Example Research", "Heron Watch",
    "command-and-control (mitre-attack)", "until 2999-01-01 00:00:00 UTC",
  ]) assert.ok(texts.includes(text), `${text} is not in ${texts}`);
  const link = page.getByRole("link", { name: "https://research.example/snakebite" });
  assert.equal(await link.getAttribute("rel"), "noopener noreferrer");
  await fine();
}

async function aGraph({ page, fine }) {
  const nodes = Number(await page.locator("#graph").getAttribute("data-nodes"));
  assert.ok(nodes >= 8, `${nodes} nodes`);
  // Something is painted: not every pixel is as empty as the first.
  const painted = await page.locator("#graph canvas").evaluateAll((all) => all.some((canvas) => {
    const { width, height } = canvas;
    const pixels = canvas.getContext("2d")?.getImageData(0, 0, width, height).data ?? [];
    return pixels.some((value) => value !== 0);
  }));
  assert.ok(painted, "the graph is empty");
  const list = await page.locator("#list").innerText();
  assert.match(list, /indicator cdn\.heron\.example\s+indicates\s+malware SnakeBite/);
  const height = () => page.locator("#graph").evaluate((graph) => graph.clientHeight);
  assert.ok(await height() > 300);
  for (const name of ["Zoom in", "Zoom out", "Show all"]) await page.getByRole("button", { name }).click();
  await fine();
}

async function byKeyboard({ page, fine }) {
  // What was clicked last is where the next key would go on from.
  await page.reload();
  await drawn(page);
  const seen = [];
  for (let press = 0; press < 60 && !seen.includes("A SnakeBite"); press += 1) {
    await page.keyboard.press("Tab");
    seen.push(await page.evaluate(() => {
      const one = document.activeElement;
      const style = getComputedStyle(one);
      if (style.outlineStyle === "none") return `${one.tagName} without a focus that is seen`;
      return `${one.tagName} ${one.id || one.textContent.trim()}`;
    }));
  }
  for (const stop of ["A Skip to the results", "INPUT value", "SELECT type", "BUTTON Look up", "BUTTON closer", "A SnakeBite"]) {
    assert.ok(seen.includes(stop), `${stop} cannot be reached: ${seen}`);
  }
  assert.ok(!seen.some((one) => one.includes("without")), String(seen));
  const unnamed = await page.locator("input, select, button").evaluateAll((all) =>
    all.filter((one) => !one.labels?.length && !one.textContent.trim()).map((one) => one.outerHTML));
  assert.deepEqual(unnamed, []);
  await page.keyboard.press("Enter");
  await page.locator("article h3", { hasText: /^SnakeBite$/ }).waitFor();
  await drawn(page);
  await page.goBack();
  await page.locator("article h3", { hasText: /^cdn\.heron\.example$/ }).waitFor();
  await drawn(page);
  await fine();
}

async function inTheDark({ page, fine }) {
  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await ground();
  await lookUp(page, "indicator--00000000-0000-4000-8000-000000000010");
  await page.getByText("1 object.").waitFor();
  await drawn(page);
  if (shots) await shoot(page, "light");
  await page.emulateMedia({ colorScheme: "dark" });
  assert.notEqual(await ground(), light);
  const [red] = (await ground()).match(/\d+/g).map(Number);
  assert.ok(red < 64, await ground());
  if (shots) await shoot(page, "dark");
  await fine();
}

async function shoot(page, name) {
  const path = join(shots, `page-${name}.png`);
  await page.evaluate(() => scrollTo(0, 0));
  await page.screenshot({ path });
  assert.ok(statSync(path).size < 200_000, `${path} is too large`);
}

async function somethingHostile({ page, fine }) {
  await lookUp(page, "hostile.example");
  await page.locator("article", { hasText: "onerror=alert(1)" }).waitFor();
  await drawn(page);
  const text = await page.locator("main").innerText();
  for (const told of ["</script><script>alert(3)</script>", "\\u{202e}gpj.exe", "\\u{1b}[2J", "javascript:alert(8)"]) {
    assert.ok(text.includes(told), `${told} is not in ${text}`);
  }
  assert.ok(!/[\u0000-\u0008\u200b-\u200f\u202a-\u202e\u2066-\u2069]/.test(text), "something invisible is left");
  assert.ok(text.length < 40_000, "a text has no end");
  const made = await page.locator("main").evaluate((main) =>
    main.querySelectorAll("img, script, iframe, svg, style, b, [onmouseover], [onclick], [style*=url]").length);
  assert.equal(made, 0, "an object made an element");
  const links = await page.locator("main a").evaluateAll((all) => all.map((one) => one.href));
  for (const href of links) assert.match(href, /^https?:\/\//, href);
  assert.ok(links.some((href) => href.startsWith("https://good.example/%22onclick")), String(links));
  await page.locator("#list a", { hasText: "onerror=alert(13)" }).first().click();
  await page.locator("article h3", { hasText: "onerror=alert(13)" }).waitFor();
  await drawn(page);
  await fine();
}

async function feeds({ page, fine }) {
  const rows = page.locator("#feed-table tbody tr:visible");
  const all = await rows.count();
  assert.ok(all >= 2, `${all} feeds`);
  const own = page.locator("#feed-table tr", { hasText: "alert(20)" });
  assert.match(await own.innerText(), /types: indicator.*TLP: green.*sources: Example Research.*no revoked.*no expired/s);
  await page.getByLabel("Show only feeds").fill("ALERT(20) indicator");
  assert.equal(await rows.count(), 1);
  await page.getByLabel("Show only feeds").fill("");
  assert.match(await page.locator("#pulled").innerText(), /the whole copy/);
  await fine();
}

async function nothingFound({ page, fine }) {
  await lookUp(page, "what is this");
  await page.getByText("choose one").waitFor();
  await lookUp(page, "nobody.example");
  await page.getByText("No indicator names this domain-name.").waitFor();
  assert.equal(await page.locator("article:visible").count(), 0);
  await fine();
}

async function withAKey({ page, fine }) {
  const field = page.getByLabel("Key of this server");
  await field.fill("not-a-key");
  await page.keyboard.press("Enter");
  await page.getByText("This key is not taken.").waitFor();
  await field.fill(key);
  await page.keyboard.press("Enter");
  await page.locator("#feed-table td").first().waitFor();
  await lookUp(page, "cdn.heron.example");
  await drawn(page);
  assert.ok(!(await field.isVisible()));
  assert.ok(!page.url().includes(key));
  assert.ok(!(await page.content()).includes(key));
  await page.reload();
  await drawn(page);
  await page.getByRole("button", { name: "Forget the key" }).click();
  await page.getByText("This server asks for a key.").waitFor();
  assert.equal(await page.evaluate(() => sessionStorage.length + localStorage.length), 0);
  await fine();
}

// Nobody else's pages are shown, and tests run as root where the browser has no sandbox.
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });
try {
  const context = await browser.newContext({ viewport: { width: 1000, height: 1070 } });
  const opened = await look(context, open);
  for (const step of [aLookUp, aGraph, byKeyboard, inTheDark, somethingHostile, feeds, nothingFound]) await step(opened);
  await withAKey(await look(context, closed));
} finally {
  await browser.close();
}
