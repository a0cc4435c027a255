//! One page of every kind in every mode: widths, colour schemes, 长者模式 with and without high contrast, scripts off.

use super::driver::Browser;
use super::{Served, axe, faults_of_access, faults_of_layout, faults_of_loading, served, texts};
use crate::support::SiteTest;

/// One page of every kind and of every template of the theme, of the site with all fields.
pub const PAGES: [&str; 27] = [
    "/",
    "/404.html",
    "/about/figures/",
    "/about/glossary/",
    "/about/plain/",
    "/about/records/",
    "/about/report/",
    "/about/site-map/",
    "/calendar/",
    "/calendar/event/",
    "/news/",
    "/news/activity/",
    "/news/tour/",
    "/notices/old/",
    "/picks/",
    "/places/",
    "/places/experts/",
    "/places/few/",
    "/places/museum/",
    "/places/stations/",
    "/places/stations/ming-ren-su-mu/",
    "/places/tours/",
    "/science/",
    "/science/article/",
    "/science/easy/",
    "/science/sheet/",
    "/science/topic/",
];

/// How a page is looked at: name, colour scheme, and what the reader chose before, if scripts run at all.
const MODES: [(&str, &str, Option<&str>); 6] = [
    ("light", "light", Some("")),
    ("dark", "dark", Some("")),
    ("light without scripts", "light", None),
    ("dark without scripts", "dark", None),
    ("长者模式", "light", Some("elder=1")),
    ("high contrast", "light", Some("elder=1 elder-hc=1 elder-cursor=1 elder-cross=1")),
];

/// Opens a page as a reader who has chosen these settings.
pub fn open(browser: &Browser, site: &Served, page: &str, chosen: Option<&str>) {
    browser.scripts(chosen.is_some());
    let address = format!("{}{page}", site.address);
    let Some(chosen) = chosen else {
        browser.open(&address);
        // The page has loaded without them; the checker needs some.
        browser.scripts(true);
        return;
    };
    // Settings are kept by the browser for the whole site.
    let settings: Vec<String> = chosen
        .split_whitespace()
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| format!("localStorage.setItem('{name}', '{value}');"))
        .collect();
    browser.run(&format!("localStorage.clear(); {}", settings.concat()));
    browser.open(&address);
    if !settings.is_empty() {
        let there = browser.run_later(
            "const done = arguments[arguments.length - 1], end = Date.now() + 10000;
             (function look() {
                 if (document.querySelector('.elder-bar')) return done(true);
                 if (Date.now() > end) return done(false);
                 setTimeout(look, 20);
             })();",
        );
        assert_eq!(there, true, "长者模式 has come on {page}");
    }
}

// One test for each width, so that they run side by side.

#[test]
fn every_kind_of_page_is_right_on_a_phone() {
    right_in_every_mode(360, 740);
}

#[test]
fn every_kind_of_page_is_right_on_a_tablet() {
    right_in_every_mode(768, 1024);
}

#[test]
fn every_kind_of_page_is_right_on_a_desk() {
    right_in_every_mode(1280, 800);
}

