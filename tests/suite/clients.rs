//! `kepu serve` and its clients: many at once, slow ones, impatient ones, and those who try other people's doors.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Barrier;
use std::time::{Duration, Instant};

use crate::support::{ServeTest, SiteTest, png};

fn site() -> SiteTest {
    SiteTest::minimal()
        .file("templates/404.html", "<h1>not here</h1>")
        .file("content/a.md", "+++\ntitle = \"A\"\n+++\ntext of a\n")
        .file("static/plain.txt", "0123456789")
        .file("static/photo.png", png(100, 100))
}

/// Lets this process have as many files open as it may; a thousand sockets are more than the usual limit.
fn many_files() {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    setrlimit(Resource::Nofile, limit).expect("more open files");
}

fn connect(server: &ServeTest) -> TcpStream {
    let stream = TcpStream::connect(server.address()).expect("a connection");
    stream.set_read_timeout(Some(Duration::from_secs(60))).expect("a time");
    stream
}

#[test]
fn a_thousand_requests_at_once_are_all_answered() {
    many_files();
    let server = ServeTest::start(site(), &[]);
    let before = server.descriptors();
    let together = Barrier::new(1000);
    let answered: usize = std::thread::scope(|scope| {
        let clients: Vec<_> = (0..1000)
            .map(|n| {
                let (server, together) = (&server, &together);
                let client = std::thread::Builder::new().stack_size(256 << 10);
                let work = move || {
                    let mut stream = connect(server);
                    together.wait();
                    let path = ["/a/", "/plain.txt", "/nothing", "/photo.png"][n % 4];
                    let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
                    stream.write_all(request.as_bytes()).expect("a request");
                    let mut answer = Vec::new();
                    stream.read_to_end(&mut answer).expect("an answer");
                    let due: &[u8] = if path == "/nothing" { b"HTTP/1.1 404" } else { b"HTTP/1.1 200" };
                    answer.starts_with(due)
                };
                client.spawn_scoped(scope, work).expect("a thread")
            })
            .collect();
        clients.into_iter().map(|client| usize::from(client.join().expect("a client"))).sum()
    });
    assert_eq!(answered, 1000);
    server.settles_to(before + 4);
}

#[test]
fn clients_that_say_nothing_do_not_keep_others_waiting() {
    many_files();
    let server = ServeTest::start(site(), &[]);
    let before = server.descriptors();
    // More than there are connections, and each has its own way of being slow.
    let slow: Vec<TcpStream> = (0..2500)
        .map(|n| {
            let mut stream = connect(&server);
            let part: &[u8] = [&b""[..], b"G", b"GET /a/ HTTP/1.1\r\nHost:", b"GET /a/ HTTP/1.1\r\nHost: x\r\n"][n % 4];
            stream.write_all(part).expect("a part of a request");
            stream
        })
        .collect();
    assert_eq!(server.get("/a/").status, 200);
    assert_eq!(server.get("/plain.txt").body(), "0123456789");
    drop(slow);
    server.settles_to(before + 4);
}

#[test]
fn clients_that_take_nothing_do_not_keep_others_waiting() {
    let server = ServeTest::start(site().file("static/film.mp4", vec![7; 8 << 20]), &[]);
    let lazy: Vec<TcpStream> = (0..100)
        .map(|_| {
            let mut stream = connect(&server);
            stream.write_all(b"GET /film.mp4 HTTP/1.1\r\nHost: x\r\n\r\n").expect("a request");
            stream
        })
        .collect();
    for _ in 0..20 {
        assert_eq!(server.get("/a/").status, 200);
    }
    // What they were sent is not waiting in memory.
    assert!(server.memory() < 400 << 10, "{} KB", server.memory());
    drop(lazy);
}

#[test]
fn sockets_and_requests_that_break_off_leave_nothing_open() {
    let server = ServeTest::start(site(), &[]);
    server.get("/a/");
    let before = server.descriptors();
    for n in 0..300 {
        match n % 3 {
            0 => drop(server.socket()),
            1 => connect(&server).write_all(b"GET /photo.png HTTP/1.1\r\nHost: x\r\n\r\n").expect("a request"),
            _ => drop(server.get("/a/")),
        }
    }
    server.settles_to(before + 4);
    assert_eq!(server.get("/a/").status, 200);
}

#[test]
fn no_spelling_of_a_path_leads_out_of_the_site() {
    let server = ServeTest::start(site(), &[]);
    let outside = server.site.root().parent().expect("a parent").join("kepu-outside.txt");
    std::fs::write(&outside, "secret").expect("a file");
    server.site.write("secret.txt", "secret");
    server.site.write("content/secret.txt", "public");
    let dots =
        ["..", "%2e%2e", "%2E.", ".%2e", "%252e%252e", "%c0%ae%c0%ae", "%e0%80%ae%e0%80%ae", "..;", ". .", "..%00"];
    let slashes = ["/", "%2f", "%5c", "\\", "%252f", "%c0%af", "//", "/./"];
    for dot in dots {
        for slash in slashes {
            for name in ["kepu-outside.txt", "etc/passwd", "config.toml", "secret.txt"] {
                for times in [1, 2, 8] {
                    let path = format!("/{}{name}", format!("{dot}{slash}").repeat(times));
                    let answer = server.get(&path);
                    assert!(matches!(answer.status, 404 | 400), "{path}: {}", answer.status);
                    assert!(!answer.body().contains("secret") && !answer.body().contains("base_url"), "{path}");
                }
            }
        }
    }
    for path in
        ["/secret.txt", "/config.toml", "/templates/page.html", "/content/a.md", "/.kepu/cache/", "/%2e/config.toml"]
    {
        assert_eq!(server.get(path).status, 404, "{path}");
    }
    for request in [
        "GET http://127.0.0.1/../secret.txt HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        "GET file:///etc/passwd HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        "GET * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        "GET secret.txt HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    ] {
        let answer = server.raw(request);
        assert!(!answer.body().contains("secret") && !answer.body().contains("root:"), "{request}: {}", answer.status);
    }
    let _ = std::fs::remove_file(outside);
}

#[test]
fn the_server_ends_when_it_is_told_to() {
    for signal in [rustix::process::Signal::INT, rustix::process::Signal::TERM] {
        let mut server = ServeTest::start(site(), &[]);
        let _socket = server.socket();
        let _waiting = connect(&server);
        let started = Instant::now();
        server.signal(signal);
        assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
        // Its port is free again.
        std::net::TcpListener::bind(server.address()).expect("the port");
    }
}
