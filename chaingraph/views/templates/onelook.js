"use strict";
// The opening page: strips of stages, three numbers, things to do; the detail of each on the right.
const stages = new Map(data.chains.flatMap((chain) => chain.stages.map((stage) => [stage.id, stage])));
const folds = new Map(data.chains.flatMap((chain) => chain.folds.map((fold) => [chain.id + "/" + fold.id, fold])));
const ABSENT = data.statuses.findIndex((s) => s.key === "absent");
const HATCHED = new Set(["unseen", "not_assessed"]);

function counts(ids, skip) {
  const found = new Map();
  ids.forEach((id) => { if (id !== skip && boxes.has(id)) { found.set(boxes.get(id).s, (found.get(boxes.get(id).s) || 0) + 1); } });
  return [...found].sort((a, b) => a[0] - b[0]);
}
const breaks = (text) => text.split("·").flatMap((part, k) => (k ? [make("wbr"), "·" + part] : [part]));
const line = (label, text) => make("span", { class: "line" }, label + " ", make("b", {}, text));
const wait = () => make("span", { class: "blank" }, word("open"));

function cellLines(stage) {
  const box = boxes.get(stage.main);
  if (!box) { return [make("span", { class: "line dim" }, "○ " + word("not_involved"))]; }
  const lines = [make("span", { class: "lead" }, nameOf(box))];
  if (amount(box, "cap")) { lines.push(line(word("made"), amount(box, "cap"))); }
  else if (box.n) { lines.push(line(word("made"), word("unknown"))); }
  else if (!amount(box, "bld")) { lines.push(make("span", { class: "line" }, state(box)[lang])); }
  if (amount(box, "bld")) { lines.push(line(word("building"), amount(box, "bld"))); }
  lines.push(amount(box, "need") ? line(word("needed"), amount(box, "need")) : amount(box, "needs") ? line(word("needed"), word("unknown")) : make("span", { class: "line dim" }, word("no_user")));
  if (box.cov) { lines.push(make("span", { class: "gauge", role: "img", "aria-label": box.cov }, make("i", { css: { width: Math.min(100, parseFloat(box.cov)) + "%" } }))); }
  if (stage.buy) { lines.push(make("span", { class: "line buy" + (stage.sure ? " sure" : "") }, stage.buy[lang])); }
  return lines;
}
function stageHint(stage) {
  const box = boxes.get(stage.main);
  return [nameOf(stage), ...(box ? [state(box).mark + " " + nameOf(box) + (lang === "zh" ? "：" : ": ") + state(box)[lang], box["why_" + lang]] : [word("nothing_here")])];
}
function cell(stage) {
  const box = boxes.get(stage.main);
  const rest = counts(stage.p, stage.main);
  return hint(make("button", { type: "button", class: "cell" + (box ? "" : " away"), "data-move": 1, "data-key": "s=" + stage.id, onclick: () => goTo("s=" + stage.id), "aria-label": nameOf(stage) + (box ? " " + state(box)[lang] : "") },
    make("span", { class: "head" + (box ? " s-" + state(box).key : "") },
      box ? make("span", { class: HATCHED.has(state(box).key) ? "plate" : null }, state(box).mark) : null,
      make("span", { class: box && HATCHED.has(state(box).key) ? "plate" : null }, breaks(nameOf(stage)))),
    make("span", { class: "body" }, cellLines(stage)),
    stage.ghost ? make("span", { class: "ghost", title: word("ghost") }, "◌ " + nameOf(stage.ghost)) : null,
    make("span", { class: "more" }, rest.length ? [make("span", { class: "dim" }, word("others")), rest.slice(0, 3).map(([s, n]) => [mark(s), String(n)]), rest.length > 3 ? "…" : ""] : "\u00a0")),
  () => stageHint(stage));
}
const weight = (stage) => (stage.main ? 1 : 0.72);

