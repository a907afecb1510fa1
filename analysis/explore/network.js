// The network of analysis.explore in the browser: draws what `base` and `shown` hold, and tells what is chosen.
// Names are untrusted: they are drawn on a canvas or set as textContent, never parsed as HTML.
// `cytoscape` is defined before this text (see widgets.py).

const [SMALLEST, LARGEST] = [11, 15];  // labels, in pixels
const MOST_LABELS = 160;

const STYLE = [
  { selector: "node", style: {
    width: "data(d)", height: "data(d)", "background-color": "data(colour)", "border-width": 1.5,
    "border-color": "#fff", "border-opacity": 0.9, "z-index": "data(z)", "overlay-opacity": 0 } },
  { selector: "edge", style: {
    width: "data(w)", "line-color": "data(colour)", "target-arrow-color": "data(colour)", opacity: 0.42,
    "target-arrow-shape": "triangle", "arrow-scale": 1.1, "curve-style": "bezier", "control-point-step-size": 34,
    "loop-direction": "-45deg", "loop-sweep": "70deg", "overlay-opacity": 0 } },
  { selector: "node.off", style: { opacity: 0.16 } },
  { selector: "edge.off", style: { opacity: 0.05 } },
  { selector: "edge.on", style: { opacity: 0.85 } },
  { selector: "node.chosen", style: { "border-width": 5, "border-color": "#202124", "border-opacity": 1 } },
];

const made = (name, className, text = "") => {
  const element = document.createElement(name);
  element.className = className;
  element.textContent = text;
  return element;
};

