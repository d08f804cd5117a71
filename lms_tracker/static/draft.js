// Keeps what is typed: on the server a moment after the last key, and in this browser as long as the server cannot be reached.
(function () {
  "use strict";
  var form = document.querySelector("form[data-draft]");
  var text = form && form.querySelector("textarea[name=text]");
  if (!text) return;
  var status = form.querySelector("[data-status]"), words = form.querySelector("[data-words]");
  var key = "draft " + form.dataset.draft, timer = null, saved = text.value;

  function count() { words.textContent = form.dataset.count.replace("{n}", text.value.replace(/\s/g, "").length); }

  function keep() {
    try { localStorage.setItem(key, text.value); } catch (e) { return; }
  }

  function forget() {
    try { localStorage.removeItem(key); } catch (e) { return; }
  }

  function save() {
    var typed = text.value, body = new FormData();
    if (typed === saved) return;
    body.append("text", typed);
    body.append("csrf_token", form.elements.csrf_token.value);
    fetch(form.dataset.draft, { method: "POST", body: body, redirect: "error" }).then(function (answer) {
      if (!answer.ok) throw new Error(answer.status);
      saved = typed;
      forget();
      status.textContent = form.dataset.saved;
    }).catch(function () {
      keep();
      status.textContent = form.dataset.unsaved;
      timer = setTimeout(save, 10000);
    });
  }

  try {
    var kept = localStorage.getItem(key);
    if (kept) text.value = kept;
  } catch (e) { /* private browsing */ }
  text.addEventListener("input", function () {
    count();
    clearTimeout(timer);
    timer = setTimeout(save, 1500);
  });
  form.addEventListener("submit", function () { clearTimeout(timer); forget(); });
  count();
  save();
})();
