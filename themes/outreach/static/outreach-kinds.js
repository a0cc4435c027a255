/* Directories and museums: narrowing down the stations, whether the museum is open today. */
(function (doc) {
  "use strict";
  var all = function (s, in_) { return Array.prototype.slice.call((in_ || doc).querySelectorAll(s)); };
  var one = function (s, in_) { return (in_ || doc).querySelector(s); };
  /* Station directory. The directory of a large banner stands on several pages: the first search fetches them. */
  all("[data-filter]").forEach(function (form) {
    var list = doc.getElementById(form.dataset.filter), boxes = all("select", form), word = one("input", form), count = one("[data-count]", form), parts = all("[data-part]");
    function run() {
      var n = 0, w = word.value.trim().toLowerCase();
      all("section", list).forEach(function (s) {
        var some = 0;
        all("li", s).forEach(function (li) {
          var yes = (!boxes[0].value || s.dataset.town === boxes[0].value) && (!boxes[1].value || one("span", li).textContent === boxes[1].value) && (!w || li.textContent.toLowerCase().indexOf(w) >= 0);
          li.hidden = !yes; some += yes ? 1 : 0;
        });
        s.hidden = !some; n += some;
      });
      count.textContent = count.dataset.pre + n + count.dataset.post;
    }
    function search() {
      if (!parts.length) { run(); return; }
      var pages = parts.map(function (a) { return fetch(a.href).then(function (r) { return r.text(); }); });
      parts = [];
      Promise.all(pages).then(function (texts) {
        texts.forEach(function (text) {
          all(".station-group", new DOMParser().parseFromString(text, "text/html")).forEach(function (s) { list.appendChild(doc.importNode(s, true)); });
        });
        run();
      });
    }
    form.addEventListener("input", search); form.addEventListener("submit", function (e) { e.preventDefault(); });
    if (!parts.length) run();
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
