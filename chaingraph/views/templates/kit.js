"use strict";
// Shared by the pages of a city: data, language, elements (text only by textContent), hints, search, address, keys.
const data = JSON.parse(document.getElementById("data").textContent);
const boxes = new Map(data.boxes.map((box) => [box.id, box]));
const $ = (id) => document.getElementById(id);
const address = () => new URLSearchParams(location.hash.slice(1));
let lang = ["zh", "en"].includes(address().get("l")) ? address().get("l") : data.lang;
const word = (key) => data.words[lang][key];
const nameOf = (thing) => (thing ? thing[lang] || thing.zh || thing.en || thing.id : "");
const join = (parts) => parts.filter(Boolean).join(lang === "zh" ? "；" : "; ");

// firms: the makers of all boxes, by id, with the rows of each
const firms = new Map();
data.boxes.forEach((box) => (box.local || []).forEach((maker) => {
  if (!firms.has(maker.id)) { firms.set(maker.id, { id: maker.id, zh: maker.zh, en: maker.en, at: maker.at, rows: [] }); }
  firms.get(maker.id).rows.push([box.id, maker]);
}));

function make(tag, attributes, ...children) {
  const svg = tag.startsWith("svg:");
  const node = svg ? document.createElementNS("http://www.w3.org/2000/svg", tag.slice(4)) : document.createElement(tag);
  for (const [key, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) { continue; }
    if (key.startsWith("on")) { node.addEventListener(key.slice(2), value); }
    else if (key === "css") { Object.entries(value).forEach(([name, v]) => node.style.setProperty(name, v)); }
    else { node.setAttribute(key, value === true ? "" : value); }
  }
  node.append(...children.flat(9).filter((child) => child !== null && child !== undefined && child !== false && child !== ""));
  return node;
}
const fill = (node, ...children) => { node.replaceChildren(...children.flat(9).filter((child) => child !== null && child !== undefined && child !== false && child !== "")); return node; };
const state = (box) => data.statuses[box.s];
const mark = (index) => make("span", { class: "k s-" + data.statuses[index].key, role: "img", "aria-label": data.statuses[index][lang] }, data.statuses[index].mark);
const jump = (key, text) => make("button", { type: "button", class: "jump", onclick: () => goTo(key) }, text);

// the same words on hover and on keyboard focus
const tip = make("div", { class: "tip", hidden: true, role: "status" });
document.body.append(tip);
function hint(node, words) {
  const show = () => {
    const said = words();
    if (!said) { return; }
    fill(tip, make("b", {}, said[0]), said.slice(1).map((line) => make("div", {}, line)));
    tip.hidden = false;
    const at = node.getBoundingClientRect();
    tip.style.left = Math.max(4, Math.min(innerWidth - tip.offsetWidth - 4, at.left)) + "px";
    tip.style.top = (at.bottom + tip.offsetHeight + 8 < innerHeight ? at.bottom + 4 : Math.max(4, at.top - tip.offsetHeight - 4)) + "px";
  };
  const hide = () => { tip.hidden = true; };
  node.addEventListener("mouseenter", show);
  node.addEventListener("focus", show);
  node.addEventListener("mouseleave", hide);
  node.addEventListener("blur", hide);
  return node;
}

// initials by the browser's own order of pinyin: no table is shipped
const order = new Intl.Collator("zh-Hans-CN-u-co-pinyin");
const BOUNDS = [..."阿八嚓哒妸发旮哈讥咔垃妈拏噢妑七呥仨他穵夕丫帀"];
const LETTERS = "abcdefghjklmnopqrstwxyz";
const hasPinyin = order.resolvedOptions().collation === "pinyin";
function initials(name) {
  return [...(name || "").toLowerCase()].map((c) => {
    if (/[a-z0-9]/.test(c)) { return c; }
    if (!hasPinyin || !/[\u4e00-\u9fff]/.test(c)) { return ""; }
    let k = -1;
    while (k + 1 < BOUNDS.length && order.compare(BOUNDS[k + 1], c) <= 0) { k += 1; }
    return k < 0 ? "" : LETTERS[k];
  }).join("");
}
const entries = [];
data.boxes.forEach((box) => {
  const names = [box.zh, box.en, box.id, ...(box.called || [])].filter(Boolean);
  entries.push({ key: "p=" + box.id, zh: box.zh, en: box.en, names: names.map((n) => n.toLowerCase()), first: [box.zh, ...(box.called || [])].map(initials), rank: 0, worth: box.v || 0, kind: () => state(box)[lang] });
});
(data.others || []).forEach(([id, zh, en]) => entries.push({ key: "p=" + id, zh, en, names: [zh, en, id].map((n) => (n || "").toLowerCase()), first: [initials(zh)], rank: 2, worth: 0, kind: () => word("not_involved") }));
firms.forEach((firm) => entries.push({ key: "f=" + firm.id, zh: firm.zh, en: firm.en, names: [firm.zh, firm.en, firm.id].filter(Boolean).map((n) => n.toLowerCase()), first: [initials(firm.zh)], rank: 1, worth: 0, kind: () => word("firm") }));