fn right_in_every_mode(width: u32, height: u32) {
    let Some(site) = served(SiteTest::full) else { return };
    for page in PAGES {
        assert!(site.pages.iter().any(|known| known == page), "{page} is there");
    }
    let axe = axe();
    let browser = Browser::start();
    browser.open(&format!("{}/404.html", site.address));
    let mut faults = Vec::new();
    for (mode, scheme, chosen) in MODES {
        browser.view(width, height, scheme);
        for page in PAGES {
            open(&browser, &site, page, chosen);
            let mut found = faults_of_layout(&browser);
            found.extend(faults_of_loading(&browser, &site.address));
            found.extend(faults_of_access(&browser, &axe));
            if chosen.is_some_and(|chosen| !chosen.is_empty()) {
                found.extend(faults_of_size(&browser));
            }
            faults.extend(found.into_iter().map(|fault| format!("{page}, {mode}: {fault}")));
        }
    }
    assert!(faults.is_empty(), "{} faults\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn the_site_that_init_makes_is_right() {
    let Some(site) = served(SiteTest::starter) else { return };
    assert!(site.pages.len() > 10, "{:?}", site.pages);
    let axe = axe();
    let browser = Browser::start();
    browser.open(&format!("{}/404.html", site.address));
    browser.view(360, 740, "light");
    let mut faults = Vec::new();
    for page in &site.pages {
        for chosen in ["", "elder=1"] {
            open(&browser, &site, page, Some(chosen));
            let mut found = faults_of_layout(&browser);
            found.extend(faults_of_loading(&browser, &site.address));
            found.extend(faults_of_access(&browser, &axe));
            faults.extend(found.into_iter().map(|fault| format!("{page} {chosen}: {fault}")));
        }
    }
    assert!(faults.is_empty(), "{} faults\n{}", faults.len(), faults.join("\n"));
}

/// 《互联网网站适老化通用设计规范》 and its numbers: text of 18 px and more, lines 1.3 apart, 44 px for what is pressed
/// and 60 px for buttons. A link in a line of text is as high as the line.
fn faults_of_size(browser: &Browser) -> Vec<String> {
    let found = browser.run(
        "const faults = [], seen = e => { const b = e.getBoundingClientRect(); return b.width > 2 && b.height > 2 && getComputedStyle(e).visibility !== 'hidden'; };
         const name = e => e.cloneNode().outerHTML.slice(0, 80) + e.textContent.trim().slice(0, 20);
         const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
         while (walk.nextNode()) {
             const e = walk.currentNode.parentElement;
             if (!walk.currentNode.data.trim() || !seen(e) || e.closest('rt, rp, svg, script, option, .visually-hidden, .skip')) continue;
             const style = getComputedStyle(e), size = parseFloat(style.fontSize), line = parseFloat(style.lineHeight);
             if (size < 18) faults.push(`text of ${size} px: ${name(e)}`);
             if (line < size * 1.15 && !e.closest('sup, [aria-hidden]')) faults.push(`lines of ${line / size}: ${name(e)}`);
         }
         for (const e of document.querySelectorAll('button, .button, summary, select, input[type=search], .site-nav a')) {
             const box = e.getBoundingClientRect();
             if (seen(e) && box.height < 59.5) faults.push(`${box.height} px to press: ${name(e)}`);
         }
         for (const e of document.querySelectorAll('li > a:only-child, h2 > a, h3 > a, .quiz label')) {
             const box = e.getBoundingClientRect();
             if (seen(e) && box.height < 43.5 && e.parentElement.textContent.trim() === e.textContent.trim()) faults.push(`${box.height} px to press: ${name(e)}`);
         }
         return [...new Set(faults)];",
    );
    texts(&found)
}

#[test]
fn without_scripts_nothing_is_shown_that_needs_them() {
    let Some(site) = served(SiteTest::full) else { return };
    let browser = Browser::start();
    browser.view(1280, 800, "light");
    for page in PAGES {
        open(&browser, &site, page, None);
        let dead = browser.run(
            "return [...document.querySelectorAll('button, input:not([type=radio]), select')]
                 .filter(e => e.getBoundingClientRect().height > 0).map(e => e.outerHTML.slice(0, 80));",
        );
        assert!(texts(&dead).is_empty(), "{page}: {dead}");
    }
    // Every station can be reached by links.
    open(&browser, &site, "/places/stations/", None);
    let parts = browser.run("return [...document.querySelectorAll('[data-part]')].map(a => a.href);");
    let mut stations = 0;
    for part in texts(&parts) {
        browser.scripts(false);
        browser.open(&part);
        browser.scripts(true);
        let here = browser.run("return [...document.querySelectorAll('.stations > li')].filter(e => e.getBoundingClientRect().height > 0).length;");
        stations += here.as_u64().unwrap_or_default();
    }
    assert_eq!(stations, 415);
}

#[test]
fn a_sheet_prints_on_one_page_of_a4() {
    let Some(site) = served(SiteTest::association) else { return };
    let browser = Browser::start();
    browser.view(1280, 800, "dark");
    let sheets: Vec<&String> = site.pages.iter().filter(|page| page.starts_with("/science/hands-on/")).collect();
    assert!(sheets.len() > 4, "{sheets:?}");
    for page in sheets.into_iter().filter(|page| *page != "/science/hands-on/") {
        browser.open(&format!("{}{page}", site.address));
        let pdf = String::from_utf8_lossy(&browser.print()).into_owned();
        let pages = pdf.matches("/Type /Page\n").count();
        assert_eq!(pages, 1, "{page} is one page");
        // 210 by 297 mm in points.
        assert!(pdf.contains("/MediaBox [0 0 595") || pdf.contains("/MediaBox [0 0 594"), "{page} is A4");
    }
}
