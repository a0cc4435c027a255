//! Open pages follow what is saved, without loading again: `kepu serve` in a real browser.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::driver::Browser;
use crate::support::{ServeTest, SiteTest, png};

/// A page of the test's site: higher than any screen, and with a script that changes what was sent.
const TEMPLATE: &str = "<!doctype html><html lang=en><head><meta charset=utf-8><title>{{ page.title }}</title>\
    <style>html { overflow-anchor: none }</style><link rel=stylesheet href=/site.css></head><body><main><h1>{{ page.title }}</h1>\
    <button id=button>press</button><details id=details><summary>more</summary>deep</details>\
    <div id=body>{{ page.content | safe }}</div><img id=photo src=/photo.png alt=''><p id=ground>ground</p>\
    <div style='height:4000px'></div><p>end</p></main><script src=/site.js></script></body></html>";
const SCRIPT: &str = "document.getElementById('button').classList.add('by-script');\
    document.querySelector('main').append(Object.assign(document.createElement('aside'), { id: 'made' }));";

fn page(title: &str, body: &str) -> String {
    format!("+++\ntitle = \"{title}\"\n+++\n{body}\n")
}

fn site() -> SiteTest {
    SiteTest::minimal()
        .file("templates/page.html", TEMPLATE)
        .file("templates/404.html", "<!doctype html><title>none</title><h1>not here</h1>")
        .file("static/site.css", "h1 { color: rgb(1, 2, 3); } #ground { background-image: url(ground.png); }")
        .file("static/site.js", SCRIPT)
        .file("static/photo.png", png(10, 10))
        .file("static/ground.png", png(12, 12))
        .file("content/a.md", page("A", "first text"))
        .file("content/b.md", page("B", "text of b"))
}

/// A server, and a browser that has one of its pages open; nothing where these tests are left out by choice.
fn opened(site: SiteTest, path: &str, arguments: &[&str]) -> Option<(ServeTest, Browser)> {
    if std::env::var_os("KEPU_TEST_WITHOUT_BROWSER").is_some() {
        return None;
    }
    let server = ServeTest::start(site, arguments);
    let browser = Browser::start();
    open(&browser, &server, path);
    Some((server, browser))
}

/// Opens a page and marks it, so that loading it again is noticed.
fn open(browser: &Browser, server: &ServeTest, path: &str) {
    browser.open(&format!("{}{}", server.url.trim_end_matches('/'), path));
    browser.run(
        "window.mark = 'kept'; window.told = []; document.addEventListener('kepu:update', e => told.push(e.detail));",
    );
    // It has said which page it shows, and been answered.
    until(browser, "'listening' in document.querySelector('script[data-kepu]').dataset");
}

