//! Links to other sites, followed on servers of our own that answer slowly, wrongly, with redirects, with 429, and with
//! broken TLS.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::support::{Run, SiteTest};

/// The rules that ask the network, all of which are tried here.
pub const RULES: [&str; 4] = ["link/external", "link/external-anchor", "link/external-refused", "link/external-moved"];

/// What a server has seen.
#[derive(Default)]
struct Seen {
    /// Method and path of each request.
    requests: Mutex<Vec<String>>,
    now: AtomicUsize,
    most: AtomicUsize,
}

impl Seen {
    fn count(&self, what: &str) -> usize {
        self.requests.lock().expect("requests").iter().filter(|request| request.starts_with(what)).count()
    }
}

/// A server on the loopback interface that lives as long as the process of the test.
fn server(secure: Option<Arc<rustls::ServerConfig>>) -> (u16, Arc<Seen>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let seen = Arc::new(Seen::default());
    let shared = seen.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (seen, secure) = (shared.clone(), secure.clone());
            std::thread::spawn(move || {
                let _ = stream.set_read_timeout(Some(Duration::from_secs(10)));
                match secure {
                    None => answer(stream, &seen),
                    Some(config) => {
                        if let Ok(connection) = rustls::ServerConnection::new(config) {
                            answer(rustls::StreamOwned::new(connection, stream), &seen);
                        }
                    }
                }
            });
        }
    });
    (port, seen)
}

/// Answers one request and closes the connection.
fn answer(mut stream: impl Read + Write, seen: &Seen) {
    let mut request = Vec::new();
    let mut buffer = [0; 1024];
    while !request.windows(4).any(|end| end == b"\r\n\r\n") {
        match stream.read(&mut buffer) {
            Ok(0) | Err(_) => return,
            Ok(count) => request.extend_from_slice(&buffer[..count]),
        }
        // The first byte of TLS, which this server does not speak.
        if request.starts_with(&[0x16]) {
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
            return;
        }
    }
    let request = String::from_utf8_lossy(&request).into_owned();
    let mut words = request.split_whitespace();
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let asked = format!("{method} {path}");
    let times = {
        let mut requests = seen.requests.lock().expect("requests");
        requests.push(asked.clone());
        requests.iter().filter(|known| **known == asked).count()
    };
    let now = seen.now.fetch_add(1, Ordering::SeqCst) + 1;
    seen.most.fetch_max(now, Ordering::SeqCst);
    let (kind, rest) = path.trim_start_matches('/').split_once('/').unwrap_or((path, ""));
    let page = "<!doctype html><h1 id=\"here\">here</h1><a name=\"old\">old</a>";
    if kind == "slow" {
        std::thread::sleep(Duration::from_millis(700));
    }
    // From here on whoever asked may ask for something else.
    seen.now.fetch_sub(1, Ordering::SeqCst);
    let (status, headers) = match kind {
        "silent" => {
            std::thread::sleep(Duration::from_secs(8));
            return;
        }
        "garbage" => {
            let _ = stream.write_all(b"\x00\x01\x02 no http at all\r\n\r\n");
            return;
        }
        "cut" => return,
        "gone" => ("410 Gone", String::new()),
        "missing" => ("404 Not Found", String::new()),
        "broken" => ("500 Internal Server Error", String::new()),
        "refused" => ("403 Forbidden", String::new()),
        "flaky" if times == 1 => ("503 Service Unavailable", String::new()),
        "limit" if times == 1 => ("429 Too Many Requests", "Retry-After: 1\r\n".to_owned()),
        "busy" => ("429 Too Many Requests", "Retry-After: 86400\r\n".to_owned()),
        "nohead" if method == "HEAD" => ("405 Method Not Allowed", String::new()),
        "redirect" => ("302 Found", format!("Location: /ok/{rest}\r\n")),
        "moved" => ("301 Moved Permanently", format!("Location: /ok/{rest}\r\n")),
        "circle" => ("302 Found", format!("Location: /circle/{}\r\n", if rest == "a" { "b" } else { "a" })),
        "endless" => {
            let next: u64 = rest.parse().unwrap_or(0) + 1;
            ("302 Found", format!("Location: /endless/{next}\r\n"))
        }
        _ => ("200 OK", String::new()),
    };
    let body = if method == "HEAD" { "" } else { page };
    let length = page.len();
    let _ = write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: text/html\r\nContent-Length: {length}\r\nConnection: close\r\n{headers}\r\n{body}"
    );
    let _ = stream.flush();
}

