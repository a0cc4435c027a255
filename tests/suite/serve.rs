//! `kepu serve`: what was saved is seen at the next request, whatever was saved; the server survives everything.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use tungstenite::Message;

use crate::support::{ServeTest, SiteTest, png, without_tags};

fn page(title: &str, body: &str) -> String {
    format!("+++\ntitle = \"{title}\"\n+++\n{body}\n")
}

fn site() -> SiteTest {
    SiteTest::minimal()
        .file("config.toml", "base_url = \"https://example.com\"\ncompile_sass = true\n")
        .file("templates/404.html", "<h1>not here</h1>")
        .file("content/a.md", page("A", "text of a"))
        .file("content/b.md", page("B", "text of b"))
        .file("sass/site.scss", "a { color: red; }")
        .file("static/plain.txt", "0123456789")
}

#[test]
fn a_saved_page_is_seen_at_the_next_request() {
    let server = ServeTest::start(site(), &[]);
    let answer = server.get("/a/");
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("text/html; charset=utf-8")));
    assert!(answer.body().starts_with("page A|<p>text of a</p>"), "{}", answer.body());
    for n in 0..5 {
        server.site.write("content/a.md", page("A", &format!("edit {n}")));
        server.sees("/a/", &format!("edit {n}"));
    }
}

#[test]
fn a_server_begins_with_what_a_build_left_and_with_what_changed_since() {
    let site = site()
        .file("templates/page.html", "{{ page.title }}|{{ page.permalink }}|{{ page.content | safe }}")
        .file("content/c.md", page("C", "[a](@/a.md)"));
    // Older than a tick of the clock of files, or they would be read again anyway.
    std::thread::sleep(Duration::from_millis(50));
    site.build().succeeds();
    assert!(site.path(".kepu/cache/sources").exists());
    site.write("content/b.md", page("New B", "new text"));
    let server = ServeTest::start(site, &[]);
    let url = server.url.trim_end_matches('/').to_owned();
    assert!(server.get("/a/").body().starts_with(&format!("A|{url}/a/|<p>text of a</p>")));
    assert!(server.get("/b/").body().starts_with(&format!("New B|{url}/b/|<p>new text</p>")));
    server.site.write("content/a.md", page("Changed", "changed"));
    server.sees("/a/", "Changed");
    server.site.write("content/c.md", page("C", "no link"));
    server.sees("/c/", "no link");
    assert!(server.get("/c/").body().contains(&format!("{url}/c/")));
}

#[test]
fn what_changes_while_the_server_starts_is_seen() {
    let template = "{% set d = load_data(path=\"data/n.toml\") %}{{ d.n }}|{{ page.content | safe }}";
    for round in 0..16 {
        let site = site().file("data/n.toml", "n = 1").file("templates/page.html", template);
        for n in 0..200 {
            site.write(&format!("content/many/p{n}.md"), page("Many", "text"));
        }
        let root = site.root().to_owned();
        let edits = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(4 * round));
            std::fs::write(root.join("content/a.md"), page("A", "edited")).expect("a page");
            std::fs::write(root.join("content/many/new.md"), page("New", "new")).expect("a page");
            std::fs::remove_file(root.join("content/b.md")).expect("a page");
            std::fs::write(root.join("data/n.toml"), "n = 2").expect("a file");
            std::fs::write(root.join("templates/page.html"), format!("edited {template}")).expect("a template");
        });
        let server = ServeTest::start(site, &[]);
        edits.join().expect("the edits are made");
        server.sees("/a/", "edited 2|<p>edited</p>");
        server.sees("/many/new/", "edited 2|<p>new</p>");
        server.gone("/b/");
        server.sees("/many/p7/", "edited 2|<p>text</p>");
    }
}