// one scale of output for all chains, then arcs for what stages take from each other
function band(chain, most) {
  const wide = 1000, high = 34, bar = 14;
  const weights = chain.stages.map(weight);
  const sum = weights.reduce((a, b) => a + b, 0);
  const middle = (k) => ((weights.slice(0, k).reduce((a, b) => a + b, 0) + weights[k] / 2) / sum) * wide;
  const svg = make("svg:svg", { viewBox: `0 0 ${wide} ${high}`, preserveAspectRatio: "none", role: "img", "aria-label": word("links") });
  const texts = [];
  let x = 0;
  chain.stages.forEach((stage) => {
    const w = most ? (stage.out / most) * wide : 0;
    if (!w) { return; }
    svg.append(make("svg:rect", { x, y: 0, width: Math.max(w - 1.5, 0.8), height: bar, fill: "#52606D" }));
    if (w > 90) { texts.push(make("span", { css: { left: ((x + w / 2) / wide) * 100 + "%" } }, nameOf(stage))); }
    x += w;
  });
  const dear = Math.max(1, ...chain.links.map((l) => l[2]));
  chain.links.forEach(([start, end, money]) => {
    const a = middle(start), b = middle(end);
    const lift = Math.min(16, 5 + 2 * Math.abs(end - start));
    svg.append(make("svg:path", { d: `M${a} ${high}Q${(a + b) / 2} ${high - 2 * lift} ${b} ${high}`, fill: "none", stroke: "#3A434C", "stroke-opacity": 0.75, "stroke-width": 0.8 + 2.6 * Math.sqrt(money / dear), "vector-effect": "non-scaling-stroke", "stroke-dasharray": end < start ? "4 3" : null, "data-link": chain.stages[start].id + ">" + chain.stages[end].id }));
  });
  return make("div", { class: "band" }, svg, texts);
}
function strips() {
  const most = Math.max(...data.chains.map((chain) => chain.stages.reduce((v, s) => v + s.out, 0)), 0);
  fill($("strips"), data.chains.map((chain) => make("section", { class: "strip", "aria-label": nameOf(chain) },
    make("div", { class: "about" }, make("h2", {}, nameOf(chain)),
      make("span", {}, chain.said_total[lang]), make("span", {}, chain.said_content[lang]),
      make("div", { class: "fold" }, chain.folds.map((fold) => make("button", { type: "button", "data-move": 1, "data-key": "g=" + chain.id + "/" + fold.id, onclick: () => goTo("g=" + chain.id + "/" + fold.id) }, nameOf(fold) + " " + fold.p.length, counts(fold.p).slice(0, 4).map(([s, n]) => [mark(s), String(n)]))))),
    band(chain, most),
    make("div", { class: "cells", css: { "--cols": chain.stages.map((s) => `minmax(0,${weight(s)}fr)`).join(" ") } }, chain.stages.map(cell)))));
}
function three() {
  fill($("three"), data.three.map((item) => make("div", {}, make("span", {}, item.title[lang]), make("b", {}, item.number[lang]), make("small", {}, item.note[lang]))));
}
function thing(item) {
  return make("li", {}, make("button", { type: "button", "data-move": 1, onclick: () => goTo(item.p ? "p=" + item.p : "g=" + item.g) },
    make("span", { class: "verb" }, item.verb[lang], item.then && item.then[lang] ? make("small", {}, item.then[lang]) : null),
    make("span", { class: "what" }, item.what[lang]),
    make("span", { class: "num" }, item.money[lang]),
    make("span", { class: "who" }, item.who[lang], "　", make("span", { class: "own" }, word("owner") + " ", item.owner || wait(), " ", word("due") + " ", item.due || wait())),
    make("span", { class: "why" }, item.why[lang])));
}
function things() {
  return [make("h2", {}, word("things"), " ", make("span", { class: "dim", css: { "font-weight": 400, "font-size": ".78rem" } }, word("things_order"))),
    make("ol", { class: "todo" }, data.things.map(thing)),
    make("p", { class: "no-print" }, jump("t=all", word("all_things")))];
}
function listPanel(title, ids, note) {
  return [make("h2", {}, title), make("table", {},
    make("tr", {}, ["product", "made", "needed", "do"].map((key, k) => make("th", { class: k === 1 || k === 2 ? "num" : null }, word(key)))),
    ids.filter((id) => boxes.has(id)).map((id) => { const box = boxes.get(id); return make("tr", {},
      make("td", {}, mark(box.s), " ", jump("p=" + id, nameOf(box))),
      make("td", { class: "num" }, amount(box, "cap") || (box.n ? word("unknown") : "－")),
      make("td", { class: "num" }, amount(box, "need") || "－"),
      make("td", {}, box.do ? box.do[lang] : "")); })),
    note ? make("p", { class: "dim" }, note) : null];
}
const byMoney = (ids) => [...ids].filter((id) => boxes.has(id)).sort((a, b) => (boxes.get(b).v || 0) - (boxes.get(a).v || 0));
function askPanel() {
  return data.lines[lang].map((line) => make("p", {}, line));
}
function stagePanel(stage) {
  const others = new Map((data.others || []).map(([id, zh, en]) => [id, { id, zh, en }]));
  const rest = stage.rest.map((id) => nameOf(others.get(id))).filter(Boolean);
  return listPanel(nameOf(stage), stage.p, rest.length ? word("stage_rest") + rest.join(lang === "zh" ? "、" : ", ") : "");
}
function detail() {
  const query = address();
  const key = ["p", "f", "s", "g", "t"].find((name) => query.has(name));
  const value = key && query.get(key);
  document.querySelectorAll("[data-key]").forEach((node) => node.setAttribute("aria-current", String(node.dataset.key === key + "=" + value)));
  const absent = (data.others || []).find((other) => other[0] === value);
  let body = null;
  if (key === "p" && boxes.has(value)) { body = productPanel(value); }
  else if (key === "p" && absent) { body = [make("h2", {}, mark(ABSENT), " ", nameOf({ zh: absent[1], en: absent[2] })), make("p", {}, word("nothing_here"))]; }
  else if (key === "f" && firms.has(value)) { body = firmPanel(value); }
  else if (key === "s" && stages.has(value)) { body = stagePanel(stages.get(value)); }
  else if (key === "g" && folds.has(value)) { body = listPanel(nameOf(folds.get(value)), byMoney(folds.get(value).p)); }
  else if (key === "g" && value === "ask") { body = askPanel(); }
  else if (key === "t") { body = listPanel(word("all_gaps"), byMoney(data.boxes.filter((box) => box.do && box.v).map((box) => box.id))); }
  else if (key) { body = [make("p", {}, word("nothing_found") + value), things()]; }
  fill($("detail"), body ? [make("button", { type: "button", class: "no-print", id: "back", onclick: () => goTo("") }, word("back")), body] : things());
  $("detail").scrollTop = 0;
  $("live").textContent = body ? $("detail").querySelector("h2, p").textContent : "";
  if (key && innerWidth < 1000) { $("detail").scrollIntoView(); }
}
function draw() {
  document.documentElement.lang = lang === "zh" ? "zh-CN" : "en";
  document.title = $("title").textContent = data.title[lang];
  $("scope").textContent = data.scope[lang];
  fill($("tools"), tools(draw));
  three();
  strips();
  detail();
  const used = new Set(data.boxes.map((box) => box.s));
  fill($("foot"),
    make("div", { class: "legend" }, data.statuses.map((s, i) => (used.has(i) ? hint(make("span", { tabindex: 0 }, mark(i), " ", s[lang]), () => [s[lang], s["why_" + lang]]) : null))),
    make("div", { class: "dim" }, word("legend")),
    make("div", { class: "dim" }, data.footer[lang]),
    make("div", { class: "sign" }, ["sign_unit", "sign_checked", "sign_approved", "sign_date"].map((key) => make("span", {}, word(key) + "＿＿＿＿＿＿"))));
}
addEventListener("hashchange", detail);
draw();
document.body.dataset.drawn = "1";