/// A server whose certificate nobody has signed.
fn unsigned() -> u16 {
    let rcgen::CertifiedKey { cert, signing_key } =
        rcgen::generate_simple_self_signed(["localhost".to_owned(), "127.0.0.1".to_owned()]).expect("a certificate");
    let key = rustls::pki_types::PrivatePkcs8KeyDer::from(signing_key.serialize_der());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key.into())
        .expect("a configuration");
    server(Some(Arc::new(config))).0
}

const SETTINGS: &str =
    "[check.rules]\n\"link/local\" = \"off\"\n\n[check.external]\npause_ms = 0\nper_host = 4\ntimeout_seconds = 4\n";

fn site(links: &[String]) -> SiteTest {
    let mut body = String::from("+++\ntitle = \"A\"\n+++\n\n");
    for link in links {
        body.push_str(&format!("- [a](<{link}>)\n"));
    }
    SiteTest::minimal()
        .file("templates/index.html", "<!doctype html><title>t</title>{% for p in section.pages %}<a href=\"{{ p.permalink }}\">a</a>{% endfor %}")
        .file("templates/page.html", "<!doctype html><title>t</title>{{ page.content | safe }}")
        .file("kepu.toml", SETTINGS)
        .file("content/a.md", body)
}

/// `kepu check` without the proxies of the environment; messages by address.
fn check(site: &SiteTest) -> (Run, HashMap<String, (String, String)>) {
    let mut command = site.kepu(&["check", "--message-format", "json"]);
    for name in ["http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"] {
        command.env_remove(name);
    }
    let run = Run::new(command.output().expect("kepu runs"), site.root());
    let mut found = HashMap::new();
    for line in run.stdout.lines() {
        let line: serde_json::Value = serde_json::from_str(line).expect("a JSON object");
        let text = |key: &str| line[key].as_str().unwrap_or_default().to_owned();
        // The pages of these sites are poor; here their links count.
        if !text("code").starts_with("link/") {
            continue;
        }
        let message = text("message");
        let address = message.split('`').nth(1).unwrap_or_default().to_owned();
        assert_eq!(line["file"], "content/a.md", "{line}");
        found.insert(address, (text("code"), message));
    }
    (run, found)
}

#[test]
fn five_hundred_links_to_hosts_of_all_kinds() {
    let servers: Vec<(u16, Arc<Seen>)> = (0..8).map(|_| server(None)).collect();
    let closed = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").port();
    let unsigned = unsigned();
    // Kind of link, how many, and what is to be said of it: code and a piece of the message.
    type Told<'a> = Option<(&'a str, &'a str)>;
    let kinds: [(&str, usize, Told); 19] = [
        ("ok", 280, None),
        ("slow", 24, None),
        ("redirect", 40, None),
        ("moved", 24, None),
        ("nohead", 24, None),
        ("flaky", 16, None),
        ("limit", 8, None),
        ("missing", 24, Some(("link/external", "404"))),
        ("gone", 8, Some(("link/external", "410"))),
        ("broken", 4, Some(("link/external", "500"))),
        ("refused", 8, Some(("link/external-refused", "403"))),
        ("busy", 4, Some(("link/external-refused", "429"))),
        ("circle", 2, Some(("link/external", "circle"))),
        ("endless", 4, Some(("link/external", "too often"))),
        ("silent", 4, Some(("link/external", "in time"))),
        ("garbage", 4, Some(("link/external", "makes no sense"))),
        ("cut", 4, Some(("link/external", "makes no sense"))),
        ("closed", 2, Some(("link/external", "takes no connections"))),
        ("tls", 16, Some(("link/external", "certificate or encryption"))),
    ];
    let mut links = Vec::new();
    let mut wanted = HashMap::new();
    for (kind, count, say) in kinds {
        for number in 0..count {
            let port = servers[number % servers.len()].0;
            let link = match kind {
                "circle" => format!("http://127.0.0.1:{port}/circle/a"),
                "endless" => format!("http://127.0.0.1:{port}/endless/{}", number * 100),
                "closed" => format!("http://127.0.0.1:{closed}/{number}"),
                // Half of them speak TLS that nobody vouches for, half of them none at all.
                "tls" if number % 2 == 0 => format!("https://127.0.0.1:{unsigned}/{number}"),
                "tls" => format!("https://127.0.0.1:{port}/{number}"),
                kind => format!("http://127.0.0.1:{port}/{kind}/{number}"),
            };
            wanted.insert(link.clone(), say);
            links.push(link);
        }
    }
    assert_eq!(links.len(), 500);
    let site = site(&links);
    let (run, found) = check(&site);
    run.fails();
    for (link, say) in &wanted {
        match (say, found.get(link)) {
            (None, None) => {}
            (Some((code, words)), Some((found, message))) => {
                assert!(code == found && message.contains(words), "{link}: {found}: {message}");
            }
            (say, found) => panic!("{link}: {say:?} wanted, {found:?} found"),
        }
    }
    assert_eq!(found.len(), wanted.values().flatten().count());
    for (_, seen) in &servers {
        assert!(seen.most.load(Ordering::SeqCst) <= 4, "no more than four at the same time");
        assert_eq!(seen.count("GET /ok/"), 0, "HEAD is enough");
        assert_eq!(seen.count("HEAD /missing/0"), seen.count("GET /missing/0"), "GET has the last word");
    }
    // What was good is believed the next time; what was not is asked again.
    let good = |servers: &[(u16, Arc<Seen>)]| servers.iter().map(|(_, seen)| seen.count("HEAD /ok/")).sum::<usize>();
    let before = good(&servers);
    let (_, again) = check(&site);
    assert_eq!(good(&servers), before);
    assert_eq!(again.len(), found.len());
}