const counted = (number, noun) => `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;

function render({ model, el }) {
  el.classList.add("hc-network");
  const stage = made("div", "hc-stage");
  const canvas = made("canvas", "hc-labels");
  const tip = made("div", "hc-tip");
  const empty = made("div", "hc-empty");
  const legend = made("div", "hc-legend");
  const buttons = made("div", "hc-buttons");
  tip.hidden = empty.hidden = true;
  stage.setAttribute("role", "img");
  el.append(stage, canvas, tip, empty, buttons, legend);

  const cy = cytoscape({
    container: stage, style: STYLE, autoungrabify: true, boxSelectionEnabled: false, autounselectify: true,
    minZoom: 0.02, maxZoom: 8, pixelRatio: "auto", layout: { name: "preset" } });
  let level = null;      // of the nodes that are on the stage
  let base = null, shown = null;
  let order = [];        // codes of the nodes drawn, those with most statements first
  let named = null;      // codes that are labelled when something is chosen
  let fitted = "", scheduled = false;  // where the camera was put, "" before

  const camera = () => JSON.stringify([cy.zoom(), cy.pan()]);
  const fit = () => { if (cy.width() > 0 && cy.nodes().length) { cy.fit(undefined, 28); fitted = camera(); } };
  const about = (text, title, act) => {
    const button = made("button", "hc-button", text);
    button.title = title;
    button.setAttribute("aria-label", title);
    button.addEventListener("click", act);
    buttons.append(button);
  };
  const zoom = (by) => cy.zoom({ level: cy.zoom() * by, renderedPosition: { x: cy.width() / 2, y: cy.height() / 2 } });
  about("+", "Zoom in", () => zoom(1.4));
  about("\u2212", "Zoom out", () => zoom(1 / 1.4));
  about("\u2922", "Show the whole network", fit);

  // -- elements -----------------------------------------------------------------------------------------------------

  function redraw() {
    scheduled = false;
    [base, shown] = [model.get("base"), model.get("shown")];
    if (!base.level || base.level !== shown.level) return;
    const fresh = level !== base.level;
    cy.batch(() => {
      if (fresh) { cy.elements().remove(); level = base.level; fitted = ""; }
      const keep = new Set(), add = [];
      shown.nodes.forEach((code) => {
        const id = `n${code}`;
        keep.add(id);
        if (cy.getElementById(id).empty()) {
          add.push({ group: "nodes", position: { x: base.x[code], y: base.y[code] }, data: {
            id, code, d: base.diameter[code], colour: base.colour[code], z: Math.round(1000 - base.diameter[code]) } });
        }
      });
      shown.from.forEach((from, i) => {
        const to = shown.to[i], id = `e${from}_${to}`, w = 1 + 11 * Math.sqrt(shown.weight[i] / base.heaviest);
        keep.add(id);
        const edge = cy.getElementById(id);
        if (edge.nonempty()) { edge.data({ w, i }); return; }
        add.push({ group: "edges", data: {
          id, w, i, source: `n${from}`, target: `n${to}`, colour: base.colour[base.by === "quoting" ? from : to] } });
      });
      cy.elements().filter((element) => !keep.has(element.id())).remove();
      cy.add(add);
    });
    const at = new Map(shown.nodes.map((code, i) => [code, i]));
    order = [...shown.nodes].sort((a, b) => shown.statements[at.get(b)] - shown.statements[at.get(a)] || a - b);
    shown.at = at;
    empty.hidden = shown.nodes.length > 0;
    empty.textContent = shown.empty;
    stage.setAttribute("aria-label", `Network: ${counted(shown.nodes.length, "node")}, ` +
      `${counted(shown.from.length, "link")}. The box "Find" chooses a node by name.`);
    if (fresh) drawLegend();
    if (!fitted) fit();
    mark();
    el.dataset.drawn = `${shown.nodes.length} ${shown.from.length}`;
  }

  const later = () => { if (!scheduled) { scheduled = true; queueMicrotask(redraw); } };

  // -- what is chosen -----------------------------------------------------------------------------------------------

  function mark() {
    const chosen = model.get("chosen");
    const links = chosen.length === 2 ? cy.getElementById(`e${chosen[0]}_${chosen[1]}`)
      : chosen.length === 1 ? cy.getElementById(`n${chosen[0]}`).connectedEdges() : cy.collection();
    const near = links.connectedNodes().union(cy.collection(chosen.map((code) => cy.getElementById(`n${code}`))
      .filter((node) => node.nonempty()).reduce((all, node) => all.union(node), cy.collection())));
    cy.batch(() => {
      cy.elements().removeClass("off on chosen");
      if (near.empty()) return;
      cy.elements().not(near).not(links).addClass("off");
      links.addClass("on");
      chosen.forEach((code) => cy.getElementById(`n${code}`).addClass("chosen"));
    });
    named = near.empty() ? null : new Set(near.map((node) => node.data("code")));
    drawLabels();
  }

  const choose = (codes) => { model.set("chosen", codes); model.save_changes(); };
  cy.on("tap", "node", (event) => choose([event.target.data("code")]));
  cy.on("tap", "edge", (event) => choose([event.target.source().data("code"), event.target.target().data("code")]));
  cy.on("tap", (event) => { if (event.target === cy) choose([]); });

  // -- labels: as large at every zoom, the most quoted first, none on another ---------------------------------------

  function drawLabels() {
    const ratio = window.devicePixelRatio || 1, [wide, high] = [cy.width(), cy.height()];
    if (canvas.width !== Math.round(wide * ratio) || canvas.height !== Math.round(high * ratio)) {
      [canvas.width, canvas.height] = [Math.round(wide * ratio), Math.round(high * ratio)];
      Object.assign(canvas.style, { width: `${wide}px`, height: `${high}px` });
    }
    const pen = canvas.getContext("2d");
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, wide, high);
    if (!base || !shown || !order.length) return;
    const style = getComputedStyle(el);
    [pen.textBaseline, pen.lineJoin, pen.lineWidth] = ["middle", "round", 3.5];
    [pen.fillStyle, pen.strokeStyle] = [style.color, style.backgroundColor];
    const scale = cy.zoom(), pan = cy.pan(), taken = [];
    const widest = Math.max(...base.diameter);
    const codes = named ? order.filter((code) => named.has(code)) : order;
    for (const code of codes) {
      if (taken.length >= MOST_LABELS) break;
      const x = base.x[code] * scale + pan.x, y = base.y[code] * scale + pan.y;
      if (x < 0 || y < 0 || x > wide || y > high) continue;
      const size = SMALLEST + (LARGEST - SMALLEST) * base.diameter[code] / widest;
      pen.font = `${size}px ${style.fontFamily}`;
      const text = base.label[code], width = pen.measureText(text).width;
      const reach = base.diameter[code] * scale / 2 + 3;
      const left = x + reach + width > wide ? Math.max(2, x - reach - width) : x + reach;
      const box = [left - 2, y - size / 2 - 1, left + width + 2, y + size / 2 + 1];
      if (taken.some((b) => box[0] < b[2] && b[0] < box[2] && box[1] < b[3] && b[1] < box[3])) continue;
      taken.push(box);
      pen.strokeText(text, left, y);
      pen.fillText(text, left, y);
    }
  }
  cy.on("render", drawLabels);

  // -- what lies under the pointer ----------------------------------------------------------------------------------

  function tell(lines, event) {
    tip.replaceChildren(...lines.map((line, i) => made("div", i ? "" : "hc-name", line)));
    tip.hidden = false;
    const at = event.renderedPosition, room = 14;
    tip.style.left = `${Math.max(0, Math.min(at.x + room, cy.width() - tip.offsetWidth - 4))}px`;
    const below = at.y + room + tip.offsetHeight < cy.height();
    tip.style.top = `${Math.max(0, below ? at.y + room : at.y - room - tip.offsetHeight)}px`;
  }
  cy.on("mouseover", "node", (event) => {
    const code = event.target.data("code"), i = shown.at.get(code);
    stage.style.cursor = "pointer";
    tell([base.name[code], base.about[code], counted(shown.statements[i], "statement"),
      `quoted in ${shown.quoted[i].toLocaleString("en")}, quotes in ${shown.quotes[i].toLocaleString("en")}`], event);
  });
  cy.on("mouseover", "edge", (event) => {
    const edge = event.target, i = edge.data("i");
    stage.style.cursor = "pointer";
    tell([`${base.name[edge.source().data("code")]} quotes ${base.name[edge.target().data("code")]}`,
      `${counted(shown.weight[i], "statement")} in ${counted(shown.articles[i], "article")}`], event);
  });
  cy.on("mouseout", "node, edge", () => { tip.hidden = true; stage.style.cursor = ""; });
  cy.on("viewport", () => { tip.hidden = true; });

  function drawLegend() {
    const entries = base.legend.map(([label, colour]) => {
      const entry = made("span", "hc-entry", label), dot = made("i", "hc-dot");
      dot.style.background = colour;
      entry.prepend(dot);
      return entry;
    });
    legend.replaceChildren(...entries, made("span", "hc-entry", base.note));
  }

  // Cytoscape remembers where on the page the stage was. Once a notebook is scrolled, clicks would go elsewhere.
  let place = "";
  const settle = () => {
    const { left, top } = stage.getBoundingClientRect();
    if (place !== `${left} ${top}`) { place = `${left} ${top}`; cy.resize(); }
  };
  ["pointermove", "pointerdown", "touchstart", "wheel"].forEach((event) => {
    stage.addEventListener(event, settle, { capture: true, passive: true }); });

  // Whoever zoomed keeps their view; else the whole network is shown at every size.
  const watch = new ResizeObserver(() => { cy.resize(); if (!fitted || fitted === camera()) fit(); drawLabels(); });
  watch.observe(stage);
  model.on("change:base", later);
  model.on("change:shown", later);
  model.on("change:chosen", mark);
  redraw();
  return () => { watch.disconnect(); model.off("change:base", later); model.off("change:shown", later);
    model.off("change:chosen", mark); cy.destroy(); };
}

export default { render };
