/* Articles and sheets: terms explained on the spot, quizzes. */
(function (doc) {
  "use strict";
  var all = function (s, in_) { return Array.prototype.slice.call((in_ || doc).querySelectorAll(s)); };
  var one = function (s, in_) { return (in_ || doc).querySelector(s); };
  /* Terms of the glossary: the explanation under the word; without script the link leads to the glossary. */
  var tip = null;
  function closeTip(back) { if (!tip) return; var link = tip.link; tip.remove(); tip = null; link.setAttribute("aria-expanded", "false"); if (back) link.focus(); }
  all("a.term[data-term]").forEach(function (link) {
    link.setAttribute("role", "button"); link.setAttribute("aria-expanded", "false");
    function show(e) {
      e.preventDefault(); var same = tip && tip.link === link; closeTip(); if (same) return;
      tip = doc.createElement("span"); tip.className = "term-tip"; tip.setAttribute("role", "status"); tip.link = link;
      var close = doc.createElement("button"); close.type = "button"; close.textContent = /^zh/.test(doc.documentElement.lang) ? "关闭" : "Close"; close.addEventListener("click", function () { closeTip(true); });
      tip.appendChild(doc.createTextNode(link.dataset.term + " ")); tip.appendChild(close);
      link.parentNode.insertBefore(tip, link.nextSibling); link.setAttribute("aria-expanded", "true");
    }
    link.addEventListener("click", show); link.addEventListener("keydown", function (e) { if (e.key === " ") show(e); });
  });
  doc.addEventListener("keydown", function (e) { if (e.key === "Escape") closeTip(true); });

  /* Quiz */
  all("[data-quiz] fieldset").forEach(function (q) {
    q.addEventListener("change", function (e) {
      var right = e.target.value === q.dataset.right, mark = one(".quiz-mark", q);
      mark.textContent = right ? mark.dataset.yes : mark.dataset.no;
      q.className = right ? "right" : "wrong"; if (right) one("details", q).open = true;
    });
  });
})(document);
