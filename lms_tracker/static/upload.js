// Sends a file in pieces. The server says how much it has: the same file, chosen again, goes on from there.
(function () {
  "use strict";
  var form = document.querySelector("form.upload");
  if (!form) return;
  var input = form.querySelector("input[type=file]"), bar = form.querySelector("progress");
  var said = form.querySelector(".said"), button = form.querySelector("button"), data = form.dataset;

  function address(file, offset) {
    var to = new URL(data.to, location.href);
    to.searchParams.set("name", file.name);
    to.searchParams.set("size", file.size);
    to.searchParams.set("modified", file.lastModified);
    if (offset !== undefined) to.searchParams.set("offset", offset);
    return to;
  }

  function wait(ms) { return new Promise(function (go) { setTimeout(go, ms); }); }

  async function ask(to, options) {
    for (var pause = 1000; ; pause = Math.min(pause * 2, 30000)) {
      try {
        var answer = await fetch(to, options);
        if (answer.status < 500) return { status: answer.status, body: await answer.json() };
      } catch (lost) { /* no network: try again */ }
      said.textContent = data.lost;
      await wait(pause);
    }
  }

  function show(done, all) {
    bar.hidden = false;
    bar.max = all;
    bar.value = done;
    said.textContent = data.sent.replace("{done}", (done / 1048576).toFixed(1)).replace("{all}", (all / 1048576).toFixed(1));
  }

  async function send(file) {
    var begun = await ask(address(file), {});
    if (begun.status !== 200) throw new Error(begun.body.error);
    var here = begun.body.received;
    while (here < file.size) {
      show(here, file.size);
      var piece = file.slice(here, here + begun.body.piece), last = here + piece.size >= file.size;
      if (last) said.textContent = data.done;
      var answer = await ask(address(file, here), {
        method: "PUT", body: piece, headers: { "X-CSRFToken": data.csrf, "Content-Type": "application/octet-stream" }
      });
      if (answer.status !== 200 && answer.status !== 409) throw new Error(answer.body.error);
      if (answer.body.medium !== null) return;
      here = answer.body.received;
    }
  }

  form.addEventListener("submit", function (event) {
    event.preventDefault();
    var file = input.files[0];
    if (!file) return;
    button.disabled = true;
    said.className = "said";
    send(file).then(function () { location.href = data.then; }, function (fault) {
      button.disabled = false;
      bar.hidden = true;
      said.className = "said fault";
      said.textContent = fault.message;
    });
  });
})();
