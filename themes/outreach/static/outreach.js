/* What a page can do more when scripts run: 长者模式, read-aloud, copying, filtering, quizzes, opening today.
   Nothing is loaded, nothing is sent. Every word comes from the page (data-*), so that themes can translate it. */
(function (doc) {
  "use strict";
  var root = doc.documentElement, store;
  try { store = window.localStorage; store.getItem("elder"); } catch (e) { store = { getItem: function () { return null; }, setItem: function () {} }; }
  var all = function (s, in_) { return Array.prototype.slice.call((in_ || doc).querySelectorAll(s)); };
  var one = function (s, in_) { return (in_ || doc).querySelector(s); };
  var on = function (el, what, f) { if (el) el.addEventListener(what, f); };
  var zh = /^zh/.test(root.lang);
  var say = zh
    ? { size: "字号", larger: "放大字号", smaller: "缩小字号", contrast: "高对比度", cursor: "大鼠标", cross: "十字线", read: "朗读", stop: "停止朗读", exit: "退出长者模式", bar: "长者模式工具", close: "关闭" }
    : { size: "Size", larger: "Larger", smaller: "Smaller", contrast: "Contrast", cursor: "Large pointer", cross: "Crosshair", read: "Read aloud", stop: "Stop", exit: "Leave", bar: "Large type tools", close: "Close" };

  /* Read-aloud: only where a voice of the page's language is on the device; several Android browsers have none. */
  var speech = window.speechSynthesis, voice = null, reading = false, readers = [];
  function findVoice() {
    if (!speech || !speech.getVoices) return;
    var want = root.lang.slice(0, 2).toLowerCase();
    voice = speech.getVoices().filter(function (v) { return v.lang.toLowerCase().indexOf(want) === 0 && v.localService; })[0] || null;
    readers.forEach(function (b) { b.hidden = !voice; });
  }
  function setReading(yes) {
    reading = yes;
    readers.forEach(function (b) { b.textContent = yes ? say.stop : b.dataset.label; b.setAttribute("aria-pressed", yes); });
  }
  function readAloud() {
    if (reading) { speech.cancel(); setReading(false); return; }
    var text = one("[data-text]") || one("#main");
    var copy = text.cloneNode(true);
    all("rt, rp, svg, script, .footnotes", copy).forEach(function (n) { n.remove(); });
    /* Long utterances stop by themselves in some engines: one for each sentence. */
    var parts = (doc.title + "。" + copy.textContent).replace(/\s+/g, " ").match(/[^。！？!?]+[。！？!?]?/g) || [];
    setReading(true);
    parts.forEach(function (part, i) {
      var u = new SpeechSynthesisUtterance(part);
      u.voice = voice; u.lang = voice.lang; u.rate = 0.9;
      if (i === parts.length - 1) u.onend = function () { setReading(false); };
      speech.speak(u);
    });
  }
  function reader(button) { button.dataset.label = button.textContent; readers.push(button); on(button, "click", readAloud); button.hidden = !voice; }
  if (speech) { findVoice(); if ("onvoiceschanged" in speech) speech.onvoiceschanged = findVoice; on(window, "pagehide", function () { speech.cancel(); }); }
  all("[data-read]").forEach(reader);

  /* 长者模式 */
  var bar = null, cross = null, SIZES = [20, 22, 24, 26, 28, 30];
  function flag(name) { return store.getItem(name) === "1"; }
  function keep(name, yes) { try { store.setItem(name, yes ? "1" : "0"); } catch (e) {} }
  function size(step) {
    var now = SIZES.indexOf(+(store.getItem("elder-size") || 20));
    now = Math.max(0, Math.min(SIZES.length - 1, (now < 0 ? 0 : now) + step));
    try { store.setItem("elder-size", SIZES[now]); } catch (e) {}
    root.style.setProperty("--elder", SIZES[now]);
    var out = one("[data-size]", bar); if (out) out.textContent = say.size + " " + SIZES[now];
  }
  function moveCross(e) { var t = e.touches ? e.touches[0] : e; cross[0].style.top = t.clientY + "px"; cross[1].style.left = t.clientX + "px"; }
  function setCross(yes) {
    if (yes && !cross) {
      cross = ["cross-x", "cross-y"].map(function (c) { var d = doc.createElement("div"); d.className = c; d.setAttribute("aria-hidden", "true"); doc.body.appendChild(d); return d; });
      ["mousemove", "touchmove"].forEach(function (n) { doc.addEventListener(n, moveCross, { passive: true }); });
    } else if (!yes && cross) {
      ["mousemove", "touchmove"].forEach(function (n) { doc.removeEventListener(n, moveCross); });
      cross.forEach(function (d) { d.remove(); }); cross = null;
    }
  }
  function button(label, f, pressed) {
    var b = doc.createElement("button"); b.type = "button"; b.textContent = label;
    if (pressed !== undefined) b.setAttribute("aria-pressed", pressed);
    on(b, "click", function () { f(b); }); bar.appendChild(b); return b;
  }
  function toggle(label, name, cls, f) {
    button(label, function (b) { var yes = !flag(name); keep(name, yes); b.setAttribute("aria-pressed", yes); if (cls) root.classList.toggle(cls, yes); if (f) f(yes); }, flag(name));
    if (f) f(flag(name));
  }
  function elder(yes, focus) {
    keep("elder", yes); root.classList.toggle("elder", yes);
    all("[data-elder]").forEach(function (b) { b.setAttribute("aria-pressed", yes); });
    if (!yes) {
      root.classList.remove("hc", "big-cursor"); setCross(false); if (bar) bar.remove(); bar = null;
      readers = readers.filter(function (b) { return doc.contains(b); });
      var home = one("[data-elder]"); if (focus && home) home.focus();
      return;
    }
    bar = doc.createElement("div"); bar.className = "elder-bar"; bar.setAttribute("role", "region"); bar.setAttribute("aria-label", say.bar);
    button(say.smaller, function () { size(-1); }); var out = doc.createElement("span"); out.setAttribute("data-size", ""); out.setAttribute("role", "status"); bar.appendChild(out);
    button(say.larger, function () { size(1); });
    toggle(say.contrast, "elder-hc", "hc"); toggle(say.cursor, "elder-cursor", "big-cursor"); toggle(say.cross, "elder-cross", "", setCross);
    if (speech) { var r = button(say.read, function () {}); reader(r); }
    button(say.exit, function () { elder(false, true); });
    root.classList.toggle("hc", flag("elder-hc")); root.classList.toggle("big-cursor", flag("elder-cursor"));
    var skip = one(".skip"); doc.body.insertBefore(bar, skip ? skip.nextSibling : doc.body.firstChild); size(0);
    if (focus) one("button", bar).focus();
  }
  all("[data-elder]").forEach(function (b) { on(b, "click", function () { elder(!root.classList.contains("elder"), true); }); });
  if (root.classList.contains("elder")) elder(true, false);

  /* Printing, passing on */
  all("[data-print]").forEach(function (b) { on(b, "click", function () { window.print(); }); });
  all("[data-copy]").forEach(function (b) {
    var label = b.textContent;
    on(b, "click", function () {
      var field = doc.getElementById(b.dataset.copy); field.focus(); field.select();
      var done = function () { b.textContent = b.dataset.done; setTimeout(function () { b.textContent = label; }, 2000); };
      if (navigator.clipboard) navigator.clipboard.writeText(field.value).then(done, function () { if (doc.execCommand("copy")) done(); });
      else if (doc.execCommand("copy")) done();
    });
  });
  if (navigator.share) all("[data-share]").forEach(function (b) { b.hidden = false; on(b, "click", function () { navigator.share({ title: doc.title, url: location.href }).catch(function () {}); }); });

  /* Terms of the glossary: the explanation under the word; without script the link leads to the glossary. */
  var tip = null;
  function closeTip(back) { if (!tip) return; var link = tip.link; tip.remove(); tip = null; link.setAttribute("aria-expanded", "false"); if (back) link.focus(); }
  all("a.term[data-term]").forEach(function (link) {
    link.setAttribute("role", "button"); link.setAttribute("aria-expanded", "false");
    function show(e) {
      e.preventDefault(); var same = tip && tip.link === link; closeTip(); if (same) return;
      tip = doc.createElement("span"); tip.className = "term-tip"; tip.setAttribute("role", "status"); tip.link = link;
      var close = doc.createElement("button"); close.type = "button"; close.textContent = say.close; on(close, "click", function () { closeTip(true); });
      tip.appendChild(doc.createTextNode(link.dataset.term + " ")); tip.appendChild(close);
      link.parentNode.insertBefore(tip, link.nextSibling); link.setAttribute("aria-expanded", "true");
    }
    on(link, "click", show); on(link, "keydown", function (e) { if (e.key === " ") show(e); });
  });
  on(doc, "keydown", function (e) { if (e.key === "Escape") closeTip(true); });

  /* Quiz */
  all("[data-quiz] fieldset").forEach(function (q) {
    on(q, "change", function (e) {
      var right = e.target.value === q.dataset.right, mark = one(".quiz-mark", q);
      mark.textContent = right ? mark.dataset.yes : mark.dataset.no;
      q.className = right ? "right" : "wrong"; if (right) one("details", q).open = true;
    });
  });

  /* Station directory */
  all("[data-filter]").forEach(function (form) {
    var list = doc.getElementById(form.dataset.filter), boxes = all("select", form), word = one("input", form), count = one("[data-count]", form);
    function run() {
      var n = 0, w = word.value.trim().toLowerCase();
      all("li[data-town]", list).forEach(function (li) {
        var yes = (!boxes[0].value || li.dataset.town === boxes[0].value) && (!boxes[1].value || li.dataset.type === boxes[1].value) && (!w || li.textContent.toLowerCase().indexOf(w) >= 0);
        li.hidden = !yes; n += yes ? 1 : 0;
      });
      all("section", list).forEach(function (s) { s.hidden = !one("li:not([hidden])", s); });
      count.textContent = count.dataset.pre + n + count.dataset.post;
    }
    on(form, "input", run); on(form, "submit", function (e) { e.preventDefault(); }); run();
  });

  /* Open today? In China time, wherever the reader is. */
  all("[data-today]").forEach(function (p) {
    var t = one("[data-hours]"), now = new Date(Date.now() + 8 * 36e5), iso = now.toISOString().slice(0, 10), day = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"][now.getUTCDay()];
    try {
      var shut = JSON.parse(t.dataset.closed).some(function (c) { return iso >= c.from && iso <= (c.to || c.from); });
      var h = JSON.parse(t.dataset.hours).filter(function (x) { return x.days.indexOf(day) >= 0; })[0];
      p.textContent = h && !shut ? p.dataset.open + " " + h.open + "–" + h.close : p.dataset.shut;
    } catch (e) { p.hidden = true; }
  });
})(document);