#[test]
fn anchors_of_remote_pages_are_looked_for() {
    let (port, seen) = server(None);
    let base = format!("http://127.0.0.1:{port}/ok");
    let link = |rest: &str| format!("{base}{rest}");
    let site = site(&[link("/1#here"), link("/2#old"), link("/3#gone"), link("/4#!app"), link("/5#top"), link("/6")]);
    let (run, found) = check(&site);
    run.fails();
    assert_eq!(found.keys().collect::<Vec<_>>(), [&link("/3#gone")]);
    assert_eq!(found[&link("/3#gone")].0, "link/external-anchor");
    assert_eq!(seen.count("GET /ok/6"), 0);
    let skip = format!("base_url = \"https://example.com\"\n[link_checker]\nskip_anchor_prefixes = [\"{base}\"]\n");
    site.write("config.toml", skip);
    check(&site).0.succeeds();
}

#[test]
fn a_host_that_does_not_exist_is_told_as_such() {
    let link = "http://no-such-host.invalid/".to_owned();
    let (run, found) = check(&site(std::slice::from_ref(&link)));
    run.fails();
    assert!(found[&link].1.contains("no such host"), "{found:?}");
}

#[test]
fn what_the_configuration_skips_is_not_asked_for() {
    let (port, seen) = server(None);
    let site = site(&[format!("http://127.0.0.1:{port}/missing/1")]);
    let config = |rest: &str| format!("base_url = \"https://example.com\"\n[link_checker]\n{rest}\n");
    site.write("config.toml", config(&format!("skip_prefixes = [\"http://127.0.0.1:{port}/\"]")));
    check(&site).0.succeeds();
    site.write("config.toml", config("ignored_files = [\"a.md\"]"));
    check(&site).0.succeeds();
    site.run(&["check", "--skip-external-links"]).succeeds();
    assert_eq!(seen.count(""), 0);
    site.write("config.toml", config("external_level = \"warn\""));
    check(&site).0.succeeds();
    assert_eq!(seen.count("GET /missing/1"), 1);
}

#[test]
fn pages_that_have_moved_are_told_on_request() {
    let (port, _) = server(None);
    let link = format!("http://127.0.0.1:{port}/moved/1");
    let site = site(std::slice::from_ref(&link));
    site.write("kepu.toml", SETTINGS.replace("[check.rules]", "[check.rules]\n\"link/external-moved\" = \"warning\""));
    let (run, found) = check(&site);
    run.succeeds();
    assert!(found[&link].1.contains("/ok/1"), "{found:?}");
}

#[test]
fn a_host_that_asks_to_wait_is_left_alone_for_that_long() {
    let (port, seen) = server(None);
    let site = site(&[format!("http://127.0.0.1:{port}/limit/1")]);
    check(&site).0.succeeds();
    assert_eq!(seen.count("HEAD /limit/1"), 2);
}
