/* 长者模式. Settings stay on the reader's own device. */
(function (doc) {
  "use strict";
  var root = doc.documentElement, speech = window.speechSynthesis, bar = null, cross = null;
  var SIZES = [20, 22, 24, 26, 28, 30];
  var one = function (s, in_) { return (in_ || doc).querySelector(s); };
  var say = /^zh/.test(root.lang)
    ? { size: "字号", larger: "放大字号", smaller: "缩小字号", contrast: "高对比度", cursor: "大鼠标", cross: "十字线", read: "朗读", exit: "退出长者模式", bar: "长者模式工具" }
    : { size: "Size", larger: "Larger", smaller: "Smaller", contrast: "Contrast", cursor: "Large pointer", cross: "Crosshair", read: "Read aloud", exit: "Leave", bar: "Large type tools" };
  function get(name) { try { return localStorage.getItem(name); } catch (e) { return null; } }
  function keep(name, value) { try { localStorage.setItem(name, value); } catch (e) {} }
  function flag(name) { return get(name) === "1"; }

  function size(step) {
    var at = SIZES.indexOf(+(get("elder-size") || 20)), now = SIZES[Math.max(0, Math.min(SIZES.length - 1, (at < 0 ? 0 : at) + step))];
    keep("elder-size", now); root.style.setProperty("--elder", now); one("[data-size]", bar).textContent = say.size + " " + now;
  }
  function move(e) { var t = e.touches ? e.touches[0] : e; cross[0].style.top = t.clientY + "px"; cross[1].style.left = t.clientX + "px"; }
  function setCross(yes) {
    if (yes === !!cross) return;
    if (yes) cross = ["cross-x", "cross-y"].map(function (c) { var d = doc.createElement("div"); d.className = c; d.setAttribute("aria-hidden", "true"); doc.body.appendChild(d); return d; });
    ["mousemove", "touchmove"].forEach(function (n) { doc[yes ? "addEventListener" : "removeEventListener"](n, move, { passive: true }); });
    if (!yes) { cross.forEach(function (d) { d.remove(); }); cross = null; }
  }
  function button(label, f) { var b = doc.createElement("button"); b.type = "button"; b.textContent = label; b.addEventListener("click", function () { f(b); }); bar.appendChild(b); return b; }
  function option(label, name, apply) {
    button(label, function (b) { var yes = !flag(name); keep(name, yes ? "1" : "0"); b.setAttribute("aria-pressed", yes); apply(yes); }).setAttribute("aria-pressed", flag(name));
    apply(flag(name));
  }
  function cls(name) { return function (yes) { root.classList.toggle(name, yes); }; }
  function start() {
    root.classList.add("elder"); keep("elder", "1");
    one("[data-elder]").setAttribute("aria-pressed", "true");
    if (bar) return;
    bar = doc.createElement("div"); bar.className = "elder-bar"; bar.setAttribute("role", "region"); bar.setAttribute("aria-label", say.bar);
    button(say.smaller, function () { size(-1); });
    var out = doc.createElement("span"); out.setAttribute("data-size", ""); out.setAttribute("role", "status"); bar.appendChild(out);
    button(say.larger, function () { size(1); });
    option(say.contrast, "elder-hc", cls("hc")); option(say.cursor, "elder-cursor", cls("big-cursor")); option(say.cross, "elder-cross", setCross);
    var r = button(say.read, window.outreachRead), show = function () { r.hidden = !window.outreachVoice(); };
    show(); if (speech && speech.addEventListener) speech.addEventListener("voiceschanged", show);
    button(say.exit, stop);
    var skip = one(".skip"); doc.body.insertBefore(bar, skip.nextSibling); size(0);
  }
  function stop() {
    if (window.outreachAloud) window.outreachAloud.stop(); keep("elder", "0"); setCross(false); root.classList.remove("elder", "hc", "big-cursor");
    if (bar) { bar.remove(); bar = null; }
    var b = one("[data-elder]"); b.setAttribute("aria-pressed", "false"); b.focus();
  }
  window.outreachElder = { start: start, toggle: function () { if (bar) stop(); else { start(); one("button", bar).focus(); } } };
})(document);
