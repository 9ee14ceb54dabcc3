"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const $ = (id) => document.getElementById(id);
  const make = (tag, text, attributes) => {
    const element = document.createElement(tag);
    if (text !== undefined && text !== null) { element.textContent = text; }
    for (const [name, value] of Object.entries(attributes || {})) { element.setAttribute(name, value); }
    return element;
  };
  let lang = data.lang;
  let view = data.views[0];
  let network = null;
  let nodes = null;
  let edges = null;
  let selected = null;
  const off = new Set();          // statuses that are filtered out
  let query = "";
  let chain = "";

  const word = (key) => data.words[lang][key] || key;
  const boxes = new Map(data.boxes.map((box) => [box.id, box]));
  const nameOf = (id) => { const box = boxes.get(id); return box ? (box[lang] || box.id) : id; };
  const status = (box) => data.statuses[box.s];
  const inView = () => view.nodes.map((node) => boxes.get(node[0])).filter(Boolean);
  const hatched = (box) => !box.members && Boolean(status(box).hatch);
  const fits = (box) => (!chain || box.ch.includes(chain) || box.members) && !off.has(box.s);
  const found = (box) => !query || [box.zh, box.en, box.id, ...(box.called || [])].some((t) => (t || "").toLowerCase().includes(query));

  function labelOf(box) {
    const mark = box.members || box.plain ? "" : status(box).mark + " ";
    return (mark + shortName(nameOf(box.id)) + "\n" + secondLine(box)).trim();
  }

  function shortName(name) {
    const widthOf = (text) => [...text].reduce((sum, letter) => sum + (letter.charCodeAt(0) > 255 ? 2 : 1), 0);
    if (widthOf(name) <= 18) { return name; }
    let out = "";
    for (const letter of name) {
      if (widthOf(out + letter) > 16) { break; }
      out += letter;
    }
    return out.trim() + "…";
  }

  function secondLine(box) {
    if (box.members) {
      return data.statuses.map((s, i) => [s.mark, box.counts[i]]).filter((p) => p[1]).map((p) => p[0] + p[1]).join("  ");
    }
    if (box.plain) { return ""; }
    const nobody = status(box).key === "open" ? box.ev[lang] : status(box)[lang];   // 0 would claim too much
    const parts = [box.n ? word("makers_n").replace("{n}", box.n) : nobody];
    if (box.cov) { parts.push(box.cov); }
    return parts.join(" · ");
  }

  function groupStyles() {
    const groups = {};
    data.statuses.forEach((s, i) => {
      groups["s" + i] = {
        color: { background: s.fill, border: s.line, highlight: { background: s.fill, border: "#D9480F" }, hover: { background: s.fill, border: "#D9480F" } },
        font: { color: s.hatch ? "rgba(0,0,0,0)" : s.text }, borderWidth: s.width, shapeProperties: { borderDashes: s.dashes, borderRadius: 3 }
      };
    });
    groups.more = { color: { background: "#FFFFFF", border: "#0B4F8A", highlight: { background: "#FFFFFF", border: "#D9480F" }, hover: { background: "#EAF2F9", border: "#D9480F" } }, font: { color: "#1A1A1A" }, borderWidth: 2, shapeProperties: { borderDashes: false, borderRadius: 8 } };
    return groups;
  }

  function draw() {
    const big = view.nodes.length > 800;
    nodes = new vis.DataSet(view.nodes.map(([id, x, y]) => {
      const box = boxes.get(id);
      return { id, x, y, label: labelOf(box), group: box.members ? "more" : "s" + box.s, hidden: !fits(box) };
    }));
    edges = new vis.DataSet(view.links.map(([from, to, dashed], i) => ({ id: i, from, to, dashes: dashed ? [6, 5] : false })));
    const options = Object.assign({}, data.options, { groups: groupStyles() });
    options.edges = Object.assign({}, options.edges, { smooth: big ? false : { enabled: true, type: "cubicBezier", forceDirection: "horizontal", roundness: 0.45 } });
    if (network) { network.destroy(); }
    network = new vis.Network($("map"), { nodes, edges }, options);
    network.on("beforeDrawing", bands);
    network.on("afterDrawing", hatch);
    network.on("click", (event) => { event.nodes.length ? open(event.nodes[0]) : close(); });
    network.on("hoverNode", (event) => fade(event.node));
    network.on("blurNode", () => fade(null));
    network.on("resize", () => setTimeout(fit, 0));
    $("map").querySelectorAll("[tabindex]").forEach((inner) => { inner.tabIndex = -1; });
    network.once("afterDrawing", () => { document.body.dataset.drawn = String(Math.round(performance.now())); });
    selected = null;
    fit();
    refresh();
  }

  function bands(context) {
    context.save();
    context.font = "600 18px sans-serif";
    context.textAlign = "center";
    view.bands.forEach((band, i) => {
      context.fillStyle = i % 2 ? "#FFFFFF" : "#F5F7F9";
      context.fillRect(band.x0, -40, band.x1 - band.x0, view.h + 70);
      context.fillStyle = "#4A5560";
      context.fillText(band[lang], (band.x0 + band.x1) / 2, -16);
    });
    (view.lanes || []).forEach((lane) => {
      context.strokeStyle = "#C5CCD3";
      context.strokeRect(view.bands[0].x0, lane.y0, view.w, lane.y1 - lane.y0);
      context.textAlign = "left";
      context.fillStyle = "#0B4F8A";
      context.fillText(lane[lang], view.bands[0].x0 + 8, lane.y0 + 20);
    });
    context.restore();
  }

  // What nobody looked at well enough is hatched: lines across its box, its label written over them.
  function hatch(context) {
    if (view.nodes.length > 800) { return; }
    context.save();
    context.font = "15px sans-serif";
    context.textAlign = "center";
    context.textBaseline = "middle";
    view.nodes.forEach(([id, x, y]) => {
      const box = boxes.get(id);
      const node = hatched(box) ? nodes.get(id) : null;
      if (!node || node.hidden) { return; }
      const edge = network.getBoundingBox(id);
      const wide = edge.right - edge.left - 4;
      const high = edge.bottom - edge.top - 4;
      context.save();
      context.globalAlpha = node.opacity === undefined ? 1 : node.opacity;
      context.beginPath();
      context.rect(edge.left + 2, edge.top + 2, wide, high);
      context.clip();
      context.strokeStyle = data.hatch;
      context.lineWidth = 1;
      context.beginPath();
      for (let step = 0; step < wide + high; step += 7) {
        context.moveTo(edge.left + 2 + step, edge.top + 2);
        context.lineTo(edge.left + 2 + step - high, edge.bottom - 2);
      }
      context.stroke();
      const lines = labelOf(box).split("\n");
      context.fillStyle = status(box).text;
      context.strokeStyle = status(box).fill;
      context.lineWidth = 4;
      lines.forEach((text, i) => {
        const level = y + (i - (lines.length - 1) / 2) * 17;
        context.strokeText(text, x, level);
        context.fillText(text, x, level);
      });
      context.restore();
    });
    context.restore();
  }

  function fit() {
    const wide = $("map").clientWidth;
    const high = $("map").clientHeight;
    const whole = Math.min(1.3, wide / (view.w + 24), high / (view.h + 84));
    const least = view.labels && wide >= 900 ? 11.2 / 15 : 0;   // labels of 11 px and more
    const scale = Math.max(whole, least);
    const x = (view.w + 24) * scale <= wide ? view.w / 2 : wide / scale / 2 - 12;
    const y = (view.h + 84) * scale <= high ? view.h / 2 - 5 : high / scale / 2 - 46;
    network.moveTo({ position: { x, y }, scale, animation: false });
  }

  function fade(id) {
    if (view.nodes.length > 1200) { return; }
    let near = null;
    if (id !== null && id !== undefined) { near = new Set([id, ...network.getConnectedNodes(id)]); }
    nodes.update(view.nodes.map(([key]) => {
      const box = boxes.get(key);
      const clear = (!near || near.has(key)) && found(box);
      return { id: key, opacity: clear ? 1 : 0.18 };
    }));
    edges.update(view.links.map(([from, to], i) => {
      const clear = (!near || from === id || to === id) && (!query || (found(boxes.get(from)) && found(boxes.get(to))));
      return { id: i, color: { opacity: clear ? 1 : 0.08 } };
    }));
  }

  function refresh() {
    nodes.update(view.nodes.map(([id]) => ({ id, label: labelOf(boxes.get(id)), hidden: !fits(boxes.get(id)) })));
    fade(null);
    legend();
    document.querySelectorAll("#table tbody tr").forEach((row) => {
      const box = boxes.get(row.dataset.id);
      row.hidden = Boolean(box) && !(fits(box) && found(box));
    });
  }

  function legend() {
    const holder = $("legend");
    const active = document.activeElement && document.activeElement.dataset ? document.activeElement.dataset.status : undefined;
    holder.replaceChildren();
    holder.setAttribute("aria-label", word("legend"));
    const counts = data.statuses.map(() => 0);
    inView().forEach((box) => {
      if (box.members) { box.counts.forEach((n, i) => { counts[i] += n; }); }
      else if (!chain || box.ch.includes(chain)) { counts[box.s] += 1; }
    });
    data.statuses.forEach((s, i) => {
      if (!counts[i] && !off.has(i)) { return; }
      const chip = make("button", s.mark + " " + s[lang] + " " + counts[i], { type: "button", class: "chip", "aria-pressed": String(!off.has(i)), "data-status": i, style: "--chip:" + s.fill + ";--chip-text:" + s.text + (s.hatch ? ";--chip-lines:" + lines(data.hatch) : ""), title: s["why_" + lang] });
      chip.addEventListener("click", () => { off.has(i) ? off.delete(i) : off.add(i); refresh(); });
      holder.append(chip, " ");
      if (active === String(i)) { chip.focus(); }
    });
  }

  const lines = (colour) => "repeating-linear-gradient(135deg, transparent 0 4px, " + colour + " 4px 5px)";

  function link(number) {
    const address = data.sources[number];
    if (!address || !/^https?:\/\//i.test(address)) { return make("span", word("general"), { class: "quiet" }); }
    return make("a", word("source"), { href: address, target: "_blank", rel: "noopener noreferrer" });
  }

  function makerItem(maker) {
    const item = make("li");
    const parts = [maker[lang] || maker.zh || maker.id, maker.at, maker.k && maker.k[lang], data.states[maker.st][lang], maker.since].filter(Boolean);
    item.append(make("span", parts.join(" · ") + " "), link(maker.src), make("span", " " + (maker.as_of || ""), { class: "quiet" }));
    return item;
  }

  function targetItem(target, unit) {
    const item = make("li", null, { class: "target" });
    const closes = target.c ? word("closes") + " " + target.c + " " + unit : "";
    const parts = [data.lists[target.l][lang] + " " + target.p, data.relations[target.is][lang], closes].filter(Boolean);
    item.append(make("b", target[lang] || target.zh), make("span", " · " + parts.join(" · "), { class: "quiet" }), make("br"), make("span", target["why_" + lang] + " "));
    (target.src.length ? target.src : [-1]).forEach((number) => item.append(link(number), " "));
    return item;
  }

  function jump(id, text) {
    const button = make("button", text || nameOf(id), { type: "button", class: "jump" });
    button.addEventListener("click", () => {
      if (!view.nodes.some((node) => node[0] === id)) {
        const other = data.views.find((v) => v.nodes.some((node) => node[0] === id));
        if (!other) { return; }
        show(other.key);
      }
      open(id, true);
    });
    return button;
  }

  function list(panel, title, items) {
    if (!items.length) { return; }
    const ul = make("ul");
    items.forEach((item) => { const li = item instanceof Element && item.tagName === "LI" ? item : make("li"); if (li !== item) { li.append(item); } ul.append(li); });
    panel.append(make("h3", title), ul);
  }

  function open(id, move) {
    const box = boxes.get(id);
    if (!box) { return; }
    if (box.members && box.view) { show(box.view); return; }
    selected = id;
    network.selectNodes([id]);
    if (move) { network.moveTo({ position: network.getPositions([id])[id], animation: false }); }
    const panel = $("panel");
    panel.hidden = false;
    panel.replaceChildren();
    const shut = make("button", "×", { type: "button", class: "close", "aria-label": word("close") });
    shut.addEventListener("click", close);
    panel.append(shut, make("h2", nameOf(id)));
    if (box.members) {
      list(panel, word("members"), box.members.map((member) => jump(member)));
      return;
    }
    const s = status(box);
    const line = make("p", null, { class: "why" });
    line.append(make("span", s.mark + " " + s[lang], { class: "tag", style: "background:" + (s.hatch ? lines(data.hatch) + "," : "") + s.fill + ";color:" + s.text }), make("span", box["why_" + lang]));
    panel.append(line);
    if (box.restricted) { panel.append(make("p", word("restricted") + ": " + box.restricted[lang])); }
    if (box.do) { panel.append(make("p", word("to_do") + ": " + box.do[lang], { class: "do" })); }
    const gap = box.gap ? word("gap_value") + " " + box.gap[lang] : "";
    panel.append(make("p", [word("evidence") + " " + box.ev[lang], word("demand") + " " + (box.d || "-") + " " + box.u, word("capacity") + " " + (box.k || "-"), box.b ? word("construction") + " " + box.b : "", gap].filter(Boolean).join(" · "), { class: "quiet" }));
    list(panel, word("targets"), (box.t || []).map((target) => targetItem(target, box.u)));
    list(panel, word("local_makers") + " (" + box.local.length + ")", box.local.map(makerItem));
    list(panel, word("causes"), (box.causes || []).map((cause) => {
      const item = make("li");
      item.append(jump(cause.id), make("span", " " + cause.q + " " + box.u + " (" + cause.a + ") "), link(cause.src));
      return item;
    }));
    list(panel, word("missing_inputs"), (box.miss || []).map((id2) => jump(id2)));
    list(panel, word("elsewhere") + " (" + box.more + ")", (box.away || []).map(makerItem));
    $("live").textContent = nameOf(id) + ". " + s[lang] + ". " + box["why_" + lang];
    document.querySelectorAll("#table tr[aria-current]").forEach((row) => row.removeAttribute("aria-current"));
  }

  function close() {
    $("panel").hidden = true;
    selected = null;
    network.unselectAll();
  }

  function step(key) {
    const visible = view.nodes.filter(([id]) => fits(boxes.get(id)));
    if (!visible.length) { return; }
    if (selected === null || !visible.some(([id]) => id === selected)) { mark(visible[0][0]); return; }
    const [, x, y] = visible.find(([id]) => id === selected);
    const ahead = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] }[key];
    let best = null;
    visible.forEach(([id, a, b]) => {
      const along = (a - x) * ahead[0] + (b - y) * ahead[1];
      const aside = Math.abs((a - x) * ahead[1]) + Math.abs((b - y) * ahead[0]);
      if (along > 1 && (!best || along + 3 * aside < best[0])) { best = [along + 3 * aside, id]; }
    });
    if (best) { mark(best[1]); }
  }

  function next(way) {
    const order = view.nodes.filter(([id]) => fits(boxes.get(id))).sort((a, b) => a[1] - b[1] || a[2] - b[2]).map(([id]) => id);
    if (order.length) { mark(order[(order.indexOf(selected) + way + order.length) % order.length]); }
  }

  function mark(id) {
    selected = id;
    network.selectNodes([id]);
    const box = boxes.get(id);
    const point = network.canvasToDOM(network.getPositions([id])[id]);
    if (point.x < 60 || point.y < 40 || point.x > $("map").clientWidth - 60 || point.y > $("map").clientHeight - 40) {
      network.moveTo({ position: network.getPositions([id])[id], animation: false });
    }
    $("live").textContent = nameOf(id) + ". " + (box.members ? "" : status(box)[lang]);
    if (!$("panel").hidden) { open(id); }
  }

  $("map").addEventListener("keydown", (event) => {
    if (event.key.startsWith("Arrow")) { step(event.key); event.preventDefault(); }
    else if (event.key === "n") { next(1); }
    else if (event.key === "p") { next(-1); }
    else if (event.key === "Enter" && selected !== null) { open(selected); event.preventDefault(); }
    else if (event.key === "Escape") { close(); }
    else if (event.key === "+" || event.key === "=") { network.moveTo({ scale: network.getScale() * 1.2, animation: false }); }
    else if (event.key === "-") { network.moveTo({ scale: network.getScale() / 1.2, animation: false }); }
    else if (event.key === "0") { fit(); }
  });
  $("panel").addEventListener("keydown", (event) => { if (event.key === "Escape") { close(); $("map").focus(); } });

  // A drawing of the same boxes as vectors: for print and for the picture.
  const SPACE = "http://www.w3.org/2000/svg";
  function shape(parent, tag, attributes, text) {
    const element = document.createElementNS(SPACE, tag);
    for (const [name, value] of Object.entries(attributes)) { element.setAttribute(name, value); }
    if (text !== undefined) { element.textContent = text; }
    parent.append(element);
    return element;
  }

  function vectors() {
    const [bw, bh] = data.box;
    const left = view.bands.length ? view.bands[0].x0 : 0;
    const top = -150;
    const width = Math.max(view.w + 20, 1100);
    const height = view.h + 230;
    const svg = document.createElementNS(SPACE, "svg");
    svg.setAttribute("xmlns", SPACE);
    svg.setAttribute("viewBox", [left - 10, top, width, height].join(" "));
    svg.setAttribute("font-family", '"Noto Sans CJK SC", "Microsoft YaHei", "PingFang SC", sans-serif');
    shape(svg, "rect", { x: left - 10, y: top, width, height, fill: "#FFFFFF" });
    shape(svg, "text", { x: left + 4, y: top + 36, "font-size": 30, "font-weight": 700, fill: "#1A1A1A" }, heading());
    let x = left + 4;
    const counts = data.statuses.map(() => 0);
    inView().forEach((box) => { if (box.members) { box.counts.forEach((n, i) => { counts[i] += n; }); } else if (fits(box)) { counts[box.s] += 1; } });
    data.statuses.forEach((s, i) => {
      if (!counts[i]) { return; }
      const text = s.mark + " " + s[lang] + " " + counts[i];
      const w = 26 + [...text].reduce((sum, c) => sum + (c.charCodeAt(0) > 255 ? 16 : 9), 0);
      shape(svg, "rect", { x, y: top + 54, width: w, height: 28, fill: s.fill, stroke: s.line, "stroke-width": s.width, "stroke-dasharray": (s.dashes || []).join(" "), rx: 3 });
      shape(svg, "text", { x: x + w / 2, y: top + 74, "font-size": 16, "text-anchor": "middle", fill: s.text }, text);
      x += w + 10;
    });
    view.bands.forEach((band, i) => {
      shape(svg, "rect", { x: band.x0, y: -40, width: band.x1 - band.x0, height: view.h + 60, fill: i % 2 ? "#FFFFFF" : "#F5F7F9" });
      shape(svg, "text", { x: (band.x0 + band.x1) / 2, y: -16, "font-size": 18, "text-anchor": "middle", fill: "#4A5560" }, band[lang]);
    });
    (view.lanes || []).forEach((lane) => {
      shape(svg, "rect", { x: left, y: lane.y0, width: view.w, height: lane.y1 - lane.y0, fill: "none", stroke: "#C5CCD3" });
      shape(svg, "text", { x: left + 8, y: lane.y0 + 20, "font-size": 18, fill: "#0B4F8A" }, lane[lang]);
    });
    const place = new Map(view.nodes.map(([id, a, b]) => [id, [a, b]]));
    const marker = shape(shape(svg, "defs", {}), "marker", { id: "tip", viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 7, markerHeight: 7, orient: "auto" });
    shape(marker, "path", { d: "M0 0 L8 4 L0 8 z", fill: "#7B8794" });
    const grain = shape(svg.querySelector("defs"), "pattern", { id: "lines", width: 7, height: 7, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" });
    shape(grain, "path", { d: "M0 0 V7", stroke: data.hatch, "stroke-width": 1.6 });
    view.links.forEach(([from, to, dashed]) => {
      if (!fits(boxes.get(from)) || !fits(boxes.get(to))) { return; }
      const [a, b] = place.get(from);
      const [c, d] = place.get(to);
      const way = c >= a ? 1 : -1;
      const x1 = a + way * bw / 2;
      const x2 = c - way * bw / 2;
      const bend = Math.max(24, Math.abs(x2 - x1) * 0.45) * way;
      shape(svg, "path", { d: `M${x1} ${b} C${x1 + bend} ${b} ${x2 - bend} ${d} ${x2} ${d}`, fill: "none", stroke: "#9AA5B1", "stroke-width": 1, "stroke-dasharray": dashed ? "6 5" : "none", "marker-end": "url(#tip)" });
    });
    view.nodes.forEach(([id, a, b]) => {
      const box = boxes.get(id);
      if (!fits(box)) { return; }
      const s = box.members ? { fill: "#FFFFFF", text: "#1A1A1A", line: "#0B4F8A", width: 2, dashes: false } : status(box);
      shape(svg, "rect", { x: a - bw / 2, y: b - bh / 2, width: bw, height: bh, rx: 3, fill: s.fill, stroke: s.line, "stroke-width": s.width, "stroke-dasharray": (s.dashes || []).join(" ") });
      if (s.hatch) { shape(svg, "rect", { x: a - bw / 2 + 1, y: b - bh / 2 + 1, width: bw - 2, height: bh - 2, rx: 3, fill: "url(#lines)" }); }
      const written = labelOf(box).split("\n");
      written.forEach((text, i) => shape(svg, "text", { x: a, y: b - 3 + 18 * i, "font-size": 15, "text-anchor": "middle", fill: s.text, ...(s.hatch ? { stroke: s.fill, "stroke-width": 4, "paint-order": "stroke" } : {}) }, text));
    });
    shape(svg, "text", { x: left + 4, y: view.h + 60, "font-size": 14, fill: "#4A5560" }, data.footer[lang]);
    return { svg, width, height };
  }

  const heading = () => (data.views.length > 1 ? data.title[lang] + " · " + view[lang] : data.title[lang]);

  function paper() { $("paper").replaceChildren(vectors().svg); }
  window.addEventListener("beforeprint", paper);

  function picture() {
    const { svg, width, height } = vectors();
    const wide = Math.max(3200, Math.min(8000, Math.round(width)));
    const high = Math.round(wide * height / width);
    svg.setAttribute("width", wide);
    svg.setAttribute("height", high);
    const image = new Image();
    image.addEventListener("load", () => {
      const canvas = document.createElement("canvas");
      canvas.width = wide;
      canvas.height = high;
      canvas.getContext("2d").drawImage(image, 0, 0, wide, high);
      canvas.toBlob((blob) => {
        const address = URL.createObjectURL(blob);
        const anchor = make("a", null, { href: address, download: data.file + ".png" });
        document.body.append(anchor);
        anchor.click();
        anchor.remove();
        setTimeout(() => URL.revokeObjectURL(address), 10000);
      }, "image/png");
    });
    image.src = "data:image/svg+xml;charset=utf-8," + encodeURIComponent(new XMLSerializer().serializeToString(svg));
  }

  function speak() {
    document.documentElement.lang = lang === "zh" ? "zh-CN" : "en";
    document.body.className = "lang-" + lang;
    document.title = data.title[lang];
    $("title").textContent = heading();
    $("subtitle").textContent = data.subtitle[lang];
    $("footer").textContent = data.footer[lang];
    $("caption").textContent = word("table");
    $("map").setAttribute("aria-label", data.title[lang] + ". " + word("keys"));
    document.querySelectorAll("[data-word]").forEach((cell) => { cell.textContent = word(cell.dataset.word); });
    $("search").placeholder = word("search");
    $("search-label").textContent = word("search");
    $("chain-label").textContent = word("chain");
    for (const id of ["fit", "png", "print"]) { $(id).textContent = word(id); }
    $("language").textContent = lang === "zh" ? "English" : "中文";
    const chooser = $("chain");
    chooser.replaceChildren(make("option", word("all_chains"), { value: "" }));
    data.chains.forEach((c) => chooser.append(make("option", c[lang], { value: c.key })));
    chooser.value = chain;
    chooser.hidden = data.chains.length < 2;
    const tabs = $("tabs");
    tabs.hidden = data.views.length < 2;
    tabs.replaceChildren();
    data.views.filter((v) => v.tab || v === view).forEach((v) => {
      const tab = make("button", v[lang], { type: "button", role: "tab", "aria-selected": String(v === view), "data-view": v.key });
      tab.addEventListener("click", () => show(v.key));
      tabs.append(tab);
    });
  }

  function show(key) {
    view = data.views.find((v) => v.key === key) || view;
    close();
    speak();
    draw();
    $("tabs").querySelectorAll("button").forEach((tab) => { if (tab.dataset.view === key) { tab.focus(); } });
  }

  $("search").addEventListener("input", (event) => { query = event.target.value.trim().toLowerCase(); refresh(); });
  $("search").addEventListener("keydown", (event) => {
    if (event.key !== "Enter") { return; }
    const hit = view.nodes.find(([id]) => fits(boxes.get(id)) && found(boxes.get(id)));
    if (hit && query) { open(hit[0], true); }
  });
  $("chain").addEventListener("change", (event) => { chain = event.target.value; refresh(); });
  $("fit").addEventListener("click", fit);
  $("png").addEventListener("click", picture);
  $("print").addEventListener("click", () => window.print());
  $("language").addEventListener("click", () => {
    lang = lang === "zh" ? "en" : "zh";
    speak();
    refresh();
    if (selected !== null && !$("panel").hidden) { open(selected); }
  });

  speak();
  draw();
  window.chainmap = { get network() { return network; }, get nodes() { return nodes; }, get view() { return view; }, vectors, fit, show, open };
})();
