/* What a page can do more when scripts run: copying, terms, quizzes, filters, opening today. Nothing is sent.
   长者模式 and read-aloud stand in outreach-elder.js, which is fetched from this site when one of them is wanted. */
(function (doc) {
  "use strict";
  var root = doc.documentElement, speech = window.speechSynthesis, fetched = false;
  var all = function (s, in_) { return Array.prototype.slice.call((in_ || doc).querySelectorAll(s)); };
  var one = function (s, in_) { return (in_ || doc).querySelector(s); };
  var on = function (el, what, f) { if (el) el.addEventListener(what, f); };
  var close_word = /^zh/.test(root.lang) ? "关闭" : "Close";

  /* The larger helper, once. `then` runs when it is there. */
  function fetchElder(then) {
    if (fetched) { if (window.outreachElder) then(window.outreachElder); return; }
    fetched = true;
    var css = doc.createElement("link"); css.rel = "stylesheet"; css.href = root.dataset.elderCss;
    if (!root.classList.contains("elder")) doc.head.appendChild(css);
    var s = doc.createElement("script"); s.src = root.dataset.elderJs; s.onload = function () { then(window.outreachElder); };
    doc.head.appendChild(s);
  }
  all("[data-elder]").forEach(function (b) { on(b, "click", function () { fetchElder(function (e) { e.toggle(); }); }); });
  if (root.classList.contains("elder")) fetchElder(function (e) { e.start(); });
  /* A voice of the page's language on the device? Several Android browsers have none: then no button. */
  function voices() {
    if (!speech || !speech.getVoices) return;
    var want = root.lang.slice(0, 2).toLowerCase();
    var found = speech.getVoices().some(function (v) { return v.lang.toLowerCase().indexOf(want) === 0 && v.localService; });
    all("[data-read]").forEach(function (b) { b.hidden = !found; });
  }
  if (speech) { voices(); if (speech.addEventListener) speech.addEventListener("voiceschanged", voices); }
  on(doc, "click", function (e) { var b = e.target.closest && e.target.closest("[data-read]"); if (b) fetchElder(function (x) { x.read(b); }); });

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
      var close = doc.createElement("button"); close.type = "button"; close.textContent = close_word; on(close, "click", function () { closeTip(true); });
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
