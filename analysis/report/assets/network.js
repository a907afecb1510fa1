// The network of the report in the browser: controls, counting, and the statements behind what is chosen.
// It counts as analysis/explore/view.py does, and draws with analysis/explore/network.js. Names are set as textContent.
"use strict";
(() => {
  const { network, statements, articles } = globalThis.REPORT;
  const MOST_LINKS = 25, MOST_STATEMENTS = 50;
  const [DATE, OUTLET, SOURCE, VIA, STANCE, GIST, ARTICLE] = [0, 1, 3, 4, 6, 7, 8];
  const URL = 7;  // of an article
  const byId = (id) => document.getElementById(id);
  const form = byId("controls");
  const control = (name) => form.elements[name];
  const counted = (number, noun) => `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;
  const made = (name, text = "", className = "") => {
    const element = document.createElement(name);
    element.textContent = text;
    element.className = className;
    return element;
  };

  // What anywidget gives the drawing in JupyterLab.
  const listeners = {}, values = { base: {}, shown: {}, chosen: [] };
  const model = {
    get: (key) => values[key],
    set: (key, value) => { values[key] = value; (listeners[`change:${key}`] ?? []).forEach((act) => act()); },
    on: (event, act) => { (listeners[event] ??= []).push(act); },
    off: (event, act) => { listeners[event] = (listeners[event] ?? []).filter((other) => other !== act); },
    save_changes: () => {},
  };

  // -- controls ---------------------------------------------------------------------------------------------------------

  const FILTERS = ["media", "voices", "sector", "stance"];
  for (const name of FILTERS) {
    const counts = new Map();
    for (const code of network.ends[name]) counts.set(code, (counts.get(code) ?? 0) + 1);
    const options = network.options[name].map(([, label], code) => [label, code])
      .sort(([a], [b]) => String(a).localeCompare(String(b), "en"));
    control(name).append(new Option("all", ""),
      ...options.map(([label, code]) => new Option(`${label} (${(counts.get(code) ?? 0).toLocaleString("en")})`, code)));
  }
  const days = network.dates.filter(Boolean).sort();
  for (const name of ["first", "last"]) {
    const day = control(name);
    Object.assign(day, { min: days[0] ?? "", max: days.at(-1) ?? "", disabled: !days.length });
    day.defaultValue = day.value = (name === "first" ? days[0] : days.at(-1)) ?? "";
  }

  const chosenLevel = () => control("level").value;
  let names = new Map();  // of the nodes that can be found, to their codes
  let level = null;

  function setLevel() {
    level = chosenLevel();
    const at = network.levels[level];
    Object.assign(control("least"), { max: Math.max(at.heaviest, 2), defaultValue: at.least, value: at.least });
    const used = [...new Set([...at.quoter, ...at.quotee])], times = new Map();
    for (const code of used) times.set(at.name[code], (times.get(at.name[code]) ?? 0) + 1);
    names = new Map(used.map((code) => [times.get(at.name[code]) > 1 ? `${at.name[code]} (${at.about[code]})` : at.name[code], code]));
    byId("names").replaceChildren(...[...names.keys()].sort().map((name) => new Option("", name)));
    control("find").value = "";
    values.chosen = [];
    model.set("base", at);
  }

  // -- counting ---------------------------------------------------------------------------------------------------------

  function matching() {
    const asked = FILTERS.map((name) => [network.ends[name], control(name).value]).filter(([, value]) => value !== "")
      .map(([ends, value]) => [ends, Number(value)]);
    const [first, last, undated] = ["first", "last", "undated"].map((name) => control(name).value);
    return statements.map((_, row) => {
      if (asked.some(([ends, code]) => ends[row] !== code)) return false;
      const date = network.dates[row];
      if (!date) return undated !== "without";
      return undated !== "only" && (!first || date >= first) && (!last || date <= last);
    });
  }

  // Hops come statement by statement, so the last statement seen at a node or link tells whether this one is counted.
  function view(keep, least) {
    const at = network.levels[level], size = at.name.length;
    const count = () => ({ number: new Int32Array(size), last: new Int32Array(size).fill(-1) });
    const [through, quoted, quotes] = [count(), count(), count()], links = new Map();
    const add = (counts, node, statement) => {
      if (counts.last[node] !== statement) { counts.last[node] = statement; counts.number[node] += 1; }
    };
    network.attribution.forEach((statement, hop) => {
      if (!keep[statement]) return;
      const from = at.quoter[hop], to = at.quotee[hop], key = from * size + to;
      add(through, from, statement); add(through, to, statement); add(quotes, from, statement); add(quoted, to, statement);
      if (!links.has(key)) links.set(key, { from, to, statements: 0, last: -1, articles: new Set() });
      const link = links.get(key);
      if (link.last !== statement) { link.last = statement; link.statements += 1; }
      link.articles.add(statements[statement][ARTICLE]);
    });
    const drawn = [...links.values()].filter((link) => link.statements >= least).sort((a, b) => a.from - b.from || a.to - b.to);
    const nodes = [...new Set(drawn.flatMap((link) => [link.from, link.to]))].sort((a, b) => a - b);
    const of = (counts) => nodes.map((node) => counts.number[node]);
    return { drawn, total: links.size, shown: {
      level, nodes, statements: of(through), quoted: of(quoted), quotes: of(quotes),
      from: drawn.map((link) => link.from), to: drawn.map((link) => link.to),
      weight: drawn.map((link) => link.statements), articles: drawn.map((link) => link.articles.size) } };
  }

  let keep = [], links = [];
  function refresh() {
    if (level !== chosenLevel()) setLevel();
    const least = Math.max(1, Math.floor(Number(control("least").value)) || 1);
    keep = matching();
    const seen = view(keep, least), rows = keep.filter(Boolean).length;
    const inArticles = new Set(statements.filter((_, row) => keep[row]).map((row) => row[ARTICLE]));
    const undated = [...inArticles].filter((article) => !articles[article][DATE]).length;
    seen.shown.empty = rows ? `No link has ${least.toLocaleString("en")} statements or more. Lower the least number of statements a link.`
      : "No statement matches. Set a control back, or widen the dates.";
    model.set("shown", seen.shown);
    byId("count").textContent = `${rows.toLocaleString("en")} of ${counted(statements.length, "statement")} match, in `
      + `${counted(inArticles.size, "article")}${undated ? ` (${undated.toLocaleString("en")} of them undated)` : ""}. `
      + `Drawn: ${counted(seen.shown.nodes.length, "node")}, ${seen.drawn.length.toLocaleString("en")} of ${counted(seen.total, "link")}.`;
    links = seen.drawn;
    listLinks();
    listStatements();
  }

  // -- lists: what the picture shows, for the keyboard and for those who do not see it ------------------------------------

  const name = (code) => network.levels[level].name[code];
  const isChosen = (codes) => codes.length === values.chosen.length && codes.every((code, i) => code === values.chosen[i]);

  function listLinks() {
    const [one] = values.chosen.length === 1 ? values.chosen : [];
    const near = one === undefined ? links : links.filter((link) => link.from === one || link.to === one);
    const top = [...near].sort((a, b) => b.statements - a.statements || a.from - b.from || a.to - b.to).slice(0, MOST_LINKS);
    byId("links-heading").textContent = one === undefined ? "Strongest links" : `Links of ${name(one)}`;
    byId("links").tBodies[0].replaceChildren(...top.map((link) => {
      const row = made("tr"), cell = made("td"), button = made("button", `${name(link.from)} quotes ${name(link.to)}`);
      button.type = "button";
      button.dataset.link = `${link.from} ${link.to}`;
      button.setAttribute("aria-pressed", String(isChosen([link.from, link.to])));
      cell.append(button);
      row.append(cell, made("td", link.statements.toLocaleString("en")));
      return row;
    }));
  }

  function listStatements() {
    const at = network.levels[level], [a, b] = values.chosen;
    const behind = new Set();
    network.attribution.forEach((statement, hop) => {
      const [from, to] = [at.quoter[hop], at.quotee[hop]];
      if (keep[statement] && (a === undefined || (b === undefined ? from === a || to === a : from === a && to === b))) {
        behind.add(statement);
      }
    });
    const order = [...behind].sort((x, y) => (network.dates[x] || "~").localeCompare(network.dates[y] || "~") || x - y);
    const who = a === undefined ? "Everybody" : b === undefined ? name(a) : `${name(a)} quotes ${name(b)}`;
    byId("chosen-heading").textContent = `${who}: ${counted(order.length, "statement")}`
      + (order.length > MOST_STATEMENTS ? `, the first ${MOST_STATEMENTS}` : "");
    byId("told").textContent = a === undefined ? "" : byId("chosen-heading").textContent;
    byId("clear").hidden = a === undefined;
    byId("said").replaceChildren(...order.slice(0, MOST_STATEMENTS).map((statement) => {
      const row = statements[statement], url = articles[row[ARTICLE]][URL], item = made("li"), meta = made("div", "", "meta");
      const outlet = /^https?:\/\//i.test(url) ? Object.assign(made("a", row[OUTLET]), { href: url, rel: "noopener noreferrer", target: "_blank" })
        : made("span", row[OUTLET]);
      meta.append(made("span", `${row[DATE] || "undated"}, `), outlet, made("span", `${row[VIA] ? `, via ${row[VIA]}` : ""}: ${row[STANCE]}`));
      item.append(made("strong", `${row[SOURCE]}: `), made("span", row[GIST]), meta);
      return item;
    }));
  }

  const choose = (codes) => model.set("chosen", codes);
  model.on("change:chosen", () => { listLinks(); listStatements(); });
  byId("links").addEventListener("click", (event) => {
    const link = event.target.dataset?.link;
    if (!link) return;
    choose(link.split(" ").map(Number));
    byId("links").querySelector(`[data-link="${link}"]`)?.focus();
  });
  byId("clear").addEventListener("click", () => { choose([]); control("find").focus(); });
  addEventListener("keydown", (event) => { if (event.key === "Escape" && values.chosen.length) choose([]); });
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("change", (event) => {
    if (event.target.name !== "find") return refresh();
    if (names.has(event.target.value)) choose([names.get(event.target.value)]);
  });
  form.addEventListener("reset", () => setTimeout(() => { level = null; refresh(); }));  // the event comes before the reset

  const start = () => {
    setLevel();
    globalThis.NetworkView.render({ model, el: byId("network").appendChild(made("div")) });
    refresh();
  };
  // Labels are drawn on a canvas, which does not wait for its typeface.
  document.fonts.load('14px "Source Sans Pro"').then(start, start);
})();