function fits(entry, query) {
  if (entry.names.some((name) => name.startsWith(query))) { return 0; }
  if (entry.names.some((name) => name.includes(query))) { return 1; }
  if (/^[a-z0-9]+$/.test(query) && entry.first.some((name) => name.startsWith(query))) { return 2; }
  return /^[a-z0-9]{2,}$/.test(query) && entry.first.some((name) => name.includes(query)) ? 3 : 9;
}
function searchBox() {
  const input = make("input", { type: "search", id: "search", placeholder: word("search"), "aria-label": word("searched"), role: "combobox", "aria-expanded": "false", "aria-controls": "hits", autocomplete: "off" });
  const list = make("ul", { id: "hits", role: "listbox", hidden: true });
  let hits = [];
  let at = 0;
  const show = () => {
    fill(list, hits.length
      ? hits.map((hit, k) => make("li", { role: "option", "aria-selected": String(k === at), onmousedown: (event) => { event.preventDefault(); pick(k); } }, nameOf(hit), " ", make("small", { class: "dim" }, hit.kind())))
      : make("li", {}, word("nothing_found") + input.value));
    list.hidden = !input.value.trim();
    input.setAttribute("aria-expanded", String(!list.hidden));
  };
  const leave = () => { input.value = ""; list.hidden = true; input.blur(); };
  const pick = (k) => { if (hits[k]) { const key = hits[k].key; leave(); goTo(key); } };
  input.addEventListener("input", () => {
    const query = input.value.trim().toLowerCase();
    at = 0;
    hits = !query ? [] : entries.map((entry) => [fits(entry, query), entry]).filter((pair) => pair[0] < 9)
      .sort((a, b) => Math.max(1, a[0]) + a[1].rank - Math.max(1, b[0]) - b[1].rank || a[0] - b[0] || b[1].worth - a[1].worth || nameOf(a[1]).length - nameOf(b[1]).length)
      .slice(0, 12).map((pair) => pair[1]);
    show();
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      at = (at + (event.key === "ArrowDown" ? 1 : -1) + hits.length) % Math.max(1, hits.length);
      show();
      event.preventDefault();
    } else if (event.key === "Enter") { pick(at); } else if (event.key === "Escape") { event.stopPropagation(); leave(); }
  });
  input.addEventListener("blur", () => { list.hidden = true; });
  return make("div", { class: "find no-print" }, input, list);
}

// the address holds the state: #p=alumina&l=en; the back button works
function goTo(key) {
  const query = new URLSearchParams(key);
  if (lang !== data.lang) { query.set("l", lang); }
  const hash = "#" + query.toString();
  if (hash === location.hash) { dispatchEvent(new HashChangeEvent("hashchange")); } else { location.hash = hash; }
}
const fullScreen = () => (document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen().catch(() => {}));
function tools(redraw) {
  const other = make("button", { type: "button", id: "language", onclick: () => {
    lang = lang === "zh" ? "en" : "zh";
    const query = address();
    if (lang === data.lang) { query.delete("l"); } else { query.set("l", lang); }
    history.replaceState(null, "", "#" + query.toString());
    redraw();
    $("language").focus();
  } }, word("language"));
  return [searchBox(), other,
    make("button", { type: "button", id: "full", title: "F", onclick: fullScreen }, word("full")),
    make("button", { type: "button", id: "print", onclick: () => print() }, word("print"))];
}
addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || /INPUT|SELECT|TEXTAREA/.test(event.target.tagName)) { return; }
  if (event.key === "/") { event.preventDefault(); $("search").focus(); }
  else if (event.key === "f" || event.key === "F") { fullScreen(); }
  else if (event.key === "Escape") { goTo(""); }
  else if (/^Arrow(Left|Right|Up|Down)$/.test(event.key)) { step(event); }
});
function step(event) {  // to the nearest box in that direction
  const all = [...document.querySelectorAll("[data-move]")].filter((node) => node.offsetParent !== null);
  const here = document.activeElement;
  if (!all.length) { return; }
  event.preventDefault();
  if (!all.includes(here)) { all[0].focus(); return; }
  const middle = (r) => [(r.left + r.right) / 2, (r.top + r.bottom) / 2];
  const [x, y] = middle(here.getBoundingClientRect());
  const dx = { ArrowRight: 1, ArrowLeft: -1 }[event.key] || 0;
  const dy = { ArrowDown: 1, ArrowUp: -1 }[event.key] || 0;
  let best = [1e9, null];
  all.forEach((node) => {
    const [u, v] = middle(node.getBoundingClientRect());
    const along = (u - x) * dx + (v - y) * dy;
    const far = along > 4 ? along + 3 * Math.abs((u - x) * dy + (v - y) * dx) : 1e9;
    if (far < best[0]) { best = [far, node]; }
  });
  if (best[1]) { best[1].focus(); }
}