#[test]
fn addresses_are_those_of_the_server() {
    let site =
        site().file("templates/page.html", "{{ page.permalink }} {{ config.mode }} {{ get_url(path=\"x.css\") }}");
    let server = ServeTest::start(site, &[]);
    let url = server.url.trim_end_matches('/');
    assert!(server.get("/a/").body().starts_with(&format!("{url}/a/ serve {url}/x.css")));
    assert_eq!(server.get("/a").header("location"), Some("/a/"));
}

#[test]
fn a_base_url_of_ones_own_keeps_its_path() {
    let site = site().file("templates/page.html", "{{ page.permalink | safe }}");
    let server = ServeTest::start(site, &["-u", "http://example.org/base", "--no-port-append"]);
    assert!(server.get("/base/a/").body().starts_with("http://example.org/base/a/"));
    assert_eq!(server.get("/").header("location"), Some("/base/"));
    assert_eq!(server.get("/a/").status, 404);
}

#[test]
fn every_kind_of_source_is_seen() {
    let site = site().file("data/n.toml", "n = 1").file(
        "templates/page.html",
        "{% set d = load_data(path=\"data/n.toml\") %}{{ d.n }}|{{ page.content | safe }}{{ config.title }}",
    );
    let server = ServeTest::start(site, &[]);
    server.sees("/a/", "1|<p>text of a</p>");
    server.site.write("data/n.toml", "n = 2");
    server.sees("/a/", "2|<p>");
    server.site.write("sass/site.scss", "a { color: blue; }");
    server.sees("/site.css", "blue");
    server.site.write("static/plain.txt", "other");
    server.sees("/plain.txt", "other");
    server.site.write("static/new/deep.txt", "deep");
    server.sees("/new/deep.txt", "deep");
    server.site.write("templates/page.html", "new template {{ page.title }}");
    server.sees("/b/", "new template B");
    server.site.write("content/new/c.md", page("C", ""));
    server.sees("/new/c/", "new template C");
    server.site.write("templates/page.html", "{{ page.title }} of {{ config.title }}");
    server.site.write("config.toml", "base_url = \"https://example.com\"\ntitle = \"The title\"\n");
    server.sees("/b/", "B of The title");
    server.gone("/site.css");
}

#[test]
fn editors_that_rename_and_files_that_move_are_seen() {
    let server = ServeTest::start(site(), &[]);
    server.site.write("content/.a.md.part", page("A", "by rename"));
    std::fs::rename(server.site.path("content/.a.md.part"), server.site.path("content/a.md")).expect("a rename");
    server.sees("/a/", "by rename");
    std::fs::rename(server.site.path("content/b.md"), server.site.path("content/c.md")).expect("a rename");
    server.sees("/c/", "text of b");
    server.gone("/b/");
    // Only the case of a name: still at the same address.
    std::fs::rename(server.site.path("content/c.md"), server.site.path("content/C.md")).expect("a rename");
    server.says("content/C.md");
    server.site.write("content/C.md", page("B", "text of C"));
    server.sees("/c/", "text of C");
    std::fs::rename(server.site.path("content/C.md"), server.site.path("content/c.md")).expect("a rename");
    server.site.write("content/c.md", page("B", "text of b"));
    server.sees("/c/", "text of b");
    std::fs::create_dir(server.site.path("content/folder")).expect("a folder");
    std::fs::rename(server.site.path("content/c.md"), server.site.path("content/folder/c.md")).expect("a rename");
    server.sees("/folder/c/", "text of b");
    std::fs::rename(server.site.path("content/folder"), server.site.path("content/moved")).expect("a rename");
    server.sees("/moved/c/", "text of b");
    std::fs::remove_dir_all(server.site.path("content/moved")).expect("a folder");
    server.gone("/moved/c/");
}

#[test]
fn a_folder_that_comes_later_is_watched() {
    let server = ServeTest::start(site(), &[]);
    server.site.write("data/n.toml", "n = 1");
    server.site.write("templates/page.html", "{% set d = load_data(path=\"data/n.toml\") %}{{ d.n }}");
    server.sees("/a/", "1");
    std::thread::sleep(Duration::from_millis(100));
    server.site.write("data/n.toml", "n = 2");
    server.sees("/a/", "2");
}

