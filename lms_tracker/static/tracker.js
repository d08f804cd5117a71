/* lms_tracker's browser side: says what is played or read, in view, and with which inputs. docs/tracker.md says how to use it.
 *
 * It decides nothing: what counts is the server's to say, by its own clock. Sent are states and counts; never what is typed,
 * where a pointer is, or what else the computer does. No dependency; ES2018. */
(function (root) {
  "use strict";
  if (root.StudyTracker) return;
  var doc = root.document, script = doc.currentScript;
  var PLAYING = 1, VISIBLE = 2, FOCUSED = 4, BACK = 8, MOST = 300, KEPT = 2000;
  var PAST = ["hidden", "rate", "gap", "stalled"];  // what the server says of the last stretch, and the page itself sees to be over
  var UNSEEN = "position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)";  // read out, not shown
  var RETRY_S = [1, 2, 4, 8, 15], TIMEOUT_S = 20, AWAY_S = 15, MOVE_MS = 1000, ASLEEP_MS = 20000, REOPEN_MOST = 3;

  var WORDS = {
    zh: {
      hidden: "本页在后台，暂停计时", unfocused: "本页不是当前窗口，久了不计时", paused: "已暂停，未计时", offline: "网络中断：学习记录先存在本机，最多 {m} 分钟，联网后补传",
      full: "离线太久：本机最多存 {m} 分钟，此后的时间不再计入，请检查网络", rate: "播放速度超过 {r} 倍，超出部分不计入", repeat: "这一段已经计入过，不重复计时", whole: "本单元的时长已全部计入，不再计时",
      elsewhere: "正在别处学习", moved: "学习已转到另一处，这里暂停计时", keep: "在这里继续学习", leave: "不，留在那边",
      elsewhereText: "您的账号正在另一个页面或设备上学习{what}。同一时间只计一处：要在这里继续吗？那边会暂停。",
      check: "在场确认", present: "我在学习", seconds: "请在 {s} 秒内回答", send: "回答", choose: "请选择 {n} 项", chosen: "已选 {c} / {n} 项", hold: "请稍候 {s} 秒再回答",
      owed: "上一个学习页面上有一个在场确认还没有回答。", owedText: "上一个学习页面上有一个在场确认还没有回答：现在答对，之前的时间照常计入。",
      missed: "没有及时回答，已暂停", missedText: "从上一次操作或回答到现在的时间不计入学习时间。现在回答，就从现在起继续计时。", back: "我回来了",
      unanswered: "没有回答在场确认，暂停计时", idle: "很久没有操作，暂停计时：动一下鼠标或键盘", stalled: "画面没有前进，未计时", gap: "中间断开太久，断开的时间不计入", overlap: "同一时间已在别处计入", cap: "今天计入的时间已到上限", clock: "时间对不上，未计入",
      away: "要学习的内容现在打不开，未计时；恢复后自动继续", closed: "本次学习已结束，请刷新页面重新开始", revoked: "本次学习已结束：您已退出登录，或学习被中心终止。请重新登录后再打开本页", failed: "暂时不能计时：{e}", again: "重试", close: "知道了",
      lost: "无法连接计时服务", opening: "正在连接计时服务…", ok: "正在计时"
    },
    en: {
      hidden: "This page is in the background: not counting", unfocused: "This page is not the current window: not counted for long", paused: "Paused: not counting",
      offline: "No network: your study is kept here for up to {m} minutes and sent later", full: "Offline for too long: no more than {m} minutes can be kept; further time will not count. Please check your network",
      rate: "Faster than {r}x: the excess does not count", repeat: "This part has been counted before and does not count twice", whole: "All of this unit's time has been counted: no more counts",
      elsewhere: "You are studying elsewhere", moved: "Study went on elsewhere: paused here", keep: "Go on here", leave: "No, stay there",
      elsewhereText: "Your account is studying on another page or device{what}. Only one counts at a time: go on here? The other one will pause.",
      check: "Are you there?", present: "I am studying", seconds: "Please answer within {s} seconds", send: "Answer", choose: "Please choose {n}", chosen: "{c} of {n} chosen", hold: "Please wait {s} seconds before you answer",
      owed: "A presence check on the page before was left unanswered. ", owedText: "A presence check on the page before is still open: answer it now, and the time before counts as usual.",
      missed: "Not answered in time: paused", missedText: "The time since your last input or answer does not count. Answer now, and time counts again from now on.", back: "I am back",
      unanswered: "A presence check was not answered: not counting", idle: "No input for long: not counting until a key or the mouse is used", stalled: "The picture stands still: not counting", gap: "Away for too long: that time does not count", overlap: "Counted elsewhere at the same time", cap: "Today's limit is reached", clock: "The times do not fit: not counted",
      away: "What is to be studied cannot be opened now: not counting. It goes on by itself", closed: "This session has ended: reload the page to start again", revoked: "This session has ended: you were logged out, or the training centre stopped it. Log in and open this page again", failed: "Time cannot be counted for now: {e}", again: "Try again", close: "OK",
      lost: "The timing service cannot be reached", opening: "Connecting to the timing service…", ok: "Counting"
    }
  };

  function fill(text, values) { return text.replace(/\{(\w)\w*\}/g, function (all, key) { for (var k in values) if (k[0] === key) return values[k]; return all; }); }
  function now() { return root.performance.now(); }
  function round(x) { return Math.round(x * 1000) / 1000; }

  /* ---- what is watched: each source has playing(), time(), rate(), length(), pause(), play(), seek(s), setRate(r), on(listener), and `media` ---- */

  function emitter(add) {
    var off = [];
    add(function (target, name, listener) {
      target.addEventListener(name, listener);
      off.push(function () { target.removeEventListener(name, listener); });
    });
    return function () { off.forEach(function (f) { f(); }); };
  }

  function mediaSource(video) {
    return {
      media: true,
      playing: function () { return !video.paused && !video.ended; },
      time: function () { return video.currentTime || 0; },
      rate: function () { return video.playbackRate; },
      length: function () { return isFinite(video.duration) ? video.duration : null; },
      pause: function () { video.pause(); },
      play: function () { var p = video.play(); if (p) p.catch(function () { /* the browser wants a click first */ }); },
      seek: function (s) { video.currentTime = s; },
      setRate: function (r) { video.playbackRate = r; },
      on: function (tell) {
        var at = video.currentTime, when = now();
        return emitter(function (listen) {
          listen(video, "timeupdate", function () { if (!video.seeking) { at = video.currentTime; when = now(); } });
          listen(video, "seeking", function () {
            var from = at + (video.paused ? 0 : Math.min((now() - when) / 1000, 1) * video.playbackRate);
            at = video.currentTime; when = now();
            tell("seek", from);
          });
          listen(video, "playing", function () { at = video.currentTime; when = now(); tell("play"); });
          listen(video, "pause", function () { tell("pause"); });
          listen(video, "ended", function () { tell("pause"); });
          listen(video, "ratechange", function () { tell("rate"); });
        });
      }
    };
  }

  /* video.js: a player object with methods instead of properties. */
  function videojsSource(player) {
    function tech() { return player.el().querySelector("video, audio"); }
    var inner = tech() ? mediaSource(tech()) : null;
    if (inner) return inner;
    return {
      media: true,
      playing: function () { return !player.paused() && !player.ended(); },
      time: function () { return player.currentTime(); }, rate: function () { return player.playbackRate(); },
      length: function () { return player.duration() || null; },
      pause: function () { player.pause(); }, play: function () { player.play(); },
      seek: function (s) { player.currentTime(s); }, setRate: function (r) { player.playbackRate(r); },
      on: function (tell) {
        var at = 0, names = { playing: "play", pause: "pause", ended: "pause", ratechange: "rate" };
        function time() { if (!player.seeking()) at = player.currentTime(); }
        function seeking() { tell("seek", at); at = player.currentTime(); }
        var listeners = Object.keys(names).map(function (n) { return [n, function () { tell(names[n]); }]; });
        listeners.push(["timeupdate", time], ["seeking", seeking]);
        listeners.forEach(function (l) { player.on(l[0], l[1]); });
        return function () { listeners.forEach(function (l) { player.off(l[0], l[1]); }); };
      }
    };
  }

  /* A page that is read: it "plays" while it is open in front. */
  function pageSource() {
    var held = false;
    return {
      media: false,
      playing: function () { return !held && doc.visibilityState === "visible" && doc.hasFocus(); },
      time: function () { return 0; }, rate: function () { return 1; }, length: function () { return null; },
      pause: function () { held = true; }, play: function () { held = false; }, seek: function () {}, setRate: function () {},
      on: function () { return function () {}; }
    };
  }

  /* A player in an iframe of another origin, by messages: docs/tracker.md has the contract. */
  function frameSource(frame, origin) {
    var last = { time: 0, rate: 1, playing: false, length: null }, when = now();
    function order(command, value) { frame.contentWindow.postMessage({ study: 1, command: command, value: value }, origin); }
    return {
      media: true,
      playing: function () { return last.playing; },
      time: function () { return last.time + (last.playing ? Math.min((now() - when) / 1000, 2) * last.rate : 0); },
      rate: function () { return last.rate; }, length: function () { return last.length; },
      pause: function () { order("pause"); }, play: function () { order("play"); },
      seek: function (s) { order("seek", s); }, setRate: function (r) { order("rate", r); },
      on: function (tell, input) {
        return emitter(function (listen) {
          listen(root, "message", function (event) {
            var said = event.data;
            if (event.source !== frame.contentWindow || event.origin !== origin || !said || said.study !== 1) return;
            if (said.event === "input") return input({ key: 0, pointer: 1, touch: 2 }[said.kind] || 0);
            ["time", "rate", "playing", "length"].forEach(function (k) { if (k in said) last[k] = said[k]; });
            when = now();
            if (said.event !== "time") tell(said.event === "ended" ? "pause" : said.event, said.from);
          });
          order("hello");
        });
      }
    };
  }

  /* The other end of frameSource, for a page that is shown in an iframe and has a video or audio. */
  function serveFrame(media, parentOrigin) {
    var source = mediaSource(media);
    function say(event, from) {
      root.parent.postMessage({ study: 1, event: event, from: from, time: source.time(), rate: source.rate(), playing: source.playing(), length: source.length() }, parentOrigin);
    }
    root.addEventListener("message", function (event) {
      if (event.source !== root.parent || event.origin !== parentOrigin || !event.data || event.data.study !== 1) return;
      var c = event.data.command;
      if (c === "pause" || c === "play") source[c](); else if (c === "seek") source.seek(event.data.value);
      else if (c === "rate") source.setRate(event.data.value); else if (c === "hello") say("time");
    });
    source.on(say);
    countInputs(root, function (kind) { root.parent.postMessage({ study: 1, event: "input", kind: ["key", "pointer", "touch"][kind] }, parentOrigin); });
    root.setInterval(function () { if (source.playing()) say("time"); }, 1000);
  }

  /* Counts of inputs that the browser says a person made: 0 keys, 1 pointer, 2 touch. A moving pointer counts once a second. */
  function countInputs(target, count) {
    var moved = 0, pressed = 0, options = { capture: true, passive: true };
    var listeners = {
      keydown: function (e) { if (e.isTrusted && !e.repeat) { pressed = e.timeStamp; count(0); } },
      pointerdown: function (e) { if (e.isTrusted) { pressed = e.timeStamp; count(e.pointerType === "touch" ? 2 : 1); } },
      /* What a screen reader or a voice presses has neither, and is a person's all the same. */
      click: function (e) { if (e.isTrusted && e.timeStamp - pressed > MOVE_MS) count(0); },
      pointermove: move, wheel: move
    };
    function move(e) {
      if (e.timeStamp - moved < MOVE_MS || !e.isTrusted) return;
      moved = e.timeStamp;
      count(e.pointerType === "touch" ? 2 : 1);
    }
    Object.keys(listeners).forEach(function (n) { target.addEventListener(n, listeners[n], options); });
    return function () { Object.keys(listeners).forEach(function (n) { target.removeEventListener(n, listeners[n], options); }); };
  }

  /* ---- dialogs: modal, by keyboard, above a full screen; styled by properties, which every content security policy allows ---- */

  function make(name, style, text) {
    var element = doc.createElement(name);
    element.style.cssText = style || "";
    if (text !== undefined) element.textContent = text;
    return element;
  }

  var dialogs = 0;
  function dialog(title, text, language) {
    var native = typeof root.HTMLDialogElement === "function" && root.HTMLDialogElement.prototype.showModal, id = "study-dialog-" + ++dialogs, before = doc.activeElement;
    var box = make(native ? "dialog" : "div", "box-sizing:border-box;width:min(28rem,calc(100vw - 2rem));max-height:calc(100vh - 2rem);overflow:auto;padding:1.25rem;border:2px solid #0f5c6e;border-radius:10px;background:#fff;color:#1b2730;font:16px/1.6 system-ui,'PingFang SC','Microsoft YaHei',sans-serif;box-shadow:0 8px 40px rgba(0,0,0,.4);" + (native ? "margin:auto;" : "position:fixed;z-index:2147483647;top:50%;left:50%;transform:translate(-50%,-50%);"));
    var head = make("h2", "margin:0 0 .5rem;font-size:1.25rem;outline-offset:4px", title), words = make("p", "margin:0 0 1rem", text), more = make("p", "margin:0 0 .6rem;color:#7a4a06"), body = make("div", "display:grid;gap:.6rem"), aloud = make("div", UNSEEN);
    box.className = "study-dialog";
    box.setAttribute("role", "dialog"); box.setAttribute("aria-modal", "true"); box.lang = language === "zh" ? "zh-CN" : "en";
    head.id = id; words.id = id + "-t"; more.id = id + "-m"; more.hidden = true; head.tabIndex = -1;
    aloud.setAttribute("role", "alert");  // while it is open everything outside is inert: a live region there is not heard
    box.setAttribute("aria-labelledby", id); box.setAttribute("aria-describedby", id + "-m " + id + "-t");
    box.append(head, more, words, body, aloud);
    box.addEventListener("cancel", function (e) { e.preventDefault(); });  // Escape answers nothing
    box.addEventListener("keydown", function (e) {
      e.stopPropagation();  // keys of the player behind it stay out
      if (e.key !== "Tab") return;
      var all = box.querySelectorAll("button:not([disabled]), input"), first = all[0], last = all[all.length - 1], at = doc.activeElement;
      if (!all.length) return e.preventDefault();
      if (e.shiftKey ? at === first || at === head : at === last) { e.preventDefault(); (e.shiftKey ? last : first).focus(); }
    });
    (doc.fullscreenElement && !native ? doc.fullscreenElement : doc.body).append(box);
    if (native) box.showModal();
    head.focus();  // not a button: a key that was meant for the video must not answer
    return {
      box: box, body: body, id: id,
      say: function (t, m) { head.textContent = t; more.textContent = m; more.hidden = false; },
      aloud: function (t) { aloud.textContent = t; },
      button: function (label, main, act) {
        var b = make("button", "min-height:44px;padding:.5rem 1rem;border:1px solid #0f5c6e;border-radius:8px;font:inherit;cursor:pointer;" + (main ? "background:#0f5c6e;color:#fff;font-weight:600" : "background:#fff;color:#0a4553"), label);
        b.type = "button"; b.addEventListener("click", act); body.append(b);
        return b;
      },
      close: function () { box.remove(); if (before && before.isConnected && before.focus) before.focus(); }
    };
  }

  /* ---- one session of study ---- */

  function attach(target, options) {
    options = options || {};
    var base = options.endpoint || (script && script.src ? new URL("/player/", script.src).href : "/player/");
    var language = (options.lang || doc.documentElement.lang || "zh").slice(0, 2) === "en" ? "en" : "zh", words = WORDS[language];
    var source = target && target.playing ? target : target instanceof root.HTMLMediaElement ? mediaSource(target)
      : target instanceof root.HTMLIFrameElement ? frameSource(target, options.origin) : target && typeof target.currentTime === "function" ? videojsSource(target) : pageSource();
    var grant = null, last = null, proof = null, n = 0, every = [15, 30], offlineS = 900, rates = null, registration = options.registration, known = {};
    var queue = [], batch = null, flying = null, failures = 0, dueAt = 0, calm = 0, reopened = 0, stopped = null, started = false, opening = false;
    var inputs = [0, 0, 0], shown = null, check = null, asked = null, resume = false, lost = false, wall = Date.now(), ticked = now(), position = 0, played = false, still = 0, wokeUp = false, listeners = [], off = [], gone = false, away = false;  // what is to be studied cannot be had: says the page; says the server
    var region = make("div", UNSEEN);
    region.setAttribute("role", "status"); region.setAttribute("aria-live", "polite");
    doc.body.append(region);

    function text(pair) { return typeof pair === "string" ? pair : pair[language] || pair.zh || pair.en || ""; }
    function isVisible() { return doc.visibilityState === "visible"; }
    function playing() { return !gone && source.playing(); }
    function flags() { return (playing() ? PLAYING : 0) | (isVisible() ? VISIBLE : 0) | (doc.hasFocus() ? FOCUSED : 0); }

    /* Why time does not count, as far as the page itself can see; the server's word is known.why. */
    function why() {
      if (stopped) return stopped;
      if (gone || away) return "away";
      if (!grant) return opening ? "opening" : "lost";
      if (lost) return "full";
      if (check && check.missed) return "missed";
      if (!isVisible()) return "hidden";
      if (source.media && !source.playing()) return "paused";
      if (!doc.hasFocus()) return "unfocused";
      if (still > 1) return "stalled";
      if (source.media && rates && source.rate() > Math.max.apply(null, rates)) return "rate";
      if (source.media && inside(known.segments, source.time())) return "repeat";
      if (failures) return "offline";
      return known.why && PAST.indexOf(known.why) < 0 ? known.why : null;
    }
    function inside(segments, at) { return !!segments && segments.some(function (s) { return at > s[0] + 1 && at < s[1] - 1; }); }
    function sentence(reason) {
      if (reason === "repeat" && !source.media) reason = "whole";
      var values = { m: Math.round(offlineS / 60), r: rates ? Math.max.apply(null, rates) : "", e: known.error || "" };
      return fill(words[reason] || (known.reasons && known.reasons[reason] && text(known.reasons[reason])) || reason, values);
    }

    var told = "";
    function tell() {
      var reason = why(), state = {
        why: reason, sentence: reason ? sentence(reason) : words.ok, counting: !reason && playing(), credited_s: known.credited_s || 0, raw_s: known.raw_s || 0, held_s: known.held_s || 0,
        target_s: known.target_s, length_s: known.length_s, online: !failures, buffered: queue.length + (batch ? batch.length : 0), rates: rates, session: known.session, time: source.time()
      };
      if ((reason || "") !== told) {  // what stops it is read out, and that it goes on; a pause is the learner's own
        var quiet = reason ? reason === "paused" : !told || told === "paused" || told === "opening";
        region.textContent = quiet ? "" : state.sentence;
        told = reason || "";
      }
      listeners.forEach(function (l) { l(state); });
    }

    /* -- gathering -- */

    function note(event, from) {
      if (!grant || stopped) return;
      var entry = { t: now(), e: event, r: source.rate(), f: flags() | (wokeUp ? BACK : 0), i: inputs };
      if (source.media) entry.m = round(source.time());
      if (from !== undefined) entry.m0 = round(from);
      inputs = [0, 0, 0]; wokeUp = false;
      queue.push(entry);
      forget();
    }
    /* What is older than may be buffered is worth nothing to the server. */
    function forget() {
      var before = queue.length, oldest = now() - offlineS * 1000;
      queue = queue.filter(function (entry) { return entry.t >= oldest; }).slice(-KEPT);
      if (queue.length < before && failures) lost = true;
    }
    function event(name, from) {
      if (name === "rate" && source.media && rates && source.rate() > Math.max.apply(null, rates) && !options.anyRate) {
        source.setRate(Math.max.apply(null, rates));  // the server would not count it either
      }
      if (name === "play" && (check && check.missed || stopped)) source.pause();
      note(name, from);
      calm = 0;
      send();
      tell();
    }
    function appearance() {
      var state = flags() & (VISIBLE | FOCUSED);
      if (state === shown) return;
      var before = shown;
      shown = state;
      if (before !== null) event(state === (VISIBLE | FOCUSED) ? "show" : "hide");
    }
    /* Nothing ran since the last tick: the computer slept, or froze. Whatever the media say now, nobody saw that time. */
    function stood() {
      if (!grant || stopped || !played) return;
      var entry = { t: ticked, e: "pause", r: source.rate(), f: shown, i: [0, 0, 0] };
      if (source.media) entry.m = round(position);
      queue.push(entry);
      queue.sort(function (a, b) { return a.t - b.t; });
      note(playing() ? "play" : "beat");
    }
    function nextIn() { return (calm < 4 ? every[0] : Math.min(every[0] + (calm - 3) * 5, every[1])) * 1000; }

    function tick() {
      var at = now(), clock = Date.now(), slept = clock - wall - (at - ticked);
      if (slept > ASLEEP_MS || at - ticked > ASLEEP_MS) {
        if (at - ticked > ASLEEP_MS && (shown & VISIBLE)) stood();
        wokeUp = true; dueAt = 0; failures = failures && 1;
      }
      still = source.media && played && source.playing() && source.time() === position ? still + 1 : 0;
      wall = clock; ticked = at; position = source.time(); played = source.playing();
      appearance();
      if (check) check.tick();
      if (grant && !stopped && at >= dueAt) { note("beat"); dueAt = at + nextIn(); calm++; send(); }
      tell();
    }

    /* -- sending: one request in the air; the same number again until it is answered -- */

    function body(entries) {
      var at = now();
      return JSON.stringify({ g: grant, n: n + 1, p: proof, t: Math.round(at), b: entries.map(function (x) {
        var b = Object.assign({ a: Math.round(at - x.t) }, x);
        delete b.t;
        return b;
      }) });
    }
    function send() {
      if (flying || !grant || stopped || !(batch || queue.length)) return;
      batch = batch || queue.splice(0, MOST);
      var mine = flying = {};
      post("beats", body(batch), isVisible() ? {} : { keepalive: true }).then(function (answer) {
        if (mine !== flying) return;
        flying = null;
        if (answer.status === 200) accepted(answer.body); else refused(answer);
      }, function () {
        if (mine !== flying) return;
        var pause = RETRY_S[Math.min(failures++, RETRY_S.length - 1)];
        root.setTimeout(function () { if (mine === flying) { flying = null; send(); } }, pause * 1000);
        tell();
      });
    }
    function post(path, content, more) {
      var abort = root.AbortController ? new root.AbortController() : null, timer = root.setTimeout(function () { if (abort) abort.abort(); }, TIMEOUT_S * 1000);
      // text/plain: a page of another origin need not ask first (no preflight)
      var request = Object.assign({ method: "POST", body: content, headers: { "Content-Type": "text/plain" }, credentials: "omit", cache: "no-store", signal: abort ? abort.signal : undefined }, more);
      return root.fetch(base + path, request).then(function (answer) {
        root.clearTimeout(timer);
        if (answer.status >= 500 || answer.status === 429) throw new Error(answer.status);
        return answer.json().then(function (b) { return { status: answer.status, body: b }; });
      }, function (fault) { root.clearTimeout(timer); throw fault; });
    }
    function accepted(answer) {
      if (failures) wokeUp = true;
      failures = 0; lost = false; reopened = 0;
      n = answer.n; proof = answer.p;
      batch = null;
      if (answer.grant) remember(grant = answer.grant);
      if (answer.every_s) every = answer.every_s;
      ["credited_s", "raw_s", "held_s", "why", "reasons", "target_s", "segments"].forEach(function (k) { if (answer[k] !== undefined) known[k] = answer[k]; });
      if (answer.state === "superseded") superseded();
      else if (answer.state === "revoked" || answer.state === "closed") stop(answer.state);
      else if (answer.check) ask(answer.check);
      else if (check && !check.busy && answer.check === null) check.over();
      tell();
      if (queue.some(function (x) { return x.e !== "beat"; }) || queue.length > 3) send();
    }
    /* Expired, or out of step with the server: open anew under the same registration. What was counted stays. */
    function refused(answer) {
      var code = answer.body && answer.body.error && answer.body.error.code;
      last = grant; grant = null;
      if (reopened++ < REOPEN_MOST) return open();
      fail(answer.body && answer.body.error ? text(answer.body.error.message) : String(code || answer.status));
    }

    /* -- opening -- */

    function fetchGrant(takeOver) {
      if (options.grant && !takeOver && !known.session) {
        var given = typeof options.grant === "string" ? JSON.parse(options.grant) : options.grant;
        return Promise.resolve({ status: 201, body: given });
      }
      if (!options.grantUrl && !options.activity) return Promise.resolve({ status: 401, body: { error: { code: "expired", message: WORDS.zh.closed } } });
      var headers = { "Content-Type": "application/json" };
      if (options.csrf) headers["X-CSRFToken"] = options.csrf;
      var wanted = { activity: options.activity, registration: registration, device: device(), take_over: !!takeOver };
      if (last) wanted.grant = last;  // the same session goes on, if it is still open
      return root.fetch(options.grantUrl || base + "grants", { method: "POST", body: JSON.stringify(wanted), headers: headers, credentials: "same-origin", cache: "no-store" }).then(function (answer) {
        if (answer.status >= 500) throw new Error(answer.status);
        return answer.json().then(function (b) { return { status: answer.status, body: b }; });
      });
    }
    function open(takeOver) {
      if (opening) return;
      opening = true; stopped = null; flying = null;
      tell();
      fetchGrant(takeOver).then(function (answer) {
        opening = false;
        if (answer.status === 409 && answer.body.error.code === "active_elsewhere") return elsewhere(answer.body.active || {});
        if (answer.status === 409 && answer.body.error.code === "away") return later();
        if (answer.status !== 201 && answer.status !== 200) return fail(text(answer.body.error.message));
        granted(answer.body);
      }, function () {
        opening = false;
        var pause = RETRY_S[Math.min(failures++, RETRY_S.length - 1)];
        root.setTimeout(function () { if (!grant && !stopped) open(takeOver); }, pause * 1000);
        tell();
      });
    }
    function later() { away = true; root.setTimeout(function () { if (!grant && !stopped) open(); }, AWAY_S * 1000); tell(); }
    function granted(body) {
      var at = !started && body.resume_s;
      if (body.session !== known.session) { queue = []; batch = null; }  // what another session did not send, this one cannot
      else if (body.n > n) batch = null;  // it had been taken
      grant = body.grant; n = body.n || 0; proof = body.proof; failures = 0; flying = null; calm = 0; lost = away = false;
      registration = body.registration || registration;
      remember(grant);
      every = body.every_s || every; offlineS = body.offline_s || offlineS; rates = body.rates || rates;
      ["credited_s", "target_s", "length_s", "session", "segments", "reasons"].forEach(function (k) { if (body[k] !== undefined) known[k] = body[k]; });
      known.why = null;
      if (at && source.media && options.resume !== false) source.seek(at);
      started = true;
      dueAt = now() + every[0] * 1000;
      if (body.check) ask(body.check);
      note(playing() ? "play" : "beat");
      send();
      tell();
    }
    /* A page that is loaded anew goes on with its session, should the last word of the old page have been lost. */
    function remember(value) { try { root.sessionStorage.setItem("study-grant " + options.activity, value); } catch (e) { /* not allowed here */ } }
    function remembered() {
      var how = root.performance.getEntriesByType ? root.performance.getEntriesByType("navigation")[0] : null;
      try { return how && how.type === "reload" ? root.sessionStorage.getItem("study-grant " + options.activity) : null; } catch (e) { return null; }
    }
    function device() {
      if (options.device) return options.device;
      try {
        var kept = root.localStorage.getItem("study-device");
        if (!kept) root.localStorage.setItem("study-device", kept = Array.from(root.crypto.getRandomValues(new Uint8Array(12)), function (b) { return (b + 256).toString(16).slice(1); }).join(""));
        return kept;
      } catch (e) { return "unknown"; }
    }

    /* -- what stops it -- */

    function stop(reason) { stopped = reason; source.pause(); if (check) check.over(); tell(); }
    function fail(message) { known.error = message; stop("failed"); question(sentence("failed"), "", [[words.again, true, function () { reopened = 0; open(); }], [words.close, false, function () {}]]); }
    /* Its grant is worth nothing any more: a beat of the time until there is another would only be told that once more. */
    function superseded() { grant = null; stop("moved"); elsewhere(known.active || {}); }
    function elsewhere(active) {
      stop("moved");
      var what = active.activity_title ? (language === "zh" ? "《" + active.activity_title + "》" : ": " + active.activity_title) : "";
      question(words.elsewhere, fill(words.elsewhereText, { w: what }), [[words.keep, true, function () { open(true); source.play(); }], [words.leave, false, function () {}]]);
    }
    function question(title, says, choices) {
      if (asked) asked.close();
      var box = asked = dialog(title, says, language);
      choices.forEach(function (c) { box.button(c[0], c[1], function () { asked = null; box.close(); c[2](); tell(); }); });
    }

    /* -- presence checks: drawn, issued and judged by the server -- */

    function ask(drawn) {
      if (check && check.id === drawn.id) return drawn.missed && !check.missed ? check.miss() : undefined;
      if (check) check.over();
      if (asked) { asked.close(); asked = null; }
      var ends = now() + drawn.expires_s * 1000, opens = now() + (drawn.wait_s || 0) * 1000, title = doc.title;
      var box = dialog(words.check, text(drawn.parts[0].text), language), button = null, picked = null;
      var left = make("p", "margin:0 0 .6rem;color:#55636d;font-size:.95rem"), fault = make("p", "margin:0;color:#a3301b;font-weight:600");
      fault.setAttribute("role", "alert");
      left.id = box.id + "-s";
      box.box.setAttribute("aria-describedby", box.box.getAttribute("aria-describedby") + " " + left.id);  // how long there is, too
      doc.title = "● " + words.check;
      var mine = check = {
        id: drawn.id, missed: false, busy: false,
        over: function () { doc.title = title; box.close(); check = null; tell(); },
        say: function (t) { fault.textContent = t; },
        tick: function () {
          var s = Math.max(0, Math.ceil((ends - now()) / 1000)), w = Math.ceil((opens - now()) / 1000);
          left.textContent = w > 0 ? fill(words.hold, { s: w }) : mine.missed ? "" : fill(words.seconds, { s: s });
          left.hidden = !left.textContent;
          if (!s && !mine.missed && !mine.busy) { mine.miss(); event("pause"); }
        },
        /* The server says so in the end; the page says it at once, pauses, and tells what it costs. */
        miss: function () {
          mine.missed = true;
          resume = resume || source.playing();
          source.pause();
          box.say(words.missed, (drawn.owed ? words.owed : "") + words.missedText);
          if (!picked) button.textContent = words.back;
          box.aloud(words.missed + " " + (drawn.owed ? words.owed : "") + words.missedText);
          mine.tick();
          tell();
        }
      };
      function answer(value, click) {
        if (mine.busy || !click.isTrusted) return;  // a screen reader's click is a person's; a script's is not
        if (now() < opens) { fault.textContent = fill(words.hold, { s: Math.ceil((opens - now()) / 1000) }); return; }
        mine.busy = true;
        fault.textContent = "";
        post("checks/" + encodeURIComponent(drawn.id), JSON.stringify({ g: grant, answer: value })).then(function (reply) {
          mine.busy = false;
          if (mine !== check) return;
          var body = reply.body;
          if (reply.status !== 200 || body.right) return done(reply.status === 200);
          if (body.check && body.check.id !== drawn.id) { check.over(); ask(body.check); check.say(text(body.message)); return; }
          if (body.check) opens = now() + body.check.wait_s * 1000;
          fault.textContent = text(body.message || "");
        }, function () { mine.busy = false; fault.textContent = words.lost; });
      }
      function done(right) {
        mine.over();
        if (right && resume) source.play();
        resume = false;
        known.why = null;
        note("beat"); calm = 0; send();
      }
      if (drawn.parts[0].options.length) picked = choices(box, drawn, fault, answer);
      else button = box.button(words.present, true, function (click) { answer("present", click); });
      box.body.append(fault);
      box.body.before(left);  // in sight on a low screen, too
      if (drawn.missed) mine.miss(); else if (drawn.owed) box.say(words.check, words.owedText);
      mine.tick();
      post("checks/" + encodeURIComponent(drawn.id), JSON.stringify({ g: grant, shown: true })).catch(function () {});
      tell();
    }
    /* One group of radio buttons or checkboxes for each thing that is asked. */
    function choices(box, drawn, fault, answer) {
      var sets = drawn.parts.map(function (part, number) {
        var many = part.pick > 1, set = make("fieldset", "border:0;margin:0;padding:0;min-width:0"), grid = make("div", "display:grid;gap:.4rem;grid-template-columns:" + (many ? "repeat(auto-fill,minmax(" + (language === "zh" ? "7rem" : "8.5rem") + ",1fr))" : "1fr"));
        var count = make("p", "margin:.3rem 0 0;color:#55636d;font-size:.95rem");
        count.setAttribute("aria-live", "polite");
        set.append(make("legend", number ? "padding:0;margin:.4rem 0" : "position:absolute;clip-path:inset(50%)", text(part.text)), grid);
        if (many) set.append(count);
        function chosen() { return Array.from(set.querySelectorAll("input:checked"), function (i) { return i.value; }); }
        function tally() { count.textContent = fill(words.chosen, { c: chosen().length, n: part.pick }); }
        part.options.forEach(function (o) {
          var label = make("label", "display:flex;gap:.5rem;align-items:center;min-height:44px;padding:.25rem .5rem;border:1px solid #8795a0;border-radius:8px;cursor:pointer"), input = make("input", "flex:none;width:1.2rem;height:1.2rem");
          input.type = many ? "checkbox" : "radio"; input.name = "study-" + drawn.id + number; input.value = o.id;
          input.addEventListener("change", tally);
          label.append(input, make("span", "", text(o.text)));
          grid.append(label);
        });
        tally();
        box.body.append(set);
        return { pick: part.pick, chosen: chosen, first: set.querySelector("input") };
      });
      box.button(words.send, true, function (click) {
        var short = sets.filter(function (set) { return set.chosen().length !== set.pick; })[0];
        if (short) { fault.textContent = fill(words.choose, { n: short.pick }); short.first.focus(); return; }
        answer(sets.map(function (set) { return set.chosen().join(""); }).join(""), click);
      });
      return sets;
    }

    /* -- the end of the page, and its return -- */

    function end() {
      if (!grant || stopped) return;
      note("end");
      // The answer will not be read. Should the page come back, the same number is sent again, and answered as it was.
      batch = (batch || []).concat(queue); queue = [];
      if (root.navigator.sendBeacon) root.navigator.sendBeacon(base + "beats", body(batch));
    }

    off.push(source.on(event, function (kind) { inputs[kind]++; }), countInputs(root, function (kind) { inputs[kind]++; }), emitter(function (listen) {
      listen(doc, "visibilitychange", appearance);
      listen(root, "focus", function () { root.setTimeout(appearance, 0); });
      listen(root, "blur", function () { root.setTimeout(appearance, 0); });
      listen(root, "online", function () { failures = failures && 1; if (flying) { flying = null; send(); } });
      listen(root, "pagehide", end);
      listen(root, "pageshow", function (e) { if (e.persisted && !stopped) { last = grant; grant = null; open(); } });
    }));
    var timer = root.setInterval(tick, 1000);
    last = remembered();
    shown = flags() & (VISIBLE | FOCUSED);
    open();

    return {
      source: source,
      on: function (listener) { listeners.push(listener); tell(); },
      /* The page knows better than the source: a frame shows an error as gladly as a document. */
      away: function (is) {
        if (gone === is) return;
        gone = is;
        event("beat");
        if (!is && !grant && !stopped) open();
      },
      inputsOf: function (win) { off.push(countInputs(win, function (kind) { inputs[kind]++; })); },
      state: function () { var s; listeners.push(function (x) { s = x; }); tell(); listeners.pop(); return s; },
      close: function () { end(); stop("closed"); root.clearInterval(timer); off.forEach(function (f) { f(); }); region.remove(); }
    };
  }

  root.StudyTracker = { attach: attach, frame: frameSource, serveFrame: serveFrame, page: pageSource, media: mediaSource, words: WORDS };

  /* <script src="…/tracker.js" data-activity="…" data-grant-url="…" data-target="#video"></script> */
  if (script && script.dataset && (script.dataset.grant || script.dataset.grantUrl || script.dataset.activity)) {
    var begin = function () {
      var d = script.dataset, target = d.target === "page" ? null : doc.querySelector(d.target || "video, audio");
      root.studyTracker = attach(target, { endpoint: d.endpoint, activity: d.activity, registration: d.registration, grant: d.grant, grantUrl: d.grantUrl, csrf: d.csrf, device: d.device, lang: d.lang, origin: d.origin });
      if (d.show) { var place = doc.querySelector(d.show); root.studyTracker.on(function (s) { place.textContent = Math.floor(s.credited_s / 60) + (s.target_s ? " / " + Math.ceil(s.target_s / 60) : "") + " min · " + s.sentence; }); }
    };
    if (doc.readyState === "loading") doc.addEventListener("DOMContentLoaded", begin); else begin();
  }
})(window);
