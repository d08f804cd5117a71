// The page of one unit: the tracker's state in words, speeds, chapters. What counts is decided by the server.
(function () {
  "use strict";
  var box = document.getElementById("player"), medium = document.getElementById("medium"), data = box.dataset;
  var plays = data.form === "video" || data.form === "audio", PATIENCE_S = 15, LOOK_S = 8;

  function $(id) { return document.getElementById(id); }
  function minutes(seconds) { return Math.floor(seconds / 60); }

  function showSpeeds(rates) {
    var place = $("speeds");
    if (!place || place.children.length) return;
    rates.forEach(function (rate) {
      var button = document.createElement("button");
      button.type = "button";
      button.textContent = data.speed.replace("{r}", rate);
      button.dataset.rate = rate;
      button.addEventListener("click", function () { medium.playbackRate = rate; });
      place.append(button);
    });
    function mark() {
      Array.from(place.children).forEach(function (b) { b.setAttribute("aria-pressed", String(Number(b.dataset.rate) === medium.playbackRate)); });
    }
    medium.addEventListener("ratechange", mark);
    mark();
  }

  function hideMinutes(is) { $("credited").hidden = is; $("done").ownerSVGElement.toggleAttribute("hidden", is); }
  function show(state) {
    hideMinutes(state.why === "away" && !state.session);  // nobody has said yet how many there are
    var target = state.target_s || state.length_s, text = target ? data.minutes : data.minutesOnly;
    var reached = target && state.credited_s >= target - 0.5;
    $("credited").textContent = text.replace("{c}", reached ? Math.ceil(target / 60) : minutes(state.credited_s)).replace("{t}", Math.ceil(target / 60));
    $("done").setAttribute("width", (target ? Math.min(100, 100 * state.credited_s / target) : 0).toFixed(1) + "%");
    $("counting").dataset.state = state.counting ? "ok" : state.why === "opening" || state.why === "paused" ? "waiting" : "stopped";
    $("why").textContent = state.why === "paused" && plays && !medium.played.length ? data.waiting : state.sentence;
    $("held").hidden = minutes(state.held_s) < 1;
    $("held").textContent = data.held.replace("{h}", minutes(state.held_s));
    if (plays && state.rates) showSpeeds(state.rates);
  }

  function chapters() {
    var all = Array.from(box.querySelectorAll("[data-at]"));
    if (!plays || !all.length) return;
    all.forEach(function (button) {
      button.addEventListener("click", function () {
        medium.currentTime = Number(button.dataset.at);
        medium.play().catch(function () { /* the browser wants a click on the video first */ });
      });
    });
    medium.addEventListener("timeupdate", function () {
      var here = all.filter(function (b) { return Number(b.dataset.at) <= medium.currentTime; }).pop();
      if (here && here.hasAttribute("aria-current")) return;
      all.forEach(function (b) { b.removeAttribute("aria-current"); });
      if (here) here.setAttribute("aria-current", "true");
    });
  }

  /* Whether the medium can be had. Our server knows that of a file and of an object in the store; it sends us on to others,
     and that is as good. Not reached: null. */
  function look(then) {
    window.fetch(data.address, { method: "HEAD", redirect: "manual", cache: "no-store" }).then(function (answer) {
      then(answer.ok || answer.type === "opaqueredirect");
    }, function () { then(null); });
  }
  /* Looks again until it is there. */
  function whenBack(act) {
    var wait = 1;
    (function again() {
      window.setTimeout(function () { look(function (there) { if (there) act(); else again(); }); }, 1000 * wait);
      wait = Math.min(wait * 2, LOOK_S);
    })();
  }
  function say(words) { var trouble = $("trouble"); if (trouble.textContent !== words) trouble.textContent = words; trouble.hidden = !words; }

  /* The network was away, or the server for a moment: browsers give a film up then, and for good. The learner is told, of a
     film that is not there (any more), too: the picture alone stays black. */
  function recover() {
    var wait = 1, on = false, trouble = $("trouble");
    function none() {  // no film, or none that this browser plays
      say(trouble.dataset.none);
      look(function (there) { if (!there) whenBack(function () { medium.load(); }); });
    }
    medium.addEventListener("loadedmetadata", function () { say(""); });
    medium.addEventListener("playing", function () { wait = 1; on = true; say(""); });
    medium.addEventListener("pause", function () { if (!medium.error) on = false; });  // else the browser did it
    function failed() {
      var at = medium.currentTime;
      if (!medium.error || medium.error.code !== 2 && !at) return none();
      say(wait < PATIENCE_S ? trouble.dataset.again : trouble.dataset.none);
      window.setTimeout(function () {
        medium.load();
        medium.currentTime = at;
        if (on) medium.play().catch(function () { /* not there yet, or the browser wants a click first */ });
      }, 1000 * wait);
      wait = Math.min(wait * 2, PATIENCE_S);
    }
    medium.addEventListener("error", failed);
    if (medium.error) failed();  // before this script came
  }

  /* Whoever comes into the frame by Tab sees where the focus is: no rule of a style sheet can tell. */
  function markFocus() {
    var stage = medium.parentNode, tabbed = false;
    document.addEventListener("keydown", function (e) { tabbed = e.key === "Tab"; }, true);
    document.addEventListener("pointerdown", function () { tabbed = false; }, true);
    window.addEventListener("focus", function () { stage.classList.remove("inside"); });
    window.addEventListener("blur", function () {
      window.setTimeout(function () { stage.classList.toggle("inside", tabbed && document.activeElement === medium); }, 0);
    });
  }

  /* A frame shows an error as gladly as a document, and tells neither: so the page asks. Away until the document is there. */
  function framed(away) {
    var words = $("trouble").dataset.none;
    function lost() {
      medium.hidden = true;
      say(words);
      away(true);
      whenBack(function () {
        medium.src = data.address;
        medium.hidden = false;
        say("");
        away(false);
      });
    }
    if (!medium.hasAttribute("src")) return lost();  // the server knew
    look(function (there) { if (!there) lost(); });
  }

  chapters();
  if (plays) recover(); else markFocus();
  if (data.form === "pdf" && navigator.pdfViewerEnabled === false) {  // nothing to read, and nothing counts
    medium.hidden = true;
    box.querySelector(".no-pdf").hidden = false;
    if (data.registration) { hideMinutes(true); $("counting").dataset.state = "stopped"; $("why").textContent = data.unseen; }
    return;
  }
  if (!data.registration) return plays ? showSpeeds([1]) : framed(function () { /* nothing is counted */ });  // a preview

  var tracker = window.StudyTracker.attach(plays ? medium : null, {
    activity: data.activity, registration: data.registration, csrf: data.csrf, lang: document.documentElement.lang
  });
  tracker.on(show);
  if (!plays) framed(tracker.away);
  if (data.form === "web") {
    var seen = null, inside = function () {
      try {
        var shown = medium.contentDocument;
        if (!shown || shown === seen || shown.URL === "about:blank") return;
        seen = shown;
        tracker.inputsOf(medium.contentWindow);
      } catch (foreign) { /* of another origin: its inputs are not ours to see */ }
    };
    medium.addEventListener("load", inside);
    inside();  // it may have come before this script
  }
})();
