//! The theme with the keyboard alone.

use std::collections::BTreeSet;

use serde_json::Value;

use super::driver::{Browser, DOWN, ENTER, ESCAPE, SPACE, TAB};
use super::modes::{PAGES, open};
use super::{Served, served, texts};
use crate::support::SiteTest;

/// Marks everything that can be worked with a number, and notes what gets the focus and whether that is seen.
/// Of a group of radio buttons Tab reaches one; arrow keys reach the others.
/// What can be unfolded is.
const WATCH: &str = "
    document.querySelectorAll('details').forEach(e => { e.open = true; });
    const shown = e => { const b = e.getBoundingClientRect(), s = getComputedStyle(e); return b.width > 0 && b.height > 0 && s.visibility !== 'hidden'; };
    const all = [...document.querySelectorAll('a[href], button, input, select, textarea, summary, audio, [tabindex]')]
        .filter(e => e.tabIndex >= 0 && !e.disabled && (shown(e) || e.matches('.skip')))
        .filter((e, i, list) => e.type !== 'radio' || list.findIndex(o => o.name === e.name && o.type === 'radio') === i);
    all.forEach((e, i) => { e.dataset.work = i; });
    window.reached = []; window.unseen = [];
    document.addEventListener('focusin', e => {
        const own = e.target, style = getComputedStyle(own), box = own.getBoundingClientRect();
        if (own.dataset.work) window.reached.push(own.dataset.work);
        const marked = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
        const inside = box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth && box.width > 0;
        if (own !== document.body && own.tagName !== 'AUDIO' && !(marked && inside)) window.unseen.push(own.cloneNode().outerHTML.slice(0, 120));
    });
    return all.length;";

/// What Tab does not reach, and what has the focus without its being seen.
fn walk(browser: &Browser) -> (usize, Vec<String>) {
    let count = browser.run(WATCH).as_u64().and_then(|n| usize::try_from(n).ok()).unwrap_or_default();
    // The controls of a player are several stops.
    let mut left = count + 12;
    while left > 0 {
        let step = left.min(60);
        browser.press(&TAB.repeat(step));
        left -= step;
    }
    let faults = browser.run(
        "const missed = [...document.querySelectorAll('[data-work]')].filter(e => !window.reached.includes(e.dataset.work));
         return missed.map(e => 'not reached: ' + e.cloneNode().outerHTML.slice(0, 120)).concat(window.unseen.map(e => 'focus not seen: ' + e));",
    );
    (count, texts(&faults))
}

#[test]
fn tab_reaches_everything_and_is_always_seen() {
    let Some(site) = served(SiteTest::full) else { return };
    let browser = Browser::start();
    browser.open(&format!("{}/404.html", site.address));
    let mut faults = BTreeSet::new();
    for (width, height, chosen) in [(1280, 800, ""), (360, 740, ""), (360, 740, "elder=1")] {
        browser.view(width, height, "light");
        for page in PAGES {
            open(&browser, &site, page, Some(chosen));
            let (count, found) = walk(&browser);
            assert!(count > 10, "{page} has things to work");
            faults.extend(found.into_iter().map(|fault| format!("{page} at {width} px {chosen}: {fault}")));
        }
    }
    let faults: Vec<String> = faults.into_iter().collect();
    assert!(faults.is_empty(), "{} faults\n{}", faults.len(), faults.join("\n"));
}

/// A browser with a page of the site open.
fn at(site: &Served, page: &str) -> Browser {
    let browser = Browser::start();
    browser.view(1280, 800, "light");
    browser.open(&format!("{}{page}", site.address));
    browser
}

fn focus(browser: &Browser, selector: &str) {
    let found = browser.run(&format!(
        "const e = document.querySelector({selector:?}); if (e) e.focus(); return document.activeElement === e;"
    ));
    assert_eq!(found, true, "{selector} takes the focus");
}

/// Waits until an expression is true.
#[track_caller]
pub fn becomes(browser: &Browser, expression: &str) {
    let there = browser.run_later(&format!(
        "const done = arguments[arguments.length - 1], end = Date.now() + 10000;
         (function look() {{ if ({expression}) return done(true); if (Date.now() > end) return done(false); setTimeout(look, 20); }})();"
    ));
    assert_eq!(there, true, "{expression}");
}

#[test]
fn the_first_stop_leads_to_the_text() {
    let Some(site) = served(SiteTest::full) else { return };
    let browser = at(&site, "/science/article/");
    browser.press(TAB);
    assert_eq!(browser.run("return document.activeElement.className"), "skip");
    browser.press(ENTER);
    becomes(&browser, "document.activeElement.id === 'main'");
}

