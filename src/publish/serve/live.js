// Keeps a page up to date while its author writes. Loaded by `kepu serve` only; nothing of it is in a built site.
(() => {
  "use strict";
  const own = document.currentScript;
  let tag = own.dataset.tag;
  const chinese = own.dataset.lang === "zh";
  let stamp = 0;
  let wait = 250;
  let updating = Promise.resolve();

  function connect() {
    const socket = new WebSocket(location.origin.replace(/^http/, "ws") + "/__kepu/live");
    socket.onopen = () => {
      wait = 250;
      socket.send(JSON.stringify({ path: location.pathname, tag }));
    };
    socket.onmessage = (event) => {
      const message = JSON.parse(event.data);
      updating = updating.then(() => update(message, socket)).catch(() => location.reload());
    };
    socket.onclose = () => {
      setTimeout(connect, wait);
      wait = Math.min(wait * 2, 5000);
    };
  }

  async function update(message, socket) {
    if (message.goto && message.goto !== location.pathname) {
      location.assign(message.goto);
      return;
    }
    if (message.reload) {
      location.reload();
      return;
    }
    stamp = Date.now();
    if (message.css.length) swapStyles(message.css);
    if (message.images.length) swapImages(message.images);
    if (message.page) {
      await fetchPage();
      socket.send(JSON.stringify({ path: location.pathname, tag }));
    }
    show(message.problems);
    document.dispatchEvent(new CustomEvent("kepu:update", { detail: message }));
  }

  // ---- style sheets and images, in their place

  function fresh(address) {
    const url = new URL(address, location.href);
    url.searchParams.set("kepu", stamp);
    return url.href;
  }

  function pathOf(address) {
    try {
      return decodeURIComponent(new URL(address, location.href).pathname);
    } catch {
      return "";
    }
  }

  function swapStyles(paths) {
    const all = [...document.querySelectorAll('link[rel~="stylesheet"][href]')].filter(
      (link) => new URL(link.href, location.href).origin === location.origin,
    );
    const named = all.filter((link) => paths.includes(pathOf(link.href)));
    // One that others import stands in no link.
    for (const link of named.length ? named : all) {
      const next = link.cloneNode();
      next.href = fresh(link.href);
      next.onload = next.onerror = () => link.remove();
      link.after(next);
    }
  }

  function swapImages(paths) {
    let found = false;
    for (const image of document.querySelectorAll("img[src], source[src], input[src], image[href]")) {
      const name = image.hasAttribute("src") ? "src" : "href";
      if (paths.includes(pathOf(image.getAttribute(name)))) {
        image.setAttribute(name, fresh(image.getAttribute(name)));
        found = true;
      }
    }
    for (const image of document.querySelectorAll("[srcset]")) {
      const parts = image.getAttribute("srcset").split(/,\s+/).map((part) => part.trim().split(/\s+/));
      if (parts.some((part) => paths.includes(pathOf(part[0])))) {
        image.setAttribute("srcset", parts.map((part) => [fresh(part[0]), ...part.slice(1)].join(" ")).join(", "));
        found = true;
      }
    }
    // Backgrounds come from style sheets.
    if (!found) swapStyles([]);
  }

  // ---- the page itself: only what differs is touched, so that scrolling, focus and players stay as they are

  async function fetchPage() {
    const response = await fetch(location.href, { cache: "no-store" });
    const next = new DOMParser().parseFromString(await response.text(), "text/html");
    const script = next.querySelector("script[data-kepu]");
    if (!script || scripts(document) !== scripts(next)) {
      location.reload();
      return;
    }
    document.title = next.title;
    morph(document.head, next.head);
    morph(document.body, next.body);
    tag = script.dataset.tag;
  }

  // Scripts have run and cannot be taken back.
  function scripts(page) {
    const all = [...page.querySelectorAll("script:not([data-kepu])")];
    return all.map((script) => script.outerHTML).join("\n");
  }

  function plain(value) {
    return value.replace(/[?&]kepu=\d+/g, "");
  }

  function same(a, b) {
    return a.nodeType === b.nodeType && a.nodeName === b.nodeName && (a.id || "") === (b.id || "");
  }

  function morph(now, next) {
    let at = skip(now.firstChild);
    for (const wanted of [...next.childNodes]) {
      if (isOwn(wanted)) continue;
      if (at && !same(at, wanted)) {
        // Something was put in, or taken out: look whether the wanted node stands a little further on.
        let found = skip(at.nextSibling);
        for (let n = 0; found && n < 20 && !same(found, wanted); n++) found = skip(found.nextSibling);
        if (found && same(found, wanted) && wanted.nodeType === Node.ELEMENT_NODE) {
          while (at !== found) {
            const gone = at;
            at = skip(at.nextSibling);
            gone.remove();
          }
        } else {
          now.insertBefore(document.importNode(wanted, true), at);
          continue;
        }
      }
      if (!at) {
        now.insertBefore(document.importNode(wanted, true), null);
        continue;
      }
      if (wanted.nodeType === Node.ELEMENT_NODE) {
        if (!at.isEqualNode(wanted)) {
          attributes(at, wanted);
          morph(at, wanted);
        }
      } else if (at.nodeValue !== wanted.nodeValue) {
        at.nodeValue = wanted.nodeValue;
      }
      at = skip(at.nextSibling);
    }
    while (at) {
      const gone = at;
      at = skip(at.nextSibling);
      gone.remove();
    }
  }

  function isOwn(node) {
    return node.nodeType === Node.ELEMENT_NODE && node.hasAttribute("data-kepu");
  }

  function skip(node) {
    while (node && isOwn(node)) node = node.nextSibling;
    return node;
  }

  function attributes(now, next) {
    for (const { name, value } of [...next.attributes]) {
      const old = now.getAttribute(name);
      if (old === null || plain(old) !== value) now.setAttribute(name, value);
    }
    for (const { name } of [...now.attributes]) {
      if (!next.hasAttribute(name)) now.removeAttribute(name);
    }
  }

  // ---- what is wrong

  function show(problems) {
    let overlay = document.querySelector("kepu-overlay");
    if (!problems.length) {
      if (overlay) overlay.remove();
      return;
    }
    if (!overlay) {
      overlay = document.createElement("kepu-overlay");
      overlay.setAttribute("data-kepu", "");
      overlay.attachShadow({ mode: "open" });
      document.documentElement.append(overlay);
    }
    const root = overlay.shadowRoot;
    root.innerHTML = `<style>
      div { position: fixed; inset: auto 0 0 0; max-height: 60vh; overflow: auto; z-index: 2147483647;
        background: #1d1f21; color: #eee; border-top: 4px solid #e5484d; padding: 1rem; font: 15px/1.5 monospace; }
      pre { white-space: pre-wrap; margin: 0 0 1rem; } a { color: #8ab4f8; }
      button { float: right; font: inherit; min-width: 44px; min-height: 44px; }
    </style><div role="alert"><button></button></div>`;
    const box = root.querySelector("div");
    const close = root.querySelector("button");
    close.textContent = chinese ? "关闭" : "Close";
    close.onclick = () => overlay.remove();
    for (const problem of problems) {
      const text = document.createElement("pre");
      text.textContent = problem;
      box.append(text);
    }
    const all = document.createElement("a");
    all.href = "/__kepu/";
    all.textContent = chinese ? "全部问题" : "All problems";
    box.append(all);
  }

  connect();
})();
