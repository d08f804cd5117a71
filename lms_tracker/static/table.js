// Sorting and filtering of the class table without a reload. Without this file the links and the form do the same.
(function () {
  "use strict";
  var form = document.querySelector("form[data-table]");
  if (!form) return;
  var table = document.getElementById(form.dataset.table);
  if (!table) return;
  var body = table.tBodies[0];
  var heads = Array.from(table.tHead.rows[0].cells);
  var rows = Array.from(body.rows);
  var status = form.querySelector("[role=status]");
  var none = document.getElementById("none");
  // The server sent only matching rows; filters can be widened here only when it sent all of them.
  var complete = !form.q.value && !form.contact.checked;
  var ascendingFirst = ["name", "school", "last", "pace"];

  function value(row, column) { return Number(row.cells[column].dataset.v); }

  function sort(key, descending) {
    var column = heads.findIndex(function (th) { return th.dataset.key === key; });
    if (column < 0) return;
    rows.sort(function (a, b) {
      var difference = value(a, column) - value(b, column);
      return descending ? -difference : difference;
    });
    var all = document.createDocumentFragment();
    rows.forEach(function (row) { all.appendChild(row); });
    body.appendChild(all);
    heads.forEach(function (th, i) {
      if (i === column) th.setAttribute("aria-sort", descending ? "descending" : "ascending");
      else th.removeAttribute("aria-sort");
    });
    form.elements.sort.value = key;
    form.elements.dir.value = descending ? "desc" : "asc";
    remember();
  }

  function filter() {
    var text = form.q.value.trim().toLowerCase();
    var shown = 0;
    rows.forEach(function (row) {
      var hit = row.dataset.text.indexOf(text) >= 0 && (!form.contact.checked || row.classList.contains("to-call"));
      row.hidden = !hit;
      if (hit) shown += 1;
    });
    status.textContent = status.dataset.template.replace("{n}", shown);
    none.hidden = shown > 0;
    table.hidden = shown === 0;
    remember();
  }

  function remember() {
    var asked = new URLSearchParams(new FormData(form));
    if (!form.q.value) asked.delete("q");
    history.replaceState(null, "", "?" + asked);
  }

  heads.forEach(function (th) {
    var link = th.querySelector("a");
    if (!link) return;
    link.addEventListener("click", function (event) {
      event.preventDefault();
      var now = th.getAttribute("aria-sort");
      sort(th.dataset.key, now ? now === "ascending" : ascendingFirst.indexOf(th.dataset.key) < 0);
    });
  });
  form.elements.sort.addEventListener("change", function () { sort(form.elements.sort.value, form.elements.dir.value === "desc"); });
  form.elements.dir.addEventListener("change", function () { sort(form.elements.sort.value, form.elements.dir.value === "desc"); });
  if (!complete) return;
  form.addEventListener("submit", function (event) { event.preventDefault(); filter(); });
  form.q.addEventListener("input", filter);
  form.contact.addEventListener("change", filter);
  form.classList.add("live");
})();