/// Waits until an expression is true in the page.
#[track_caller]
fn until(browser: &Browser, what: &str) {
    let started = Instant::now();
    let script = format!("try {{ return Boolean({what}); }} catch (error) {{ return String(error); }}");
    loop {
        let found = browser.run(&script);
        if found == Value::Bool(true) {
            return;
        }
        let html =
            || browser.run("return document.documentElement.outerHTML.slice(0, 3000) + JSON.stringify(window.told);");
        assert!(started.elapsed() < Duration::from_secs(30), "never `{what}` ({found}): {}", html());
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// The page was not loaded again since it was marked.
#[track_caller]
fn is_the_same(browser: &Browser) {
    assert_eq!(browser.run("return window.mark;"), "kept", "the page was loaded again");
}

/// What an overlay says; none where there is no overlay.
const OVERLAY: &str = "document.querySelector('kepu-overlay')?.shadowRoot.querySelector('.panel').innerText";

#[track_caller]
fn no_script_failed(browser: &Browser) {
    let failed: Vec<Value> =
        browser.log("browser").into_iter().filter(|entry| entry["source"] == "javascript").collect();
    assert!(failed.is_empty(), "{failed:?}");
}

#[test]
fn a_saved_page_changes_in_its_place() {
    let Some((server, browser)) = opened(site(), "/a/", &[]) else { return };
    browser.run(
        "document.getElementById('details').open = true; document.getElementById('button').focus(); scrollTo(0, 1500);",
    );
    for text in ["second text", "third text\n\nand *more*", "fourth"] {
        server.site.write("content/a.md", page("A new", text));
        let line = text.split('\n').next().unwrap_or_default();
        until(&browser, &format!("document.getElementById('body').innerText.includes('{line}')"));
    }
    until(&browser, "document.title === 'A new' && document.querySelector('h1').innerText === 'A new'");
    is_the_same(&browser);
    assert_eq!(browser.run("return scrollY;"), 1500);
    for (kept, what) in [
        ("document.activeElement.id === 'button'", "focus"),
        ("document.getElementById('details').open", "what a reader has opened"),
        ("document.getElementById('button').className === 'by-script'", "what a script has changed"),
        ("document.getElementById('made')", "what a script has put in"),
        ("document.getElementById('body').children.length === 1", "nothing left behind"),
    ] {
        assert_eq!(browser.run(&format!("return Boolean({kept});")), true, "{what}");
    }
    // A template that puts something in is no different.
    server.site.write("templates/page.html", TEMPLATE.replace("<p>end</p>", "<p id=end>END</p>"));
    until(&browser, "document.getElementById('end')");
    is_the_same(&browser);
    assert_eq!(
        browser.run("return [scrollY, document.getElementById('button').className];"),
        serde_json::json!([1500, "by-script"])
    );
    no_script_failed(&browser);
}

#[test]
fn styles_and_images_are_swapped_without_a_flash() {
    let Some((server, browser)) = opened(site(), "/a/", &[]) else { return };
    // Looks at every frame whether the heading has lost its colour.
    browser.run(
        "window.seen = new Set(); const look = () => {
             seen.add(getComputedStyle(document.querySelector('h1')).color); requestAnimationFrame(look);
         }; look();",
    );
    server.site.write("static/site.css", "h1 { color: rgb(4, 5, 6); } #ground { background-image: url(ground.png); }");
    until(&browser, "seen.has('rgb(4, 5, 6)')");
    // A style sheet and a page in one go.
    server.site.write("static/site.css", "h1 { color: rgb(7, 8, 9); } #ground { background-image: url(ground.png); }");
    server.site.write("content/a.md", page("A", "with new style"));
    until(&browser, "seen.has('rgb(7, 8, 9)') && document.getElementById('body').innerText.includes('with new style')");
    until(&browser, "document.querySelectorAll('link[rel=stylesheet]').length === 1");
    assert_eq!(
        browser.run("return [...seen].sort();"),
        serde_json::json!(["rgb(1, 2, 3)", "rgb(4, 5, 6)", "rgb(7, 8, 9)"])
    );

    server.site.write("static/photo.png", png(20, 10));
    until(&browser, "document.getElementById('photo').naturalWidth === 20");
    server.site.write("static/photo.png", png(30, 10));
    until(&browser, "document.getElementById('photo').naturalWidth === 30");
    server.site.write("static/ground.png", png(24, 24));
    until(&browser, "getComputedStyle(document.getElementById('ground')).backgroundImage.includes('ground.png?kepu=')");
    // An edit of the page leaves the new image where it is.
    server.site.write("content/a.md", page("A", "after the image"));
    until(&browser, "document.getElementById('body').innerText.includes('after the image')");
    assert_eq!(browser.run("return document.getElementById('photo').naturalWidth;"), 30);
    is_the_same(&browser);
    // What has run cannot be taken back.
    server.site.write("static/site.js", "window.second = true;");
    until(&browser, "window.second && !window.mark");
    no_script_failed(&browser);
}

#[test]
fn errors_lie_over_the_page_until_they_are_mended() {
    let Some((server, browser)) = opened(site(), "/a/", &[]) else { return };
    browser.run("scrollTo(0, 900);");
    let shows = |texts: &[&str]| {
        for text in texts {
            until(&browser, &format!("({OVERLAY} ?? '').includes({})", Value::from(*text)));
        }
    };
    let gone = || until(&browser, "!document.querySelector('kepu-overlay')");
    // While rendering.
    server.site.write("templates/page.html", "<main>\n{{ page.nothing.deep }}</main>");
    shows(&["templates/page.html:2", "{{ page.nothing.deep }}"]);
    assert_eq!(browser.run("return document.querySelector('h1').innerText;"), "A");
    server.site.write("templates/page.html", TEMPLATE);
    gone();
    // While loading: in this page or in another.
    server.site.write("content/b.md", "+++\ntitle = \n+++\n");
    shows(&["content/b.md:2", "title ="]);
    server.site.write("config.toml", "base_url = ");
    shows(&["config.toml:1"]);
    // Closed, it stays closed until something else is wrong.
    browser.run("document.querySelector('kepu-overlay').shadowRoot.querySelector('button').click();");
    gone();
    server.site.write("config.toml", "base_url = \"https://example.com\"\ntitle = 1\n");
    shows(&["config.toml:2"]);
    server.site.write("config.toml", "base_url = \"https://example.com\"\n");
    server.site.write("content/b.md", page("B", "mended"));
    gone();
    // Markup in what an author wrote is text.
    server.site.write("templates/page.html", "{{ page.x.y }}<img src=x onerror=\"window.hacked = 1\">");
    shows(&["onerror="]);
    server.site.write("templates/page.html", TEMPLATE);
    server.site.write("content/a.md", page("A", "all is well"));
    until(&browser, "document.getElementById('body').innerText.includes('all is well')");
    gone();
    is_the_same(&browser);
    assert_eq!(browser.run("return [scrollY, window.hacked ?? 0];"), serde_json::json!([900, 0]));
    no_script_failed(&browser);
}

#[test]
fn a_page_opened_with_an_error_appears_when_it_is_mended() {
    let site = site().file("templates/page.html", "{{ page.nothing.deep }}");
    let Some((server, browser)) = opened(site, "/a/", &[]) else { return };
    until(&browser, "document.body.innerText.includes('templates/page.html:1')");
    // Said once: not over the page as well.
    assert_eq!(browser.run("return document.querySelector('kepu-overlay');"), Value::Null);
    server.site.write("templates/page.html", "{{ page.other.deep }}");
    until(&browser, "document.body.innerText.includes('page.other.deep')");
    server.site.write("templates/page.html", TEMPLATE);
    until(
        &browser,
        "document.getElementById('body')?.innerText.includes('first text') && document.getElementById('made')",
    );
    // The page of something that is not there yet.
    browser.open(&format!("{}new/", server.url));
    until(&browser, "document.body.innerText.includes('not here')");
    server.site.write("content/new.md", page("New", "made just now"));
    until(&browser, "document.body.innerText.includes('made just now')");
    std::fs::remove_file(server.site.path("content/new.md")).expect("a file");
    until(&browser, "document.body.innerText.includes('not here')");
    // So it is where the site cannot be loaded from the start.
    let broken = SiteTest::minimal().file("config.toml", "base_url = ");
    let server = ServeTest::start(broken, &[]);
    browser.open(&server.url);
    until(&browser, "document.body.innerText.includes('config.toml:1')");
    server.site.write("config.toml", "base_url = \"https://example.com\"\n");
    until(&browser, "document.body.innerText.includes('index')");
}

#[test]
fn browsers_follow_to_the_page_that_was_saved() {
    let Some((server, browser)) = opened(site(), "/a/", &["--follow"]) else { return };
    server.site.write("content/b.md", page("B", "saved"));
    until(&browser, "location.pathname === '/b/' && document.getElementById('body').innerText.includes('saved')");
    // An address that is no ASCII is the same page, however it is spelt.
    server.site.write("content/c.md", "+++\ntitle = \"C\"\npath = \"科普\"\n+++\nof c\n");
    until(&browser, "decodeURI(location.pathname) === '/科普/'");
    browser.run("window.mark = 'kept';");
    server.site.write("content/c.md", "+++\ntitle = \"C\"\npath = \"科普\"\n+++\nof c again\n");
    until(&browser, "document.getElementById('body').innerText.includes('of c again')");
    is_the_same(&browser);
    no_script_failed(&browser);
}

#[test]
fn every_tab_follows_its_own_page_also_when_the_server_was_away() {
    let Some((server, browser)) = opened(site(), "/a/", &[]) else { return };
    let first = browser.tab();
    let second = browser.open_tab();
    open(&browser, &server, "/b/");
    server.site.write("content/a.md", page("A", "for the first tab"));
    browser.go_to(&first);
    until(&browser, "document.getElementById('body').innerText.includes('for the first tab')");
    is_the_same(&browser);
    server.site.write("content/b.md", page("B", "for the second tab"));
    browser.go_to(&second);
    until(&browser, "document.getElementById('body').innerText.includes('for the second tab')");
    is_the_same(&browser);

    let server = server.restart(|site| {
        site.write("content/a.md", page("A", "while it was away"));
        site.write("static/site.css", "h1 { color: rgb(9, 9, 9); }");
        // Long enough for the browser to try in vain.
        std::thread::sleep(Duration::from_millis(700));
    });
    browser.go_to(&first);
    until(&browser, "document.getElementById('body').innerText.includes('while it was away')");
    until(&browser, "getComputedStyle(document.querySelector('h1')).color === 'rgb(9, 9, 9)'");
    server.site.write("content/a.md", page("A", "and afterwards"));
    until(&browser, "document.getElementById('body').innerText.includes('and afterwards')");
    is_the_same(&browser);
    browser.go_to(&second);
    server.site.write("content/b.md", page("B", "both"));
    until(&browser, "document.getElementById('body').innerText.includes('both')");
    is_the_same(&browser);
}

#[test]
fn a_page_that_is_never_the_same_is_fetched_only_when_something_changed() {
    // It tells how long templates took.
    let Some((server, browser)) = opened(site(), "/__kepu/", &[]) else { return };
    let fetched = "performance.getEntriesByType('resource').filter(e => e.name.endsWith('/__kepu/')).length";
    server.site.write("content/b.md", "+++\ntitle = \"B\"\ndraft = true\n+++\n");
    until(&browser, "document.body.innerText.includes('content/b.md') && document.querySelector('.state.well')");
    std::thread::sleep(Duration::from_secs(2));
    let count = browser.run(&format!("return {fetched};"));
    // Its own copy, that of the change, that of the report, and some if the system tells of the change in parts.
    assert!(count.as_u64().is_some_and(|count| count <= 8), "{count}");
    is_the_same(&browser);
}

#[test]
fn the_list_of_problems_is_always_of_now() {
    let Some((server, browser)) = opened(site(), "/__kepu/", &[]) else { return };
    until(&browser, "document.querySelector('.state.well')");
    let picture = |name: &str| {
        let Some(folder) = std::env::var_os("KEPU_TEST_PICTURES").map(std::path::PathBuf::from) else { return };
        for (width, height, scheme) in
            [(360, 740, "dark"), (360, 740, "light"), (1280, 800, "light"), (1280, 800, "dark")]
        {
            browser.view(width, height, scheme);
            std::fs::write(folder.join(format!("kepu-{name}-{width}-{scheme}.png")), browser.picture(false))
                .expect("a picture");
        }
    };
    server.site.write("templates/odd.html", "<p>\n  {{ page.extra.nothing.deep | upper }}\n</p>");
    server.site.write("content/odd.md", "+++\ntitle = \"Odd\"\ntemplate = \"odd.html\"\n+++\n");
    server.site.write("content/draft.md", "+++\ntitle = \"Not yet\"\ndraft = true\n+++\n");
    server.site.write("content/later.md", "+++\ntitle = \"Later\"\ndate = 2999-01-01\n+++\n");
    for text in ["templates/odd.html:2", "Not yet", "content/draft.md", "Later", "2999-01-01", "page.html"] {
        until(&browser, &format!("document.body.innerText.includes('{text}')"));
    }
    picture("list");
    is_the_same(&browser);
    open(&browser, &server, "/a/");
    server.site.write("content/b.md", "+++\ntitle = \"B\ndate = 2026-13-01\n+++\n");
    server.site.write("content/a.md", "+++\ntitle = \"A\"\ndate = 2026-13-01\ntagz = 1\n+++\n");
    until(&browser, &format!("({OVERLAY} ?? '').includes('content/a.md')"));
    picture("overlay");
    open(&browser, &server, "/odd/");
    picture("error");
    browser.open(&format!("{}__kepu/", server.url));
    server.site.write("content/a.md", page("A", ""));
    server.site.write("content/b.md", page("B", ""));
    std::fs::remove_file(server.site.path("content/odd.md")).expect("a file");
    until(&browser, "document.querySelector('.state.well') && !document.body.innerText.includes('templates/odd.html')");
}
