// Draws objects and what relates them: drag, zoom, keyboard, and the properties of what is chosen.
//
// inthreatGraph.draw(host, data) draws into an element, in the place of what is there. `data` is
// { nodes: [{ id, type, name, note, root, object }], edges: [{ from, to, label }] }, `from` and `to` being places in
// `nodes`. Whatever is in an object is text, and never becomes markup, a style, an address or a script. A page that has
// elements with the ids `inthreat-graph` and `inthreat-graph-data` (JSON) is drawn at once.
"use strict";

(() => {
  const SVG = "http://www.w3.org/2000/svg";
  const WIDTH = 180;
  const HEIGHT = 44;
  const DEPTH_MAX = 8;
  // Only these are taken into the name of a class.
  const KINDS = new Set([
    "attack-pattern", "campaign", "course-of-action", "indicator", "infrastructure", "intrusion-set", "malware",
    "threat-actor", "tool", "vulnerability",
  ]);

  // Control characters and those that turn the direction of text are spelled out.
  const STEERING = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/gu;
  const visible = (value, keep = "") =>
    String(value).replace(STEERING, (c) => (keep.includes(c) ? c : `\\u{${c.codePointAt(0).toString(16)}}`));
  const cut = (text, length) => {
    const characters = [...text];
    return characters.length > length ? `${characters.slice(0, length - 1).join("")}\u2026` : text;
  };

  const make = (name, parent, attributes = {}, text = "") => {
    const element = document.createElement(name);
    return finish(element, parent, attributes, text);
  };
  const shape = (name, parent, attributes = {}, text = "") => {
    const element = document.createElementNS(SVG, name);
    return finish(element, parent, attributes, text);
  };
  const finish = (element, parent, attributes, text) => {
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    if (text !== "") element.textContent = text;
    parent?.append(element);
    return element;
  };

  // Where each node stands: rings around the roots first, then pushed apart and pulled together. The same data gives
  // the same picture.
  function layout(nodes, edges) {
    const near = nodes.map(() => []);
    for (const { from, to } of edges) {
      near[from].push(to);
      near[to].push(from);
    }
    const ring = nodes.map((node) => (node.root ? 0 : -1));
    const queue = ring.flatMap((value, index) => (value === 0 ? [index] : []));
    for (let at = 0; at < queue.length; at += 1) {
      for (const other of near[queue[at]]) {
        if (ring[other] < 0) {
          ring[other] = ring[queue[at]] + 1;
          queue.push(other);
        }
      }
    }
    const outer = Math.max(0, ...ring) + 1;
    const counts = new Map();
    const places = ring.map((value) => {
      const level = value < 0 ? outer : value;
      const place = counts.get(level) ?? 0;
      counts.set(level, place + 1);
      return { level, place };
    });
    const points = places.map(({ level, place }) => {
      const count = counts.get(level);
      const radius = Math.max(level * 260, (count * 70) / Math.PI) * (level === 0 && count === 1 ? 0 : 1);
      const angle = (2 * Math.PI * place) / count + level;
      return { x: radius * Math.cos(angle), y: radius * 0.7 * Math.sin(angle) };
    });
    relax(points, edges);
    separate(points);
    return points;
  }

  function relax(points, edges) {
    const count = points.length;
    const rounds = Math.max(8, Math.min(250, Math.floor(1.2e7 / (count * count + 1))));
    for (let round = 0; round < rounds; round += 1) {
      const heat = 40 * (1 - round / rounds);
      const moves = points.map(() => ({ x: 0, y: 0 }));
      for (let a = 0; a < count; a += 1) {
        for (let b = a + 1; b < count; b += 1) {
          // Boxes are wide, so height counts more.
          const x = points[a].x - points[b].x || (a - b) * 0.01;
          const y = (points[a].y - points[b].y) * 1.8 || (b - a) * 0.01;
          const force = 60000 / (x * x + y * y + 1);
          const length = Math.hypot(x, y);
          moves[a].x += (force * x) / length;
          moves[a].y += (force * y) / length;
          moves[b].x -= (force * x) / length;
          moves[b].y -= (force * y) / length;
        }
      }
      for (const { from, to } of edges) {
        const x = points[to].x - points[from].x;
        const y = points[to].y - points[from].y;
        const length = Math.hypot(x, y) || 1;
        const force = (length - 230) * 0.06;
        moves[from].x += (force * x) / length;
        moves[from].y += (force * y) / length;
        moves[to].x -= (force * x) / length;
        moves[to].y -= (force * y) / length;
      }
      points.forEach((point, index) => {
        const { x, y } = moves[index];
        const length = Math.hypot(x, y) || 1;
        const step = Math.min(length, heat) / length;
        point.x += x * step;
        point.y += y * step;
      });
    }
  }

  // Pushes boxes apart that lie on each other, along the shorter way.
  function separate(points) {
    const order = points.map((_, index) => index);
    for (let round = 0; round < 80; round += 1) {
      let hasMoved = false;
      order.sort((a, b) => points[a].y - points[b].y);
      for (let at = 0; at < order.length; at += 1) {
        for (let next = at + 1; next < order.length; next += 1) {
          const [upper, lower] = [points[order[at]], points[order[next]]];
          const aside = WIDTH + 16 - Math.abs(lower.x - upper.x);
          const above = HEIGHT + 18 - (lower.y - upper.y);
          if (above <= 0) break;
          if (aside <= 0) continue;
          hasMoved = true;
          if (above < aside) {
            upper.y -= above / 2;
            lower.y += above / 2;
          } else {
            const way = lower.x < upper.x ? -1 : 1;
            upper.x -= (way * aside) / 2;
            lower.x += (way * aside) / 2;
          }
        }
      }
      if (!hasMoved) break;
    }
  }

  // Where the line from the middle of one box to another leaves the box.
  function border(from, to) {
    const x = to.x - from.x;
    const y = to.y - from.y;
    const scale = Math.min(
      x === 0 ? Infinity : (WIDTH / 2 + 4) / Math.abs(x),
      y === 0 ? Infinity : (HEIGHT / 2 + 4) / Math.abs(y),
      0.5,
    );
    return { x: from.x + x * scale, y: from.y + y * scale };
  }

  // Relations between the same two objects share a line.
  function joined(edges) {
    const lines = new Map();
    for (const { from, to, label } of edges) {
      const key = `${from} ${to}`;
      const line = lines.get(key) ?? { from, to, labels: [] };
      if (!line.labels.includes(label)) line.labels.push(label);
      lines.set(key, line);
    }
    return [...lines.values()];
  }

  // A value of an object as text in lists and terms.
  function show(value, parent, depth) {
    if (value === null || typeof value !== "object" || depth > DEPTH_MAX) {
      const text = typeof value === "object" ? JSON.stringify(value) : value;
      make("span", parent, {}, visible(text, "\n\t"));
    } else if (Array.isArray(value)) {
      const list = make("ul", parent);
      for (const item of value) show(item, make("li", list), depth + 1);
    } else {
      const list = make("dl", parent);
      for (const [name, inner] of Object.entries(value)) {
        make("dt", list, {}, visible(name));
        show(inner, make("dd", list), depth + 1);
      }
    }
  }

  function draw(host, data) {
    const nodes = data.nodes;
    const edges = data.edges.filter(({ from, to }) => nodes[from] && nodes[to]);
    const lines = joined(edges);
    const points = layout(nodes, edges);
    host.classList.add("graph");
    host.replaceChildren();
    const svg = shape("svg", host, { role: "group", "aria-label": "Objects and what relates them" });
    const defs = shape("defs", svg);
    const arrow = shape("marker", defs, {
      id: "graph-arrow", viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 8, markerHeight: 8, orient: "auto",
    });
    shape("path", arrow, { d: "M0 0 8 4 0 8Z", class: "graph-arrow" });
    const scene = shape("g", svg);
    const panel = make("aside", host, { class: "graph-panel", hidden: "", "aria-label": "Properties", tabindex: "-1" });
    const view = { x: 0, y: 0, scale: 1 };

    const edgeShapes = lines.map((line) => {
      const group = shape("g", scene, { class: "graph-edge" });
      const stroke = shape("line", group, { "marker-end": "url(#graph-arrow)" });
      const label = shape("text", group, {}, cut(visible(line.labels.join(", ")), 40));
      return { line, group, stroke, label };
    });
    const nodeShapes = nodes.map((node, index) => {
      const kind = KINDS.has(node.type) ? ` kind-${node.type}` : "";
      const words = `${visible(node.type)} ${visible(node.name)}`;
      const group = shape("g", scene, {
        class: `graph-node${kind}${node.root ? " is-root" : ""}`, tabindex: "0", role: "button", "aria-label": words,
      });
      shape("title", group, {}, words);
      shape("rect", group, { x: -WIDTH / 2, y: -HEIGHT / 2, width: WIDTH, height: HEIGHT, rx: 8 });
      const mark = node.note ? `${node.type} \u00b7 ${node.note}` : node.type;
      shape("text", group, { x: 10 - WIDTH / 2, y: -5, class: "graph-kind" }, cut(visible(mark), 32));
      shape("text", group, { x: 10 - WIDTH / 2, y: 13 }, cut(visible(node.name), 24));
      group.addEventListener("keydown", (event) => onNodeKey(event, index));
      return group;
    });

    function place() {
      nodeShapes.forEach((group, index) => {
        group.setAttribute("transform", `translate(${points[index].x} ${points[index].y})`);
      });
      for (const { line, stroke, label } of edgeShapes) {
        const start = border(points[line.from], points[line.to]);
        const end = border(points[line.to], points[line.from]);
        for (const [name, value] of [["x1", start.x], ["y1", start.y], ["x2", end.x], ["y2", end.y]]) {
          stroke.setAttribute(name, value);
        }
        label.setAttribute("x", (start.x + end.x) / 2);
        label.setAttribute("y", (start.y + end.y) / 2 - 4);
      }
    }
    const look = () => scene.setAttribute("transform", `translate(${view.x} ${view.y}) scale(${view.scale})`);

    function fit() {
      const box = svg.getBoundingClientRect();
      const xs = points.map(({ x }) => x);
      const ys = points.map(({ y }) => y);
      const [left, right] = [Math.min(...xs) - WIDTH / 2 - 20, Math.max(...xs) + WIDTH / 2 + 20];
      const [top, bottom] = [Math.min(...ys) - HEIGHT - 20, Math.max(...ys) + HEIGHT + 20];
      const scale = Math.min(box.width / (right - left), box.height / (bottom - top), 1.5);
      view.scale = Number.isFinite(scale) && scale > 0 ? scale : 1;
      view.x = box.width / 2 - ((left + right) / 2) * view.scale;
      view.y = box.height / 2 - ((top + bottom) / 2) * view.scale;
      look();
    }

    function zoom(factor, x, y) {
      const scale = Math.min(4, Math.max(0.02, view.scale * factor));
      view.x = x - ((x - view.x) * scale) / view.scale;
      view.y = y - ((y - view.y) * scale) / view.scale;
      view.scale = scale;
      look();
    }
    const zoomMiddle = (factor) => zoom(factor, svg.clientWidth / 2, svg.clientHeight / 2);

    function choose(index) {
      nodeShapes.forEach((group, at) => group.classList.toggle("is-chosen", at === index));
      for (const { line, group } of edgeShapes) {
        group.classList.toggle("is-near", line.from === index || line.to === index);
      }
      panel.hidden = index < 0;
      panel.replaceChildren();
      if (index < 0) return;
      const node = nodes[index];
      const close = make("button", panel, { type: "button" }, "Close");
      close.addEventListener("click", () => leave(index));
      make("h2", panel, {}, visible(node.name || node.id));
      show(node.object ?? { type: node.type, id: node.id }, panel, 0);
      const relations = lines.filter(({ from, to }) => from === index || to === index);
      if (relations.length > 0) make("h3", panel, {}, "Relations");
      const list = make("ul", panel);
      for (const { from, to, labels } of relations) {
        const other = from === index ? to : from;
        const verb = visible(labels.join(", "));
        const name = visible(nodes[other].name || nodes[other].id);
        const words = from === index ? `${verb} \u2192 ${name}` : `${name} \u2192 ${verb}`;
        make("button", make("li", list), { type: "button" }, words).addEventListener("click", () => {
          choose(other);
          panel.focus();
        });
      }
    }

    function leave(index) {
      choose(-1);
      nodeShapes[index]?.focus();
    }

    // The nearest node that lies in the direction of an arrow key.
    function neighbour(index, [dx, dy]) {
      let best = -1;
      let distance = Infinity;
      points.forEach((point, other) => {
        const x = point.x - points[index].x;
        const y = point.y - points[index].y;
        const along = x * dx + y * dy;
        const aside = Math.abs(x * dy - y * dx);
        if (other !== index && along > 0 && along + 2 * aside < distance) {
          best = other;
          distance = along + 2 * aside;
        }
      });
      return best;
    }

    const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

    function onNodeKey(event, index) {
      if (event.key === "Enter" || event.key === " ") {
        choose(index);
        event.preventDefault();
      } else if (ARROWS[event.key]) {
        const other = neighbour(index, ARROWS[event.key]);
        if (other >= 0) nodeShapes[other].focus();
        event.preventDefault();
        event.stopPropagation();
      }
    }

    host.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === "+" || event.key === "=") zoomMiddle(1.25);
      else if (event.key === "-") zoomMiddle(0.8);
      else if (event.key === "0") fit();
      else if (event.key === "Escape" && !panel.hidden) {
        leave(nodeShapes.findIndex((group) => group.classList.contains("is-chosen")));
      } else return;
      event.preventDefault();
    });

    // The pointer moves a node, or everything; a press that moves nothing chooses.
    let held = null;
    svg.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      const index = nodeShapes.findIndex((group) => group.contains(event.target));
      held = { index, x: event.clientX, y: event.clientY, hasMoved: false };
      svg.setPointerCapture(event.pointerId);
    });
    svg.addEventListener("pointermove", (event) => {
      if (!held) return;
      const x = event.clientX - held.x;
      const y = event.clientY - held.y;
      if (!held.hasMoved && Math.hypot(x, y) < 4) return;
      held = { ...held, x: event.clientX, y: event.clientY, hasMoved: true };
      if (held.index < 0) {
        view.x += x;
        view.y += y;
        look();
      } else {
        points[held.index].x += x / view.scale;
        points[held.index].y += y / view.scale;
        place();
      }
    });
    svg.addEventListener("pointerup", () => {
      if (held && !held.hasMoved) {
        choose(held.index);
        nodeShapes[held.index]?.focus();
      }
      held = null;
    });
    svg.addEventListener("pointercancel", () => { held = null; });
    svg.addEventListener("wheel", (event) => {
      const box = svg.getBoundingClientRect();
      zoom(Math.exp(-event.deltaY * 0.0015), event.clientX - box.left, event.clientY - box.top);
      event.preventDefault();
    }, { passive: false });

    const tools = make("div", host, { class: "graph-tools", role: "group", "aria-label": "View" });
    for (const [sign, words, act] of [
      ["+", "Nearer (+)", () => zoomMiddle(1.25)],
      ["\u2212", "Farther (-)", () => zoomMiddle(0.8)],
      ["Fit", "See everything (0)", fit],
    ]) {
      make("button", tools, { type: "button", "aria-label": words, title: words }, sign).addEventListener("click", act);
    }
    place();
    fit();
    return { choose, fit };
  }

  globalThis.inthreatGraph = Object.freeze({ draw });
  const host = document.getElementById("inthreat-graph");
  const data = document.getElementById("inthreat-graph-data");
  if (host && data) globalThis.inthreatGraph.draw(host, JSON.parse(data.textContent));
})();