#[test]
fn a_thousand_changes_at_once_are_one() {
    let server = ServeTest::start(site(), &[]);
    for n in 0..1000 {
        server.site.write(&format!("content/many/p{n}.md"), page("Many", &format!("number {n}")));
    }
    server.sees("/many/p999/", "number 999");
    server.sees("/many/p0/", "number 0");
    let reloads = server.messages().matches("changed,").count();
    assert!(reloads < 200, "{reloads} reloads");
}

#[test]
fn errors_are_shown_where_they_are_and_go_away() {
    let server = ServeTest::start(site(), &[]);
    // While rendering: the page itself says so, with the line.
    server.site.write("templates/page.html", "fine\n{{ page.nothing.at_all }}");
    let answer = server.sees("/a/", "templates/page.html:2");
    assert_eq!(answer.status, 500);
    assert!(answer.text().contains("{{ page.nothing.at_all }}") && answer.body().contains("/__kepu/live.js"));
    server.site.write("templates/page.html", "mended {{ page.title }}");
    assert_eq!(server.sees("/a/", "mended A").status, 200);
    // While loading: the last good site stands, and browsers are told.
    server.site.write("content/a.md", "+++\ntitle = \n+++\n");
    server.says("content/a.md");
    assert_eq!(server.get("/a/").status, 200);
    assert!(server.get("/__kepu/").body().contains("content/a.md:2"));
    server.site.write("config.toml", "base_url = ");
    server.says("config.toml");
    assert_eq!(server.get("/b/").status, 200);
    server.site.write("config.toml", "base_url = \"https://example.com\"\n");
    server.site.write("content/a.md", page("A", "well again"));
    server.sees("/a/", "mended A");
    server.says("All is well again.");
}

#[test]
fn a_site_that_is_broken_from_the_start_is_mended() {
    let site = site().file("content/a.md", "+++\ntitle = \n+++\n");
    let server = ServeTest::start(site, &[]);
    let answer = server.get("/b/");
    assert_eq!(answer.status, 500);
    assert!(answer.body().contains("content/a.md:2"), "{}", answer.body());
    server.site.write("content/a.md", page("A", "mended"));
    server.sees("/a/", "mended");
}

#[test]
fn errors_of_pages_that_nobody_asked_for_are_found() {
    let site = site()
        .file("templates/odd.html", "{{ page.extra.missing.deep }}")
        .file("content/odd.md", "+++\ntitle = \"Odd\"\ntemplate = \"odd.html\"\n+++\n");
    let server = ServeTest::start(site, &[]);
    server.says("templates/odd.html:1");
    server.sees("/__kepu/", "templates/odd.html:1");
}

#[test]
fn an_error_in_a_body_is_shown_in_its_page_and_leaves_others_alone() {
    let server = ServeTest::start(site(), &[]);
    assert_eq!(server.get("/a/").status, 200);
    server.site.write("content/a.md", page("A", "fine\n\n{{ nothing_here }}"));
    let answer = server.sees("/a/", "content/a.md:6");
    assert_eq!(answer.status, 500);
    assert!(answer.body().contains("nothing_here"), "{}", answer.body());
    assert_eq!(server.get("/b/").status, 200);
    // Also where nobody asked for the page.
    server.says("content/a.md:6");
    server.sees("/__kepu/", "content/a.md:6");
    server.site.write("content/a.md", page("A", "mended"));
    assert_eq!(server.sees("/a/", "mended").status, 200);
    server.says("All is well again.");
}

