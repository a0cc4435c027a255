/* A page read aloud by a voice of the device. Fetched when somebody wants to listen. */
(function (doc) {
  "use strict";
  var speech = window.speechSynthesis, reading = null;
  var one = function (s) { return doc.querySelector(s); };
  var say = /^zh/.test(doc.documentElement.lang) ? { stop: "停止朗读", pause: "暂停", on: "继续朗读" } : { stop: "Stop", pause: "Pause", on: "Go on" };

  /* What is read: the title and the text in sentences, without pictures, pinyin and notes. Headings, items and cells end
     like sentences. */
  function sentences() {
    var copy = (one("[data-text]") || one("#main")).cloneNode(true), all = function (s) { return Array.prototype.slice.call(copy.querySelectorAll(s)); };
    all("img").forEach(function (n) { (n.closest("figure, p") || n).remove(); });
    all("rt, rp, svg, script, figure, audio, .footnotes, .footnote-reference, .term-tip").forEach(function (n) { n.remove(); });
    all("h1, h2, h3, h4, p, li, dt, dd, th, td").forEach(function (n) { n.appendChild(doc.createTextNode("\n")); });
    var head = one("h1").cloneNode(true); Array.prototype.forEach.call(head.querySelectorAll("rt, rp"), function (n) { n.remove(); });
    return (head.textContent + "\n" + copy.textContent).match(/[^\n。！？!?]+[。！？!?]*/g).map(function (t) { return t.replace(/\s+/g, " ").trim(); }).filter(function (t) { return /[^\s.,:;!?。，：；、！？…]/.test(t); });
  }
  /* One utterance for each sentence: long ones stop by themselves in some engines. A pause stops, and goes on with the
     sentence that it broke off: some engines forget everything when they are paused. */
  function next() {
    var me = reading; if (!me || me.paused) return;
    if (me.at >= me.parts.length) { stopReading(); return; }
    var u = new SpeechSynthesisUtterance(me.parts[me.at]); u.voice = me.voice; u.lang = me.voice.lang; u.rate = 0.9;
    u.onend = function () { if (reading === me && me.now === u) { me.at += 1; next(); } };
    u.onerror = function () { if (reading === me && me.now === u) stopReading(); };
    me.now = u; speech.speak(u);
  }
  function stopReading() {
    var me = reading; if (!me) return;
    reading = null; speech.cancel(); me.button.textContent = me.label; me.pause.remove();
  }
  function pause() {
    reading.paused = !reading.paused; reading.pause.textContent = reading.paused ? say.on : say.pause;
    if (reading.paused) { reading.now = null; speech.cancel(); } else next();
  }
  function read(button) {
    if (reading) { var same = reading.button === button; stopReading(); if (same) return; }
    var v = window.outreachVoice(); if (!v) { button.hidden = true; return; }
    var b = doc.createElement("button"); b.type = "button"; b.textContent = say.pause; b.addEventListener("click", pause);
    reading = { button: button, label: button.textContent, pause: b, voice: v, parts: sentences(), at: 0, paused: false };
    button.textContent = say.stop; button.parentNode.insertBefore(b, button.nextSibling);
    /* An engine that is told to be silent may swallow what it is given right after. Where it is silent anyway, it speaks at
       once: iOS wants that to follow from the press. */
    if (speech.speaking) { speech.cancel(); setTimeout(next, 250); } else next();
  }
  window.addEventListener("pagehide", function () { speech.cancel(); });

  window.outreachAloud = { read: read, stop: stopReading };
})(document);
