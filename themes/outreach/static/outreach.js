/* What every page can do more when scripts run: 长者模式, reading aloud, printing, copying. Nothing is sent. The first two
   stand in outreach-elder.js and outreach-aloud.js, which are fetched from this site when they are wanted; what only some
   kinds of pages can do stands in outreach-lesson.js and outreach-kinds.js. */
(function (doc) {
  "use strict";
  var root = doc.documentElement, speech = window.speechSynthesis, fetched = false, asked = false;
  var all = function (s) { return Array.prototype.slice.call(doc.querySelectorAll(s)); };
  var on = function (el, what, f) { if (el) el.addEventListener(what, f); };

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
  /* A voice of the page's language on the device. Several Android browsers have none: then no button. Linux calls
     Mandarin cmn; a Cantonese voice reads only where there is no other. */
  window.outreachVoice = function () {
    if (!speech || !speech.getVoices) return null;
    var zh = /^zh/i.test(root.lang), want = zh ? /^(zh|cmn)/i : new RegExp("^" + root.lang.slice(0, 2), "i");
    var found = speech.getVoices().filter(function (v) { return v.localService && want.test(v.lang); });
    return found.filter(function (v) { return !zh || /^(cmn|zh[-_]?(cn|hans|$))/i.test(v.lang); })[0] || found[0] || null;
  };
  function voices() { var found = window.outreachVoice(); all("[data-read]").forEach(function (b) { b.hidden = !found; }); }
  if (speech) { voices(); if (speech.addEventListener) speech.addEventListener("voiceschanged", voices); }
  window.outreachRead = function (b) {
    if (window.outreachAloud) { window.outreachAloud.read(b); return; }
    if (asked) return;
    asked = true;
    var s = doc.createElement("script"); s.src = root.dataset.readJs; s.onload = function () { window.outreachAloud.read(b); };
    doc.head.appendChild(s);
  };
  on(doc, "click", function (e) { var b = e.target.closest && e.target.closest("[data-read]"); if (b) window.outreachRead(b); });

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
})(document);
