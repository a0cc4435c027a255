//! Data from the network: one request in, the text of the answer out.
//!
//! Whether a page may ask the network at all, and how long an answer is kept, is the caller's business.

use std::time::Duration;

use ureq::Agent;
use ureq::http::{HeaderName, HeaderValue};
use url::Url;

use crate::diagnostic::Text;
use crate::text;

const USER_AGENT: &str = concat!("kepu/", env!("CARGO_PKG_VERSION"));
const MAX_REDIRECTS: u32 = 10;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Method {
    #[default]
    Get,
    Post,
}

impl Method {
    /// The `method` argument of `load_data`, in any case.
    pub fn from_name(name: &str) -> Result<Self, Text> {
        match name.to_lowercase().as_str() {
            "get" => Ok(Self::Get),
            "post" => Ok(Self::Post),
            _ => {
                Err(text!("`method` must be POST or GET, not `{name}`", "`method` 只能是 POST 或 GET，不能是 `{name}`"))
            }
        }
    }
}

/// The `headers` argument of `load_data`: `Name=value`, split at the first `=`, neither side trimmed.
pub fn headers<S: AsRef<str>>(arguments: &[S]) -> Result<Vec<(String, String)>, Text> {
    arguments
        .iter()
        .map(|argument| {
            let argument = argument.as_ref();
            let Some((name, value)) = argument.split_once('=') else {
                return Err(text!(
                    "a header must be `Name=value`, not `{argument}`",
                    "请求头应写作 `名称=值`，不能是 `{argument}`"
                ));
            };
            HeaderName::try_from(name)
                .map_err(|_| text!("`{name}` cannot be the name of a header", "`{name}` 不能作请求头的名称"))?;
            HeaderValue::try_from(value)
                .map_err(|_| text!("`{value}` cannot be the value of a header", "`{value}` 不能作请求头的值"))?;
            Ok((name.to_owned(), value.to_owned()))
        })
        .collect()
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Request {
    pub url: String,
    pub method: Method,
    /// Sent with POST only, as is the content type.
    pub body: Option<String>,
    pub content_type: Option<String>,
    /// Checked by [`headers`].
    pub headers: Vec<(String, String)>,
    /// [`Format::accept`](super::Format::accept) of the wanted format; a header `Accept` replaces it.
    pub accept: &'static str,
}

/// Asks for the text that the request names. Every status but 4xx and 5xx is an answer; up to ten redirects are
/// followed; a character set that the answer names is converted from.
pub fn fetch(request: &Request) -> Result<String, Text> {
    fetch_within(request, &Limits::default())
}

struct Limits {
    connect: Duration,
    whole: Duration,
    /// In bytes.
    body: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { connect: Duration::from_secs(10), whole: Duration::from_secs(60), body: 64 << 20 }
    }
}

fn fetch_within(request: &Request, limits: &Limits) -> Result<String, Text> {
    let url = &request.url;
    let parsed =
        Url::parse(url).map_err(|error| text!("`{url}` is not a URL: {error}", "`{url}` 不是有效的网址：{error}"))?;
    if !matches!(parsed.scheme(), "http" | "https") {
        return Err(text!("`{url}` is neither http nor https", "`{url}` 既不是 http 也不是 https 网址"));
    }
    let agent: Agent = Agent::config_builder()
        .timeout_connect(Some(limits.connect))
        .timeout_global(Some(limits.whole))
        .max_redirects(MAX_REDIRECTS)
        .http_status_as_error(false)
        .user_agent(USER_AGENT)
        .build()
        .into();
    let accept = Some(request.accept).filter(|accept| {
        !accept.is_empty() && !request.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("accept"))
    });
    let headers = request
        .headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .chain(accept.map(|accept| ("accept", accept)));
    let sent = match request.method {
        Method::Get => headers.fold(agent.get(parsed.as_str()), |call, (name, value)| call.header(name, value)).call(),
        Method::Post => {
            let mut call = headers.fold(agent.post(parsed.as_str()), |call, (name, value)| call.header(name, value));
            if let Some(content_type) = &request.content_type {
                HeaderValue::try_from(content_type).map_err(|_| {
                    text!("`{content_type}` cannot be a content type", "`{content_type}` 不能作内容类型")
                })?;
                call = call.content_type(content_type);
            }
            match &request.body {
                // As bytes, because a string would be given a content type of its own.
                Some(body) => call.send(body.as_bytes()),
                None => call.send_empty(),
            }
        }
    };
    let mut response = sent.map_err(|error| explain(url, limits, &error))?;
    let status = response.status();
    if status.is_client_error() || status.is_server_error() {
        return Err(text!("failed to request {url}: {status}", "请求 {url} 失败：{status}"));
    }
    let body = response.body_mut().with_config().limit(limits.body).lossy_utf8(true).read_to_string();
    let body = body.map_err(|error| explain(url, limits, &error))?;
    Ok(body.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(body))
}