#[test]
fn an_error_in_a_body_is_told_as_itself_wherever_the_page_is_needed() {
    let list = "{% set page = get_page(path=\"a.md\") %}{{ page.title }}";
    let server = ServeTest::start(site().file("templates/index.html", list), &[]);
    server.sees("/", "A");
    server.site.write("content/a.md", page("A", "fine\n\n{{ nothing_here }}"));
    let home = server.sees("/", "content/a.md:6");
    assert!(home.status == 500 && !home.body().contains("templates/index.html"), "{}", home.body());
    server.says("content/a.md:6");
    let list = server.sees("/__kepu/", "content/a.md:6").body();
    assert!(!list.contains("templates/index.html"), "{list}");
    server.site.write("content/a.md", page("A", "mended"));
    assert_eq!(server.sees("/", "A").status, 200);
}

#[test]
fn the_start_of_a_server_is_no_change() {
    let server = ServeTest::start(SiteTest::starter(), &[]);
    assert_eq!(server.get("/").status, 200);
    // What the theme in the binary is unpacked to is watched from now on by nobody.
    std::thread::sleep(Duration::from_millis(500));
    assert!(!server.messages().contains("changed,"), "{}", server.messages());
}

#[test]
fn a_link_to_an_anchor_that_is_not_there_is_found_in_the_background() {
    let server = ServeTest::start(site(), &[]);
    server.site.write("content/a.md", page("A", "[b](@/b.md#nowhere)"));
    server.says("`b.md` has no anchor `#nowhere`");
    assert_eq!(server.get("/a/").status, 200);
}

#[test]
fn a_page_comes_when_its_time_has_come() {
    let due = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(4);
    let site = site()
        .file("kepu.toml", "[outreach.categories]\nvolunteer = \"Volunteers\"\n")
        .file("content/c.md", format!("+++\ntitle = \"C\"\n[extra]\npublish_at = {due:.0}\n+++\nnow\n"));
    let server = ServeTest::start(site, &[]);
    server.gone("/c/");
    server.sees("/c/", "<p>now</p>");
}

#[test]
fn what_is_read_in_a_folder_that_is_not_watched_is_watched() {
    let site = site()
        .file("node_modules/x/n.json", "{\"n\": 1}")
        .file("templates/page.html", "{% set d = load_data(path=\"node_modules/x/n.json\") %}n{{ d.n }}");
    let server = ServeTest::start(site, &[]);
    server.sees("/a/", "n1");
    std::thread::sleep(Duration::from_millis(300));
    server.site.write("node_modules/x/n.json", "{\"n\": 2}");
    server.sees("/a/", "n2");
}

#[test]
fn the_list_of_problems_tells_drafts_and_dates_to_come() {
    let site = site()
        .file("content/d.md", "+++\ntitle = \"The draft\"\ndraft = true\n+++\n")
        .file("content/f.md", "+++\ntitle = \"The future\"\ndate = 2999-01-01\n+++\n");
    let server = ServeTest::start(site, &["--drafts"]);
    let list = server.sees("/__kepu/", "page.html");
    for text in ["The draft", "The future", "2999-01-01"] {
        assert!(list.body().contains(text), "{text} in {}", list.body());
    }
}

#[test]
fn what_does_not_exist_is_the_sites_own_404() {
    let server = ServeTest::start(site(), &[]);
    std::fs::write(server.site.root().parent().expect("a parent").join("kepu-secret.txt"), "secret").expect("a file");
    for path in [
        "/nothing",
        "/../kepu-secret.txt",
        "/a/../../kepu-secret.txt",
        "/%2e%2e/kepu-secret.txt",
        "/%2e%2e%2fkepu-secret.txt",
        "/..%5ckepu-secret.txt",
        "/..\\kepu-secret.txt",
        "/%252e%252e/kepu-secret.txt",
        "/%c0%ae%c0%ae/kepu-secret.txt",
        "//etc/passwd",
        "/%2fetc%2fpasswd",
        "/config.toml",
        "/content/a.md",
        "/.kepu/",
        "/a%00.html",
        "/%ff",
    ] {
        let answer = server.get(path);
        assert_eq!(answer.status, 404, "{path}");
        assert!(answer.body().starts_with("<h1>not here</h1>"), "{path}: {}", answer.body());
    }
    assert_eq!(server.raw("POST /a/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").status, 405);
    assert_eq!(server.raw("nonsense\r\n\r\n").status, 400);
}

