//! The association's site in a real browser: what only a browser shows.
//!
//! Every page that the build makes is opened in Chromium at the widths of a phone, a tablet and a desk. The tests know
//! nothing of the theme beyond HTML: that a page has a `main`, and that its menu is the `nav` in its `header`.
//!
//! `modes` shows a site with every kind of page in every mode, `keys` works it with the keyboard alone,
//! `aloud` listens to it.
//!
//! `tests/run` installs what this needs; `KEPU_TEST_WITHOUT_BROWSER=1` leaves these tests out by choice, and
//! `KEPU_TEST_PICTURES=FOLDER` has them keep a picture of every page.

mod aloud;
mod driver;
mod keys;
mod live;
mod modes;
mod server;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use driver::{Browser, ENTER, TAB};
use serde_json::Value;

use crate::support::{SiteTest, pages};

/// A site, built for the address at which it is served.
struct Served {
    _site: SiteTest,
    output: PathBuf,
    address: String,
    /// The paths of the pages, `/news/`. Redirects are none.
    pages: Vec<String>,
}

/// The site that `make` makes, or nothing where the tests are left out by choice.
fn served(make: fn() -> SiteTest) -> Option<Served> {
    if std::env::var_os("KEPU_TEST_WITHOUT_BROWSER").is_some() {
        return None;
    }
    let site = make();
    let output = site.path("public");
    let address = server::serve(output.clone());
    let site = site.built_for(&address);
    let pages = pages(&output);
    Some(Served { _site: site, output, address, pages })
}

/// Phone, tablet, desk: width and height in CSS pixels, and the colour scheme to look at.
const VIEWS: [(u32, u32, &str); 3] = [(360, 740, "dark"), (768, 1024, "light"), (1280, 800, "light")];

#[test]
fn every_page_fits_every_screen_and_asks_for_nothing_elsewhere() {
    let Some(site) = served(SiteTest::association) else { return };
    assert!(site.pages.len() > 20, "the site has pages: {:?}", site.pages);
    let axe = axe();
    let browser = Browser::start();
    let mut faults = Vec::new();
    for (width, height, scheme) in VIEWS {
        browser.view(width, height, scheme);
        for page in &site.pages {
            browser.open(&format!("{}{page}", site.address));
            let mut found = faults_of_layout(&browser);
            found.extend(faults_of_loading(&browser, &site.address));
            // What axe finds depends on the width only where a page hides something on small screens.
            if width != 768 {
                found.extend(faults_of_access(&browser, &axe));
            }
            keep_picture(&browser, width, page);
            faults.extend(found.into_iter().map(|fault| format!("{page} at {width} px: {fault}")));
        }
    }
    assert!(faults.is_empty(), "{} faults\n{}", faults.len(), faults.join("\n"));
}

/// What the page shows is not wider than the screen, and there is something to see.
fn faults_of_layout(browser: &Browser) -> Vec<String> {
    let found = browser.run(
        "const faults = [], root = document.documentElement, wide = root.scrollWidth, room = root.clientWidth;
         if (wide > room) {
             const culprits = [...document.body.querySelectorAll('*')].filter(e => e.getBoundingClientRect().right > room + 1);
             const names = culprits.slice(0, 3).map(e => e.cloneNode().outerHTML.slice(0, 90));
             faults.push(`is ${wide} px wide: ${names.join(' ')}`);
         }
         const main = document.querySelector('main');
         if (!main || main.getBoundingClientRect().height < 40) faults.push('has no main part to see');
         if (document.querySelectorAll('h1').length !== 1) faults.push('has not one h1');
         for (const image of document.images)
             if (image.loading !== 'lazy' && image.naturalWidth === 0) faults.push(`shows no ${image.currentSrc || image.src}`);
         return faults;",
    );
    texts(&found)
}

/// Errors in the console, and requests to another address than the site's.
fn faults_of_loading(browser: &Browser, address: &str) -> Vec<String> {
    let mut faults = Vec::new();
    for entry in browser.log("browser") {
        if entry["level"] == "SEVERE" {
            faults.push(format!("console: {}", entry["message"].as_str().unwrap_or_default()));
        }
    }
    for entry in browser.log("performance") {
        let event: Value = serde_json::from_str(entry["message"].as_str().unwrap_or_default()).unwrap_or_default();
        let event = &event["message"];
        let url = event["params"]["request"]["url"].as_str().unwrap_or_default();
        let own = url.strip_prefix(address).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        if event["method"] == "Network.requestWillBeSent" && !own && !url.starts_with("data:") {
            faults.push(format!("asks for {url}"));
        }
    }
    faults
}

/// What axe-core holds against the page.
fn faults_of_access(browser: &Browser, axe: &str) -> Vec<String> {
    browser.run(axe);
    let found = browser.run_later(
        "const done = arguments[arguments.length - 1];
         axe.run(document, { resultTypes: ['violations'] }).then(
             result => done(result.violations.map(v => `${v.id}: ${v.help}: ${v.nodes.slice(0, 3).map(n => n.html.slice(0, 160)).join(' ')}`)),
             error => done([String(error)]));",
    );
    texts(&found)
}

