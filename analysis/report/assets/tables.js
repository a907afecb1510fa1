// The tables of the report in the browser: DataTables on the rows that data/*.js hold.
// Every text is untrusted: it becomes the text of a node, or is escaped; an address becomes a link only if it is the web's.
"use strict";
(() => {
  const { articles, statements } = globalThis.REPORT;
  const table = document.getElementById("rows");
  const which = table.dataset.rows;
  const heads = [...table.tHead.rows[0].cells];
  const keys = heads.map((head) => head.dataset.key);
  const [SUBJECT, URL] = [6, 7];  // of an article

  // A statement's last column, its article, is the article's subject; so texts and addresses are held once.
  const rows = which === "articles" ? articles
    : statements.map((row) => [...row.slice(0, -1), articles[row.at(-1)][SUBJECT], articles[row.at(-1)][URL]]);
  const address = rows.length ? rows[0].length - 1 : 0;

  const escaped = DataTable.render.text().display;
  const link = (text, url) => {
    if (!/^https?:\/\//i.test(url)) return escaped(text);
    const a = document.createElement("a");
    Object.assign(a, { textContent: text, href: url, rel: "noopener noreferrer", target: "_blank" });
    return a.outerHTML;
  };
  const none = (text) => `<span class="none">${text}</span>`;
  const render = {
    // The undated come last when the earliest are first.
    date: (value, type) => (type === "display" ? (value ? escaped(value) : none("undated")) : value || "undated"),
    last: (value, type, row) => (type === "display" ? link(value, row[address]) : value),
    text: (value, type) => (type === "display" ? escaped(value) : value),
  };
  const widths = { date: "6.2em", language: "6em", tone: "6em", stance: "6em", form: "5em", country: "9.5em" };
  const columns = keys.map((key, i) => ({
    type: "string", className: key === "date" ? "date" : "", width: widths[key],
    render: key === "date" ? render.date : i === keys.length - 1 ? render.last : render.text,
    createdCell: (cell) => { cell.dataset.label = heads[i].textContent; },
  }));

  const api = new DataTable(table, {
    data: rows, columns, deferRender: true, pageLength: 25, autoWidth: false, order: [[0, "asc"]],
    lengthMenu: [25, 100, 500],
    layout: { topStart: "search", topEnd: "info", bottomStart: "pageLength", bottomEnd: "paging" },
    language: { search: "Search", info: "_START_ to _END_ of _TOTAL_", infoEmpty: "nothing found",
      infoFiltered: "(of _MAX_ in all)", zeroRecords: "No row matches. Change the search, or show all.",
      emptyTable: "The record holds none.", lengthMenu: "_MENU_ rows a page" },
  });

  // -- filters: exact values of a column, also from the address (articles.html#country=Japan) --------------------------

  const selects = [...document.querySelectorAll("select[data-key]")];
  const column = (select) => keys.indexOf(select.dataset.key);
  for (const select of selects) {
    const counts = new Map();
    for (const row of rows) counts.set(row[column(select)], (counts.get(row[column(select)]) ?? 0) + 1);
    const values = [...counts.keys()].sort((a, b) => a.localeCompare(b, "en"));
    select.append(new Option("all", ""), ...values.map((value) => new Option(`${value} (${counts.get(value)})`, value)));
  }
  const apply = () => {
    for (const select of selects) {
      const at = column(select), wanted = select.value;
      api.search.fixed(`filter-${at}`, wanted === "" ? null : (text, row) => row[at] === wanted);
    }
    api.draw();
  };
  const asked = () => {
    const values = new URLSearchParams(location.hash.slice(1));
    for (const select of selects) select.value = values.get(select.dataset.key) ?? "";
    for (const select of selects) if (select.selectedIndex < 0) select.value = "";
    api.search(values.get("q") ?? "");
    apply();
  };
  const form = document.querySelector("form.filters");
  form.addEventListener("change", apply);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(() => { api.search(""); apply(); }));  // the event comes before the reset
  addEventListener("hashchange", asked);
  asked();
})();