fn explain(url: &str, limits: &Limits, error: &ureq::Error) -> Text {
    match error {
        ureq::Error::Timeout(ureq::Timeout::Connect) => {
            let seconds = limits.connect.as_secs();
            text!("no connection to {url} within {seconds} s", "{seconds} 秒内未能连接到 {url}")
        }
        ureq::Error::Timeout(_) => {
            let seconds = limits.whole.as_secs();
            text!("no complete answer from {url} within {seconds} s", "{seconds} 秒内未收到 {url} 的完整回应")
        }
        ureq::Error::TooManyRedirects => {
            text!("{url} redirects more than {MAX_REDIRECTS} times", "{url} 的重定向超过 {MAX_REDIRECTS} 次")
        }
        ureq::Error::BodyExceedsLimit(limit) => {
            text!("the answer of {url} is longer than {limit} bytes", "{url} 的回应超过 {limit} 字节")
        }
        ureq::Error::HostNotFound => text!("there is no host of this name: {url}", "找不到主机：{url}"),
        error => text!("failed to request {url}: {error}", "请求 {url} 失败：{error}"),
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpListener;
    use std::sync::mpsc::{Receiver, channel};
    use std::time::Instant;

    use super::*;

    /// Answers one connection after the other on the loopback interface, for at most ten seconds, and hands on what it
    /// was asked. An empty answer is silence.
    fn server(answers: Vec<Vec<u8>>) -> (String, Receiver<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        listener.set_nonblocking(true).unwrap();
        let (sender, receiver) = channel();
        std::thread::spawn(move || {
            let deadline = Instant::now() + Duration::from_secs(10);
            let mut answers = answers.into_iter();
            while answers.len() > 0 && Instant::now() < deadline {
                let Ok((mut stream, _)) = listener.accept() else {
                    std::thread::sleep(Duration::from_millis(2));
                    continue;
                };
                stream.set_nonblocking(false).unwrap();
                stream.set_read_timeout(Some(Duration::from_millis(1500))).unwrap();
                let (mut asked, mut buffer) = (Vec::new(), [0; 4096]);
                while !complete(&asked) && asked.len() < 1 << 16 {
                    match stream.read(&mut buffer) {
                        Ok(count @ 1..) => asked.extend_from_slice(&buffer[..count]),
                        _ => break,
                    }
                }
                let _ = sender.send(String::from_utf8_lossy(&asked).into_owned());
                let answer = answers.next().unwrap();
                if answer.is_empty() {
                    std::thread::sleep(Duration::from_millis(1500));
                }
                let _ = stream.write_all(&answer);
            }
        });
        (base, receiver)
    }

    fn complete(asked: &[u8]) -> bool {
        let asked = String::from_utf8_lossy(asked).to_lowercase();
        let Some((head, body)) = asked.split_once("\r\n\r\n") else { return false };
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        length.is_none_or(|length| body.len() >= length.parse().unwrap_or(0))
    }

    fn answer(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
        let mut answer =
            format!("HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {}\r\n{headers}\r\n", body.len())
                .into_bytes();
        answer.extend_from_slice(body);
        answer
    }

    fn get(url: String) -> Request {
        Request { url, accept: "application/json", ..Request::default() }
    }

    #[test]
    fn gets_the_text_and_says_what_it_wants() {
        let (base, asked) = server(vec![answer("200 OK", "", "{\"科\": 1}".as_bytes())]);
        let mut request = get(format!("{base}/数据.json?a b#top"));
        request.headers = headers(&["X-Key=a=b", "Authorization=Bearer 1"]).unwrap();
        assert_eq!(fetch(&request).unwrap(), "{\"科\": 1}");
        let asked = asked.recv_timeout(Duration::from_secs(5)).unwrap().to_lowercase();
        assert!(asked.starts_with("get /%e6%95%b0%e6%8d%ae.json?a%20b http/1.1\r\n"), "{asked}");
        for line in ["accept: application/json\r\n", "x-key: a=b\r\n", "authorization: bearer 1\r\n"] {
            assert!(asked.contains(line), "{asked}");
        }
        assert!(asked.contains(&format!("user-agent: {USER_AGENT}\r\n")), "{asked}");
    }

    #[test]
    fn posts_a_body_of_a_type() {
        let (base, asked) = server(vec![answer("200 OK", "", b"ok")]);
        let mut request = get(base);
        request.method = Method::from_name("Post").unwrap();
        request.body = Some("a=1".into());
        request.content_type = Some("application/x-www-form-urlencoded".into());
        assert_eq!(fetch(&request).unwrap(), "ok");
        let asked = asked.recv_timeout(Duration::from_secs(5)).unwrap().to_lowercase();
        assert!(asked.starts_with("post / http/1.1\r\n"), "{asked}");
        assert!(asked.contains("content-type: application/x-www-form-urlencoded\r\n"), "{asked}");
        assert!(asked.ends_with("\r\n\r\na=1"), "{asked}");
    }

    #[test]
    fn converts_from_the_character_set_of_the_answer() {
        let (base, _asked) =
            server(vec![answer("200 OK", "Content-Type: text/plain; charset=gbk\r\n", b"\xbf\xc6\xc6\xd5")]);
        assert_eq!(fetch(&get(base)).unwrap(), "科普");
    }

    #[test]
    fn an_accept_header_replaces_the_usual_one() {
        let (base, asked) = server(vec![answer("200 OK", "", b"")]);
        let mut request = get(base);
        request.headers = headers(&["Accept=text/html"]).unwrap();
        fetch(&request).unwrap();
        let asked = asked.recv_timeout(Duration::from_secs(5)).unwrap().to_lowercase();
        assert_eq!(asked.matches("accept: ").count(), 1, "{asked}");
        assert!(asked.contains("accept: text/html\r\n"), "{asked}");
    }

    #[test]
    fn an_error_status_is_an_error() {
        let (base, _asked) = server(vec![answer("404 Not Found", "", b"gone")]);
        let error = fetch(&get(base.clone())).unwrap_err();
        assert_eq!(error.en, format!("failed to request {base}: 404 Not Found"));
        assert_eq!(error.zh, format!("请求 {base} 失败：404 Not Found"));
    }

    #[test]
    fn follows_redirects_but_not_for_ever() {
        let (base, _asked) = server(vec![answer("302 Found", "Location: /b\r\n", b""), answer("200 OK", "", b"there")]);
        assert_eq!(fetch(&get(base)).unwrap(), "there");
        let (base, _asked) = server(vec![answer("302 Found", "Location: /\r\n", b""); 12]);
        assert_eq!(fetch(&get(base.clone())).unwrap_err().en, format!("{base} redirects more than 10 times"));
    }

    #[test]
    fn stops_at_a_long_body_and_at_silence() {
        let limits = Limits { connect: Duration::from_secs(5), whole: Duration::from_millis(400), body: 10 };
        let (base, _asked) = server(vec![answer("200 OK", "", &[b'x'; 100])]);
        let error = fetch_within(&get(base.clone()), &limits).unwrap_err();
        assert_eq!(error.en, format!("the answer of {base} is longer than 10 bytes"));
        let (base, _asked) = server(vec![Vec::new()]);
        let error = fetch_within(&get(base.clone()), &limits).unwrap_err();
        assert_eq!(error.en, format!("no complete answer from {base} within 0 s"));
    }

    #[test]
    fn a_host_that_refuses_is_an_error() {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        assert!(fetch(&get(format!("http://127.0.0.1:{port}/"))).unwrap_err().en.contains("failed to request"));
    }

    #[test]
    fn arguments_are_checked() {
        assert_eq!(Method::from_name("GET"), Ok(Method::Get));
        assert_eq!(Method::from_name("put").unwrap_err().en, "`method` must be POST or GET, not `put`");
        assert_eq!(headers(&["no"]).unwrap_err().en, "a header must be `Name=value`, not `no`");
        assert_eq!(headers(&["a b=c"]).unwrap_err().en, "`a b` cannot be the name of a header");
        assert_eq!(headers(&["a=\n"]).unwrap_err().en, "`\n` cannot be the value of a header");
        assert!(fetch(&get("nonsense".into())).unwrap_err().en.starts_with("`nonsense` is not a URL"));
        assert!(fetch(&get("file:///etc/passwd".into())).unwrap_err().en.contains("neither http nor https"));
    }
}