#[cfg(unix)]
#[test]
fn a_link_that_comes_to_lead_outside_is_not_followed() {
    let outside = tempfile::tempdir().expect("a folder");
    std::fs::write(outside.path().join("secret.txt"), "secret").expect("a file");
    let server = ServeTest::start(site(), &[]);
    std::fs::remove_file(server.site.path("static/plain.txt")).expect("a file");
    std::os::unix::fs::symlink(outside.path().join("secret.txt"), server.site.path("static/plain.txt"))
        .expect("a link");
    server.says("static/plain.txt");
    assert!(!server.get("/plain.txt").body().contains("secret"));
}

#[test]
fn files_come_whole_or_in_part() {
    let server = ServeTest::start(site(), &[]);
    let whole = server.get("/plain.txt");
    assert_eq!((whole.status, whole.body().as_str()), (200, "0123456789"));
    let part = server.raw("GET /plain.txt HTTP/1.1\r\nHost: x\r\nRange: bytes=2-4\r\nConnection: close\r\n\r\n");
    assert_eq!((part.status, part.body().as_str()), (206, "234"));
    assert_eq!(part.header("content-range"), Some("bytes 2-4/10"));
    let head = server.raw("HEAD /plain.txt HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    assert_eq!((head.status, head.header("content-length"), head.body().as_str()), (200, Some("10"), ""));
    let tag = whole.header("etag").expect("a tag").to_owned();
    let again = format!("GET /plain.txt HTTP/1.1\r\nHost: x\r\nIf-None-Match: {tag}\r\nConnection: close\r\n\r\n");
    assert_eq!(server.raw(&again).status, 304);
}

#[test]
fn processed_images_are_made_when_asked_for() {
    let site = site().file("static/photo.png", png(40, 20)).file(
        "templates/page.html",
        "{% set i = resize_image(path=\"photo.png\", width=10, op=\"fit_width\") %}{{ i.url | safe }}",
    );
    let server = ServeTest::start(site, &[]);
    let body = server.get("/a/").body();
    let url = body.split("<script").next().expect("an address").trim().to_owned();
    let path = format!("/{}", url.strip_prefix(&server.url).expect("an address of the server"));
    let image = server.get(&path);
    assert_eq!((image.status, image.header("content-type")), (200, Some("image/png")));
}

#[test]
fn many_and_slow_clients_are_served() {
    let server = ServeTest::start(site(), &[]);
    let before = server.descriptors();
    // Clients that say nothing, or not all of it, must not keep others waiting.
    let slow: Vec<TcpStream> = (0..50)
        .map(|n| {
            let mut stream = TcpStream::connect(server.address()).expect("a connection");
            if n % 2 == 0 {
                stream.write_all(b"GET /a/ HTTP/1.1\r\nHost:").expect("a part of a request");
            }
            stream
        })
        .collect();
    let answered: usize = std::thread::scope(|scope| {
        let clients: Vec<_> = (0..50)
            .map(|n| {
                let server = &server;
                scope.spawn(move || {
                    (0..20).filter(|_| server.get(if n % 2 == 0 { "/a/" } else { "/plain.txt" }).status == 200).count()
                })
            })
            .collect();
        clients.into_iter().map(|client| client.join().expect("a client")).sum()
    });
    assert_eq!(answered, 1000);
    drop(slow);
    std::thread::sleep(Duration::from_millis(300));
    let after = server.descriptors();
    assert!(after <= before + 4, "{before} descriptors before, {after} after");
}

#[test]
fn a_browser_is_told_what_changed_in_its_page() {
    let site = site().file("static/x.css", "a{}").file("static/photo.png", png(4, 4));
    // Files that were written just before the start are looked at once more, and what is saved then is one of many.
    std::thread::sleep(Duration::from_millis(300));
    let server = ServeTest::start(site, &["--follow"]);
    let mut socket = server.socket();
    let tag = server.get("/a/").tag();
    socket.send(Message::text(format!(r#"{{"path":"/a/","tag":"{tag}","snapshot":""}}"#))).expect("a message");
    let first = next(&mut socket);
    assert_eq!((first["page"].as_bool(), first["problems"].as_array().map(Vec::len)), (Some(false), Some(0)));

    server.site.write("content/b.md", page("B", "changed"));
    let other = next(&mut socket);
    assert_eq!((other["page"].as_bool(), other["goto"].as_str()), (Some(false), Some("/b/")));

    server.site.write("content/a.md", page("A", "changed"));
    let own = next(&mut socket);
    assert_eq!((own["page"].as_bool(), own["goto"].as_str()), (Some(true), Some("/a/")));
    let tag = server.get("/a/").tag();
    socket.send(Message::text(format!(r#"{{"path":"/a/","tag":"{tag}","snapshot":""}}"#))).expect("a message");
    assert_eq!(next(&mut socket)["page"].as_bool(), Some(false));

    server.site.write("sass/site.scss", "a { color: green; }");
    let style = next(&mut socket);
    assert_eq!((style["css"][0].as_str(), style["page"].as_bool()), (Some("/site.css"), Some(false)));
    server.site.write("static/photo.png", png(5, 5));
    assert_eq!(next(&mut socket)["images"][0].as_str(), Some("/photo.png"));

    server.site.write("templates/page.html", "{{ nothing_here }}");
    let broken = next(&mut socket);
    let problem = broken["problems"][0].as_str().expect("a problem").to_owned();
    let seen = without_tags(&problem);
    assert!(seen.contains("templates/page.html:1") && seen.contains("{{ nothing_here }}"), "{problem}");
    assert_eq!(broken["broken"].as_bool(), Some(true));
    server.site.write("templates/page.html", "{{ page.title }}");
    assert_eq!(next(&mut socket)["problems"].as_array().map(Vec::len), Some(0));
}

#[test]
fn pages_of_other_sites_get_no_socket() {
    let server = ServeTest::start(site(), &[]);
    let request = "GET /__kepu/live HTTP/1.1\r\nHost: 127.0.0.1\r\nOrigin: https://evil.example\r\nConnection: Upgrade\r\n\
        Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    assert_eq!(server.raw(request).status, 403);
    assert_eq!(server.get("/__kepu/live").status, 426);
}

#[test]
fn a_port_that_is_taken_is_an_error() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("an address").port().to_string();
    site().run(&["serve", "-p", &port]).fails().says(&format!("cannot listen on 127.0.0.1, port {port}"));
}

#[test]
fn the_whole_site_is_stored_where_it_is_asked_for() {
    let server = ServeTest::start(site(), &["--store-html", "-o", "stored"]);
    let stored = server.site.path("stored/a/index.html");
    let until = |text: &str| {
        for _ in 0..200 {
            if std::fs::read_to_string(&stored).is_ok_and(|page| page.contains(text)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("no `{text}` in {}", stored.display());
    };
    until("text of a");
    server.site.write("content/a.md", page("A", "stored again"));
    until("stored again");
    assert!(!std::fs::read_to_string(&stored).expect("a page").contains("live.js"));
}

/// The next message of the server that is no ping.
fn next(socket: &mut tungstenite::WebSocket<TcpStream>) -> serde_json::Value {
    loop {
        if let Message::Text(text) = socket.read().expect("a message") {
            return serde_json::from_str(&text).expect("JSON");
        }
    }
}

#[test]
fn a_request_that_never_ends_does() {
    let server = ServeTest::start(site(), &[]);
    let mut stream = TcpStream::connect(server.address()).expect("a connection");
    stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a time");
    stream.write_all(b"GET /a/ HTTP/1.1\r\n").expect("a part of a request");
    let mut rest = Vec::new();
    // The server hangs up.
    stream.read_to_end(&mut rest).expect("the end");
    assert!(rest.is_empty() || rest.starts_with(b"HTTP/1.1 408"), "{}", String::from_utf8_lossy(&rest));
}

#[test]
fn after_many_edits_the_server_answers_as_a_fresh_one_and_is_no_larger() {
    let mut site = site();
    for n in 0..60 {
        site = site.file(&format!("content/many/p{n}.md"), page(&format!("Title {n}"), &"text ".repeat(200)));
    }
    let server = ServeTest::start(site, &[]);
    let edit = |n: usize| {
        let path = format!("content/many/p{}.md", n % 60);
        server.site.write(&path, page(&format!("Title {n}"), &format!("edit {n}, [link](@/many/p{}.md)", n % 7)));
        server.sees(&format!("/many/p{}/", n % 60), &format!("edit {n},"));
    };
    (0..60).for_each(edit);
    let (early, open) = (server.memory(), server.descriptors());
    (60..400).for_each(edit);
    let late = server.memory();
    assert!(late <= early + early / 10 + 4096, "{early} KB after 60 edits, {late} KB after 400");
    assert!(server.descriptors() <= open + 2);
    let url = server.url.trim_end_matches('/').to_owned();
    server.site.run(&["build", "-o", "fresh", "-u", &url]).succeeds();
    for n in 0..60 {
        let fresh = std::fs::read_to_string(server.site.path(&format!("fresh/many/p{n}/index.html"))).expect("a page");
        let body = server.get(&format!("/many/p{n}/")).body();
        assert_eq!(body.split("<script data-kepu").next(), Some(fresh.as_str()), "p{n}");
    }
}

#[test]
fn builds_beside_a_server_disturb_nobody() {
    let server = ServeTest::start(site(), &[]);
    server.site.write("content/a.md", page("A", "edit"));
    server.sees("/a/", "edit");
    server.says("`content/a.md` changed");
    let reloads = || server.messages().matches("changed,").count();
    let before = reloads();
    std::thread::scope(|scope| {
        for output in ["public", "public", "out/deep", "other"] {
            let server = &server;
            scope.spawn(move || {
                // Two builds of one output at a time are one too many; the second says so.
                let _ = server.site.run(&["build", "-o", output]);
            });
        }
        for n in 0..100 {
            let answer = server.get(if n % 2 == 0 { "/a/" } else { "/plain.txt" });
            assert_eq!(answer.status, 200);
            assert!(answer.body().starts_with(if n % 2 == 0 { "page A|<p>edit</p>" } else { "0123456789" }));
        }
    });
    server.site.build().succeeds();
    assert!(!server.site.output("a/index.html").contains("live.js"));
    std::thread::sleep(Duration::from_millis(500));
    // Nobody knows that a folder is the output of some build until kepu has made it; then all is quiet.
    let settled = reloads();
    assert!(settled - before < 20, "{settled} reloads, {before} before:\n{}", server.messages());
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!(reloads(), settled, "{}", server.messages());
    server.site.write("content/a.md", page("A", "edited again"));
    server.sees("/a/", "edited again");
}

/// The port of a server that was started with these arguments.
fn port(arguments: &[&str]) -> u16 {
    let site = site();
    let mut command = site.kepu(&["serve"]);
    command.args(arguments);
    let server = ServeTest::run(command, site, Vec::new());
    assert_eq!(server.get("/a/").status, 200);
    server.address().rsplit(':').next().and_then(|port| port.parse().ok()).expect("a port")
}

#[test]
fn without_a_port_the_first_free_one_is_taken() {
    // Perhaps somebody else has it already.
    let _taken = std::net::TcpListener::bind("127.0.0.1:1111");
    let first = port(&[]);
    assert!((1112..1211).contains(&first), "{first}");
    let _next = std::net::TcpListener::bind(("127.0.0.1", first));
    let second = port(&["--interface", "127.0.0.1"]);
    assert!((1112..1211).contains(&second) && second != first, "{second} after {first}");
}

#[test]
fn a_port_that_is_asked_for_is_taken() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").port();
    assert_eq!(port(&["--port", &free.to_string(), "-i", "127.0.0.1"]), free);
    site().run(&["serve", "--port", "70000"]).fails_as_wrong_usage().says("70000");
    site().run(&["serve", "--interface", "192.0.2.1"]).fails().says("cannot listen on 192.0.2.1");
}

#[test]
fn a_folder_with_spaces_and_chinese_characters_is_served() {
    let root = "科协 网站 (新)";
    let mut site = SiteTest::empty();
    for (path, text) in [
        ("config.toml", "base_url = \"https://example.com\"\n"),
        ("templates/index.html", "index"),
        ("templates/page.html", "page {{ page.title }}|{{ page.content | safe }}"),
        ("content/活动 报告/月 球.md", "+++\ntitle = \"月球\"\n+++\n第一次\n"),
        ("static/照 片.txt", "照片"),
    ] {
        site = site.file(&format!("{root}/{path}"), text);
    }
    let command = site.kepu(&["--root", root, "serve", "-p", "0"]);
    let server = ServeTest::run(command, site, Vec::new());
    let address = "/%E6%B4%BB%E5%8A%A8%20%E6%8A%A5%E5%91%8A/yue-qiu/";
    server.sees(address, "第一次");
    server.site.write(&format!("{root}/content/活动 报告/月 球.md"), "+++\ntitle = \"月球\"\n+++\n第二次\n");
    server.sees(address, "第二次");
    server.says("`content/活动 报告/月 球.md` changed");
    assert_eq!(server.get("/%E7%85%A7%20%E7%89%87.txt").body(), "照片");
    server.site.write(&format!("{root}/static/照 片.txt"), "别的");
    server.sees("/%E7%85%A7%20%E7%89%87.txt", "别的");
}

#[test]
fn without_a_cache_nothing_is_left_in_it() {
    let site = || {
        site().file("static/photo.png", png(40, 20)).file(
            "templates/page.html",
            "{% set i = resize_image(path=\"photo.png\", width=10, op=\"fit_width\") %}{{ i.url | safe }}",
        )
    };
    let server = ServeTest::start(site(), &["--no-cache"]);
    let url = String::from_utf8(server.get("/a/").without_script()).expect("text");
    let path = format!("/{}", url.trim().strip_prefix(&server.url).expect("an address of the server"));
    let image = server.get(&path);
    assert_eq!((image.status, image.header("content-type")), (200, Some("image/png")));
    assert!(!server.site.path(".kepu").exists());

    let build = site();
    build.run(&["build", "--no-cache"]).succeeds();
    let copy = build.path("public").join(&path[1..]);
    assert_eq!(std::fs::read(copy).expect("an image"), image.without_script());
    assert!(!build.path(".kepu/cache").exists());
}

#[test]
fn a_directory_that_grows_gets_pages_of_its_own() {
    let header = "name,township,type,address,opening,contact,services,sample\n";
    let rows = |count: usize| {
        (0..count).fold(header.to_owned(), |table, n| table + &format!("站{n},新镇,社区,一楼,工作日,村委会,讲座,是\n"))
    };
    let site = SiteTest::full();
    site.write("data/stations.csv", rows(3));
    let server = ServeTest::start(site, &[]);
    server.sees("/places/stations/", "站2");
    server.gone("/places/stations/xin-zhen/");
    server.site.write("data/stations.csv", rows(31));
    server.sees("/places/stations/xin-zhen/", "站0");
    server.site.write("data/stations.csv", rows(3));
    server.gone("/places/stations/xin-zhen/");
}