/// The script of axe-core, as `tests/run` has npm put it below the target folder.
fn axe() -> String {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../browser/node_modules/axe-core/axe.min.js");
    std::fs::read_to_string(&file)
        .unwrap_or_else(|error| panic!("{}: {error}. `tests/run` installs it", file.display()))
}

fn keep_picture(browser: &Browser, width: u32, page: &str) {
    if let Some(folder) = std::env::var_os("KEPU_TEST_PICTURES") {
        let name = format!("{width}{}.png", page.trim_end_matches('/').replace('/', "_"));
        std::fs::write(Path::new(&folder).join(name), browser.picture(true)).expect("a picture");
    }
}

#[test]
fn the_menu_works_with_the_keyboard() {
    let Some(site) = served(SiteTest::association) else { return };
    let browser = Browser::start();
    for (width, height, scheme) in VIEWS {
        browser.view(width, height, scheme);
        browser.open(&format!("{}/", site.address));
        let wanted = browser.run("return [...document.querySelectorAll('header nav a[href]')].map(a => a.href);");
        let wanted: BTreeSet<String> = texts(&wanted).into_iter().collect();
        assert!(wanted.len() > 2, "a menu at {width} px: {wanted:?}");
        let mut reached = BTreeSet::new();
        for step in 0..60 {
            browser.press(TAB);
            let focus = focus(&browser);
            assert_eq!(focus["visible"], true, "what has the focus is seen, step {step} at {width} px: {focus}");
            if focus["opens"] == true {
                browser.press(ENTER);
            }
            let address = focus["href"].as_str().unwrap_or_default().to_owned();
            if focus["menu"] == true && wanted.contains(&address) {
                reached.insert(address.clone());
            }
            if reached.len() == wanted.len() {
                browser.press(ENTER);
                assert_eq!(browser.address(), address, "Enter follows the link at {width} px");
                break;
            }
        }
        let missed: Vec<_> = wanted.difference(&reached).collect();
        assert!(missed.is_empty(), "Tab does not reach {missed:?} at {width} px");
    }
}

/// What has the focus: whether it and a mark of the focus can be seen, whether it opens a menu that is closed, whether it
/// is in the menu, and where it leads.
fn focus(browser: &Browser) -> Value {
    browser.run(
        "const e = document.activeElement, box = e.getBoundingClientRect(), style = getComputedStyle(e);
         const marked = style.outlineStyle !== 'none' || style.boxShadow !== 'none' || style.textDecorationLine !== 'none';
         return {
             what: e.cloneNode().outerHTML,
             visible: box.width > 0 && box.height > 0 && style.visibility !== 'hidden' && marked,
             opens: !!e.closest('header') && (e.getAttribute('aria-expanded') === 'false'
                 || e.matches('summary') && !e.parentElement.open),
             menu: !!e.closest('header nav'),
             href: e.href || '',
         };",
    )
}

#[test]
fn every_link_leads_somewhere() {
    let Some(site) = served(SiteTest::association) else { return };
    let browser = Browser::start();
    browser.view(1280, 800, "light");
    let mut ids: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    let mut links: BTreeSet<(&str, String)> = BTreeSet::new();
    for page in &site.pages {
        browser.open(&format!("{}{page}", site.address));
        let found = browser.run("return [...document.querySelectorAll('[id]')].map(e => e.id);");
        ids.insert(page, texts(&found).into_iter().collect());
        // Addresses as the browser resolves them, so that relative ones and those of a `srcset` are checked too.
        let found = browser.run(
            "const all = [];
             for (const e of document.querySelectorAll('[href]')) all.push(e.href.baseVal ?? e.href);
             for (const e of document.querySelectorAll('[src]')) all.push(e.src);
             for (const e of document.querySelectorAll('[srcset]'))
                 for (const part of e.srcset.split(',')) all.push(new URL(part.trim().split(' ')[0], document.baseURI).href);
             return all;",
        );
        links.extend(texts(&found).into_iter().map(|link| (page.as_str(), link)));
    }
    let mut broken = Vec::new();
    for (page, link) in &links {
        let Some(rest) = link.strip_prefix(&site.address) else { continue };
        let (address, anchor) = rest.split_once('#').unwrap_or((rest, ""));
        let path = address.split('?').next().unwrap_or_default();
        let known = match ids.get(path) {
            _ if server::file_of(&site.output, path).is_none() => false,
            Some(ids) => anchor.is_empty() || ids.contains(&server::percent_decoded(anchor).unwrap_or_default()),
            None => true,
        };
        if !known {
            broken.push(format!("{page}: {rest}"));
        }
    }
    assert!(links.len() > site.pages.len() * 5, "the pages have links: {}", links.len());
    assert!(broken.is_empty(), "broken links\n{}", broken.join("\n"));
}

/// The strings of a list.
fn texts(list: &Value) -> Vec<String> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}