#[test]
fn a_quiz_is_answered_with_the_keyboard() {
    let Some(site) = served(SiteTest::full) else { return };
    let browser = at(&site, "/science/article/");
    focus(&browser, "input[name=q1]");
    browser.press(SPACE);
    becomes(&browser, "document.querySelector('fieldset').className === 'wrong'");
    browser.press(DOWN);
    becomes(&browser, "document.querySelector('fieldset').className === 'right'");
    becomes(&browser, "document.querySelector('fieldset details').open");
    assert_eq!(browser.run("return document.querySelector('.quiz-mark').textContent"), "答对了。");
    // The reason of the next question, without an answer.
    focus(&browser, "fieldset:nth-of-type(2) summary");
    browser.press(ENTER);
    becomes(&browser, "document.querySelectorAll('fieldset details')[1].open");
}

#[test]
fn a_term_opens_and_escape_closes_it() {
    let Some(site) = served(SiteTest::full) else { return };
    let browser = at(&site, "/science/article/");
    focus(&browser, "a.term");
    browser.press(ENTER);
    becomes(&browser, "document.querySelector('.term-tip').textContent.includes('布鲁氏菌病的简称')");
    assert_eq!(browser.run("return document.activeElement.getAttribute('aria-expanded')"), "true");
    browser.press(ESCAPE);
    becomes(&browser, "!document.querySelector('.term-tip')");
    assert_eq!(browser.run("return document.activeElement.className"), "term");
    assert!(browser.address().ends_with("/science/article/"), "the link was not followed");
}

#[test]
fn stations_are_narrowed_down() {
    let Some(site) = served(SiteTest::full) else { return };
    let shown =
        "[...document.querySelectorAll('.stations > li')].filter(e => e.getBoundingClientRect().height > 0).length";
    // On one page.
    let browser = at(&site, "/places/few/");
    focus(&browser, "#f-town");
    browser.press("西");
    becomes(&browser, &format!("{shown} === 1"));
    assert_eq!(browser.run("return document.querySelector('[data-count]').textContent.trim()"), "共 1 个站点");
    // On many pages: the first search fetches them.
    browser.open(&format!("{}/places/stations/", site.address));
    focus(&browser, "#f-word");
    browser.press("第77号");
    becomes(&browser, &format!("{shown} === 1"));
    browser.press("\u{e003}\u{e003}\u{e003}\u{e003}");
    becomes(&browser, &format!("{shown} === 415"));
    focus(&browser, "#f-town");
    browser.press("明");
    becomes(&browser, &format!("{shown} > 10 && {shown} < 60"));
}

#[test]
fn elders_set_the_page_up_with_the_keyboard() {
    let Some(site) = served(SiteTest::full) else { return };
    let browser = at(&site, "/science/article/");
    focus(&browser, "[data-elder]");
    browser.press(ENTER);
    becomes(&browser, "document.querySelector('.elder-bar') && document.activeElement.textContent === '缩小字号'");
    let size = || browser.run("return getComputedStyle(document.querySelector('.prose p')).fontSize");
    becomes(&browser, "getComputedStyle(document.querySelector('.prose p')).fontSize === '20px'");
    browser.press(TAB);
    for _ in 0..8 {
        browser.press(ENTER);
    }
    assert_eq!(size(), "30px", "the largest");
    browser.press(&format!("{TAB}{SPACE}"));
    becomes(&browser, "getComputedStyle(document.body).backgroundColor === 'rgb(0, 0, 0)'");
    browser.press(&format!("{TAB}{ENTER}"));
    becomes(&browser, "getComputedStyle(document.body).cursor.includes('url(')");
    browser.press(&format!("{TAB}{ENTER}"));
    becomes(&browser, "document.querySelectorAll('.cross-x, .cross-y').length === 2");
    // The next page is as the reader left this one.
    browser.open(&format!("{}/news/", site.address));
    becomes(&browser, "document.querySelector('.elder-bar') && document.documentElement.className.includes('hc')");
    let pressed = browser.run("return document.querySelectorAll('.elder-bar [aria-pressed=true]').length");
    assert_eq!(pressed, Value::from(3));
    let shown = browser.run("return [...document.querySelectorAll('.elder-bar button')].filter(b => b.getBoundingClientRect().height > 0).length");
    let steps = usize::try_from(shown.as_u64().unwrap_or_default()).unwrap_or_default();
    focus(&browser, ".elder-bar button");
    browser.press(&TAB.repeat(steps - 1));
    assert_eq!(browser.run("return document.activeElement.textContent"), "退出长者模式");
    browser.press(ENTER);
    becomes(&browser, "!document.querySelector('.elder-bar') && document.activeElement.matches('[data-elder]')");
    assert_eq!(browser.run("return getComputedStyle(document.documentElement).fontSize"), "16px");
}