// --- panel: one product or one firm, in words
function link(number) {
  const source = data.sources[number];
  if (!source || !/^https?:\/\//i.test(source)) { return make("span", { class: "dim" }, word("general")); }
  return make("a", { href: source, target: "_blank", rel: "noopener noreferrer" }, word("source"));
}
const said = (maker) => (maker.k ? maker.k[lang] : word("unknown"));
const row = (title, ...cells) => make("tr", {}, make("th", { scope: "row", class: "dim" }, title), make("td", {}, ...cells));
const amount = (box, key) => (box.a[key] ? box.a[key][lang] : "");
function productPanel(id) {
  const box = boxes.get(id);
  const lists = {};
  (box.t || []).forEach((target) => (lists[target.l] = lists[target.l] || []).push(target));
  const users = (box.causes || []).map((cause) => cause.id).filter((i) => boxes.has(i));
  const inputs = data.boxes.filter((other) => (other.causes || []).some((cause) => cause.id === id));
  return [
    make("h2", {}, mark(box.s), " ", nameOf(box)),
    make("p", {}, state(box)[lang] + (lang === "zh" ? "：" : ": ") + box["why_" + lang]),
    make("table", { class: "rows" },
      box.do ? row(word("do"), make("b", {}, box.do[lang])) : null,
      row(word("capacity"), join([amount(box, "cap") || (box.n ? word("unknown") : word("none_seen")), amount(box, "bld") ? word("building") + " " + amount(box, "bld") : ""])),
      row(word("demand"), amount(box, "needs") || word("no_user")),
      amount(box, "gap") ? row(word("gap"), amount(box, "gap")) : null,
      amount(box, "money") ? row(word("money"), amount(box, "money")) : null,
      box.restricted ? row(word("restricted"), box.restricted[lang]) : null,
      row(word("evidence"), box.ev[lang])),
    (box.local || []).length ? [make("h3", {}, word("makers")), make("table", {}, box.local.map((maker) => make("tr", {},
      make("td", {}, jump("f=" + maker.id, nameOf(maker))),
      make("td", { class: "num" }, said(maker)),
      make("td", {}, [data.states[maker.st][lang], maker.since].filter(Boolean).join(" ")),
      make("td", {}, link(maker.src)))))] : null,
    Object.entries(lists).map(([name, targets]) => [make("h3", {}, data.lists[name][lang]), make("table", {}, targets.map((target) => make("tr", {},
      make("td", {}, make("b", {}, nameOf(target)), " ", make("span", { class: "dim" }, data.relations[target.is][lang] + " · " + target.p), make("br"), target["why_" + lang]),
      make("td", {}, target.src.map((source) => [link(source), " "])))))]),
    users.length ? [make("h3", {}, word("users")), make("p", {}, users.map((i, k) => [k ? "、" : "", jump("p=" + i, nameOf(boxes.get(i)))]))] : null,
    inputs.length ? [make("h3", {}, word("inputs")), make("p", {}, inputs.map((other) => [mark(other.s), " ", jump("p=" + other.id, nameOf(other)), "  "]))] : null,
    (box.away || []).length ? [make("h3", {}, word("elsewhere")), make("table", {}, box.away.slice(0, 5).map((maker) => make("tr", {},
      make("td", {}, nameOf(maker)), make("td", {}, maker.at || ""), make("td", { class: "num" }, said(maker)), make("td", {}, link(maker.src)))))] : null,
  ];
}
function firmPanel(id) {
  const firm = firms.get(id);
  return [
    make("h2", {}, nameOf(firm)),
    make("p", { class: "dim" }, firm.at || ""),
    make("table", {},
      make("tr", {}, ["product", "capacity", "status", "since", "source"].map((key) => make("th", {}, word(key)))),
      firm.rows.map(([product, maker]) => make("tr", {},
        make("td", {}, jump("p=" + product, nameOf(boxes.get(product)))),
        make("td", { class: "num" }, said(maker)),
        make("td", {}, data.states[maker.st][lang]),
        make("td", {}, maker.since || maker.as_of || ""),
        make("td", {}, link(maker.src))))),
  ];
}
