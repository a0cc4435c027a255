// Keeps a page up to date while its author writes. Loaded by `kepu serve` only; nothing of it is in a built site.
(() => {
  "use strict";
  const own = document.currentScript;
  const chinese = own.dataset.lang === "zh";
  // Which state of the page stands here, and of which snapshot of the site it is.
  let { tag, snapshot } = own.dataset;
  // A page that says only what is wrong: nothing on it is worth keeping.
  const isError = "error" in own.dataset;
  // The page as it was sent, before scripts changed it; none where the browser did not keep it.
  let served = null;
  let stamp = 0;
  let wait = 250;
  let opened = false;
  let closed = "";
  let work = ask(true);

  // ---- the socket

  function connect() {
    const socket = new WebSocket(location.origin.replace(/^http/, "ws") + "/__kepu/live");
    socket.onopen = () => {
      wait = 250;
      tell(socket);
      // What was saved while the server was away has passed unseen.
      if (opened) then(() => ((stamp = Date.now()), swapStyles(null)));
      opened = true;
    };
    socket.onmessage = (event) => then(() => update(JSON.parse(event.data), socket));
    socket.onclose = () => {
      setTimeout(connect, wait);
      wait = Math.min(wait * 2, 2000);
    };
  }

  function then(step) {
    work = work.then(step).catch((error) => {
      // A server that is gone comes back; anything else is settled by loading the page anew.
      if (error instanceof TypeError && /fetch|network|load failed/i.test(error.message)) return;
      console.error(error);
      location.reload();
    });
  }

  function tell(socket) {
    if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ path: location.pathname, tag, snapshot }));
  }

  async function update(message, socket) {
    stamp = Date.now();
    if (message.goto && pathOf(message.goto) !== pathOf(location.href)) {
      location.assign(message.goto);
      return;
    }
    if (message.reload || uses(message.files)) {
      location.reload();
      return;
    }
    if (message.images.length) await swapImages(message.images);
    if (message.css.length) swapStyles(message.css);
    // A page that cannot be rendered any more stays as it is, with the reason over it.
    if (message.page && (isError || !message.broken)) {
      await fetchPage();
      tell(socket);
    }
    show(isError && message.broken ? [] : message.problems, message.style);
    own.dataset.listening = "";
    document.dispatchEvent(new CustomEvent("kepu:update", { detail: message }));
  }

  // ---- style sheets, images and what else the page has loaded

  function pathOf(address, base = document.baseURI) {
    try {
      return decodeURIComponent(new URL(address, base).pathname);
    } catch {
      return "";
    }
  }

  function fresh(address, base = document.baseURI) {
    const url = new URL(address, base);
    url.searchParams.set("kepu", stamp);
    return url.href;
  }

  // An address or a list of them without what `fresh` put there, as whole addresses.
  function plain(value) {
    return value.replace(/[^\s,()"']+/g, (part) => {
      try {
        return new URL(part.replace(/[?&]kepu=\d+/, ""), document.baseURI).href;
      } catch {
        return part;
      }
    });
  }

  // Whether the page has loaded one of these: scripts, fonts, data.
  function uses(paths) {
    return performance.getEntriesByType("resource").some((entry) => paths.includes(pathOf(entry.name)));
  }

  // Swaps the style sheets at these paths, or all of the site. The old one stays until the new one is there.
  function swapStyles(paths) {
    const all = [...document.querySelectorAll('link[rel~="stylesheet"][href]:not([data-kepu])')];
    const ours = all.filter((link) => new URL(link.href).origin === location.origin);
    const named = paths ? ours.filter((link) => paths.includes(pathOf(link.href))) : ours;
    // One that others import stands in no link.
    for (const link of named.length || !uses(paths ?? []) ? named : ours) replaceStyle(link, fresh(link.href));
  }

  function replaceStyle(link, href) {
    const next = link.cloneNode();
    next.setAttribute("href", href);
    // No part of the page any more.
    link.setAttribute("data-kepu", "");
    next.onload = next.onerror = () => link.remove();
    link.after(next);
    return next;
  }

  async function swapImages(paths) {
    // So that the browser's own copies are new, too.
    await Promise.all(paths.filter((path) => uses([path])).map((path) => fetch(encodeURI(path), { cache: "reload" })));
    const swap = (value) => (paths.includes(pathOf(value)) ? fresh(value) : value);
    const change = (element, name, value) => {
      if (value !== element.getAttribute(name)) element.setAttribute(name, value);
    };
    for (const name of ["src", "href", "poster", "xlink:href"]) {
      const found = "img, input, video, image, use, embed, link[rel~='icon']";
      for (const element of document.querySelectorAll(found)) {
        if (element.hasAttribute(name)) change(element, name, swap(element.getAttribute(name)));
      }
    }
    for (const element of document.querySelectorAll("[srcset]")) {
      const parts = element.getAttribute("srcset").split(/,\s+/).map((part) => part.trim().split(/\s+/));
      if (parts.some(([address]) => swap(address) !== address)) {
        change(element, "srcset", parts.map(([address, ...size]) => [swap(address), ...size].join(" ")).join(", "));
      }
    }
    const inStyle = (style, base) => {
      for (const name of [...style]) {
        const value = style.getPropertyValue(name);
        if (!value.includes("url(")) continue;
        const next = value.replace(/url\((["']?)(.*?)\1\)/g, (whole, _, address) =>
          paths.includes(pathOf(address, base)) ? `url("${fresh(address, base)}")` : whole,
        );
        if (next !== value) style.setProperty(name, next, style.getPropertyPriority(name));
      }
    };
    for (const element of document.querySelectorAll("[style*='url(']")) inStyle(element.style, document.baseURI);
    const inRules = (sheet, base) => {
      for (const rule of sheet.cssRules ?? []) {
        if (rule.style) inStyle(rule.style, base);
        if (rule.styleSheet) inRules(rule.styleSheet, rule.styleSheet.href ?? base);
        else inRules(rule, base);
      }
    };
    for (const sheet of document.styleSheets) {
      try {
        inRules(sheet, sheet.href ?? document.baseURI);
      } catch {
        // One of another site, which may not be read.
      }
    }
  }

  // ---- the page itself: only what differs is touched, so that scrolling, focus, players and what scripts did stay

  // The page as the server has it now, or, from the browser's copy, as it was sent.
  async function ask(before) {
    const response = await fetch(location.href, { cache: before ? "force-cache" : "no-store" }).catch((error) => {
      if (!before) throw error;
    });
    if (!response) return;
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const script = page.querySelector("script[data-kepu]");
    if (!before) return { page, script };
    if (script?.dataset.tag === tag) served = page;
  }

  async function fetchPage() {
    const { page, script } = await ask(false);
    if (!script || "error" in script.dataset !== isError || !runs(page)) {
      location.reload();
      await new Promise(() => {});
    }
    patch(document.head, served?.head, page.head);
    patch(document.body, served?.body, page.body);
    served = page;
    ({ tag, snapshot } = script.dataset);
  }

  // Whether the scripts of a page are those that have run here: they cannot be taken back.
  function runs(page) {
    const scripts = (of) => [...of.querySelectorAll("script:not([data-kepu])")].map((script) => script.outerHTML);
    const wanted = scripts(page);
    if (served) return wanted.join("\n") === scripts(served).join("\n");
    const here = scripts(document);
    return wanted.every((script) => here.includes(script));
  }

  // Changes `now`, which was sent as `old`, into what `next` has in another way than `old`. Where `old` is not known,
  // `now` becomes `next`. Returns the element that stands there then.
  function patch(now, old, next) {
    if ((old ?? now).isEqualNode(next)) return now;
    now = attributes(now, next, old ?? now);
    // Which of the children here were sent as which; the others scripts have put in.
    const origin = new Map();
    let at = now.firstChild;
    for (const part of old ? parts(old) : []) {
      let found = at;
      while (found && !same(found, part)) found = found.nextSibling;
      if (!found) continue;
      origin.set(found, part);
      at = found.nextSibling;
    }
    children(now, next, origin, (node) => isOwn(node) || (old && !origin.has(node)));
    return now;
  }

  function parts(element) {
    return [...element.childNodes].filter((node) => !isOwn(node));
  }

  function same(a, b) {
    return a.nodeType === b.nodeType && a.nodeName === b.nodeName && (a.id || "") === (b.id || "") && !isOwn(a);
  }

  // Makes the children of `now` those of `next`; `foreign` ones stay where they are.
  function children(now, next, origin, foreign) {
    const skip = (node) => {
      while (node && foreign(node)) node = node.nextSibling;
      return node;
    };
    let at = skip(now.firstChild);
    const remove = () => {
      const gone = at;
      at = skip(at.nextSibling);
      gone.remove();
    };
    const insert = (node) => now.insertBefore(document.importNode(node, true), at);
    for (const wanted of parts(next)) {
      if (at && !same(at, wanted)) {
        // Something was put in, or taken out: look whether the wanted node stands a little further on.
        let found = skip(at.nextSibling);
        for (let n = 0; found && n < 20 && !same(found, wanted); n++) found = skip(found.nextSibling);
        if (!found || !same(found, wanted) || wanted.nodeType !== Node.ELEMENT_NODE) {
          insert(wanted);
          continue;
        }
        while (at !== found) remove();
      }
      if (!at) {
        insert(wanted);
        continue;
      }
      if (wanted.nodeType === Node.ELEMENT_NODE) at = patch(at, origin.get(at), wanted);
      else if (at.nodeValue !== wanted.nodeValue) at.nodeValue = wanted.nodeValue;
      at = skip(at.nextSibling);
    }
    while (at) remove();
  }

  function isOwn(node) {
    return node.nodeType === Node.ELEMENT_NODE && node.hasAttribute("data-kepu");
  }

  // Gives `now` the attributes of `next` that differ from those of `old`. Returns the element that stands there then.
  function attributes(now, next, old) {
    for (const { name, value } of [...next.attributes]) {
      const before = now.getAttribute(name);
      if (old !== now && old.getAttribute(name) === value) continue;
      if (before === value || (before !== null && plain(before) === plain(value))) continue;
      if (name === "href" && now.matches('link[rel~="stylesheet"]')) now = replaceStyle(now, value);
      else now.setAttribute(name, value);
    }
    for (const { name } of [...old.attributes]) {
      // Whether a reader has opened it is no matter of the page.
      if (!next.hasAttribute(name) && !(old === now && name === "open")) now.removeAttribute(name);
    }
    return now;
  }

  // ---- what is wrong

  function show(problems, style) {
    let overlay = document.querySelector("kepu-overlay");
    const all = problems.join("");
    if (!all || all === closed) {
      if (!all) closed = "";
      overlay?.remove();
      return;
    }
    closed = "";
    if (!overlay) {
      overlay = document.createElement("kepu-overlay");
      overlay.setAttribute("data-kepu", "");
      overlay.attachShadow({ mode: "open" });
      document.documentElement.append(overlay);
    }
    const count = problems.length;
    const [title, shut, more] = chinese
      ? [count > 1 ? `${count} 个问题` : "有一个问题", "关闭", "全部问题"]
      : [count > 1 ? `${count} problems` : "One problem", "Close", "All problems"];
    overlay.shadowRoot.innerHTML = `<style>${style}
      .panel { position: fixed; inset: auto 0 0 0; max-height: min(70vh, 40rem); display: flex; flex-direction: column;
        z-index: 2147483647; border-top: 4px solid var(--error); box-shadow: 0 -8px 32px rgb(0 0 0 / .35); }
      header { display: flex; gap: 1rem; align-items: center; padding: .35rem 1rem; border-bottom: 1px solid var(--line); }
      h2 { font-size: 1rem; margin: 0; flex: 1; }
      button { font: inherit; color: inherit; background: var(--sheet); border: 1px solid var(--line); border-radius: 6px;
        padding: 0 .9rem; min-height: 44px; cursor: pointer; }
      .all { overflow: auto; padding: 1rem 1rem 0; overscroll-behavior: contain; }
    </style><div class="kepu panel" role="alert"><header><h2></h2><a href="/__kepu/"></a><button type="button"></button></header>
      <div class="all"></div></div>`;
    const find = (selector) => overlay.shadowRoot.querySelector(selector);
    find("h2").textContent = title;
    find("a").textContent = more;
    find("button").textContent = shut;
    find("button").onclick = () => {
      closed = all;
      overlay.remove();
    };
    find(".all").innerHTML = all;
  }

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") document.querySelector("kepu-overlay")?.shadowRoot.querySelector("button").click();
  });

  connect();
})();
