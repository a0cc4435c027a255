//! Files in the host's own form: redirects for aliases, the 404 page, cache rules; and what must be set by hand.

use std::collections::BTreeMap;

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use super::artifacts::Artifacts;
use crate::config::deploy::{Family, Host, Server, Target};
use crate::diagnostic::Text;
use crate::site::{Route, Routes, Site};
use crate::text;

/// Address paths that lead elsewhere: `/old/` and where to, as a path where it is of this site.
pub fn redirects(site: &Site, routes: &Routes) -> BTreeMap<String, String> {
    let base = site.config.base_url.trim_end_matches('/');
    let from = |path: &str| format!("/{}", path.strip_suffix("index.html").unwrap_or(path));
    let to = |to: &str| match to.strip_prefix(base) {
        Some(path) if path.starts_with('/') || path.is_empty() => {
            let prefix =
                url::Url::parse(base).map(|url| url.path().trim_end_matches('/').to_owned()).unwrap_or_default();
            format!("{prefix}/{}", path.trim_start_matches('/'))
        }
        _ => to.to_owned(),
    };
    routes
        .iter()
        .filter_map(|(path, route)| match route {
            Route::Redirect { to: target, .. } => Some((from(path), to(target))),
            _ => None,
        })
        .collect()
}

/// The redirects of files, and of folders that hold nothing but the redirect: rules of IIS and S3 take everything below a folder along.
/// The others are still led on by the page that stands there. `paths` are all output paths, in order.
pub fn apart(redirects: &BTreeMap<String, String>, paths: &[&str]) -> BTreeMap<String, String> {
    let holds_nothing_else = |from: &str| {
        let from = from.trim_start_matches('/');
        let own = if from.is_empty() || from.ends_with('/') { format!("{from}index.html") } else { from.to_owned() };
        let first = paths.partition_point(|path| *path < from);
        paths[first..].iter().take_while(|path| path.starts_with(from)).all(|path| *path == own)
    };
    let apart = redirects.iter().filter(|(from, _)| holds_nothing_else(from));
    apart.map(|(from, to)| (from.clone(), to.clone())).collect()
}

/// Adds the files that the target's web server reads. What it cannot read from the site's folder is returned, as a name and
/// a text for the administrator.
pub fn dress(
    target: &Target,
    redirects: &BTreeMap<String, String>,
    artifacts: &mut Artifacts,
) -> Option<(&'static str, String)> {
    let has_404 = artifacts.has("404.html");
    if let Host::Git(git) = &target.host {
        artifacts.add(".nojekyll", Vec::new());
        if let Some(cname) = &git.cname {
            artifacts.add("CNAME", format!("{cname}\n").into_bytes());
        }
    }
    match target.server {
        Server::None => None,
        Server::Nginx => Some(("nginx.conf", nginx(redirects, has_404))),
        Server::Apache => {
            artifacts.add(".htaccess", apache(redirects, has_404).into_bytes());
            None
        }
        Server::Iis => {
            let redirects = apart(redirects, &artifacts.paths().collect::<Vec<_>>());
            artifacts.add("web.config", iis(&redirects, has_404).into_bytes());
            None
        }
        Server::Netlify => {
            artifacts.add("_redirects", netlify(redirects).into_bytes());
            artifacts.add("_headers", HEADERS.as_bytes().to_vec());
            None
        }
    }
}

/// `_redirects`: fields are parted by spaces, so addresses are percent-encoded.
fn netlify(redirects: &BTreeMap<String, String>) -> String {
    let line = |(from, to): (&String, &String)| format!("{} {} 301\n", encoded(from), encoded(to));
    redirects.iter().map(line).collect::<String>() + "/.kepu-deploy/* /404.html 404!\n"
}

/// An address as it goes over the net; what is encoded already stays as it is.
fn encoded(address: &str) -> String {
    const BESIDES: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'<').add(b'>');
    utf8_percent_encode(address, BESIDES).to_string()
}

const HEADERS: &str = "/*\n  X-Content-Type-Options: nosniff\n/processed_images/*\n  Cache-Control: public, max-age=31536000, immutable\n";

/// Whether a path can stand in a configuration without being taken for anything else.
fn is_plain(text: &str) -> bool {
    !text.contains(|c: char| c.is_control() || matches!(c, '"' | '\'' | '\\' | ';' | '{' | '}' | '$' | ' ' | '<' | '>'))
}

fn nginx(redirects: &BTreeMap<String, String>, has_404: bool) -> String {
    let mut text = String::from(
        "# Written by kepu. In `server { … }`: include this file; `root` is the folder that was deployed to.\n\
         charset utf-8;\nindex index.html;\n",
    );
    if has_404 {
        text.push_str("error_page 404 /404.html;\n");
    }
    // `.ics` and `.webmanifest` are unknown to nginx's own list of types, and `types` would replace that list.
    text.push_str(
        "charset_types text/css text/plain text/xml text/calendar text/javascript application/javascript application/json \
         application/xml application/atom+xml application/rss+xml application/manifest+json;\n\
         gzip on;\ngzip_vary on;\ngzip_types text/css text/plain text/xml application/xml application/javascript text/javascript \
         application/json application/atom+xml application/rss+xml image/svg+xml;\n\
         location ^~ /.kepu-deploy/ { return 404; }\n\
         location ~* \\.(html|xml|json|txt)$ { add_header Cache-Control \"no-cache\"; }\n\
         location ~* \\.ics$ { types {} default_type text/calendar; add_header Cache-Control \"no-cache\"; }\n\
         location ~* \\.webmanifest$ { types {} default_type application/manifest+json; }\n\
         location ~* \\.(css|js|png|jpe?g|gif|webp|avif|svg|woff2?)$ { add_header Cache-Control \"public, max-age=3600\"; }\n\
         location ^~ /processed_images/ { add_header Cache-Control \"public, max-age=31536000, immutable\"; }\n",
    );
    for (from, to) in redirects.iter().filter(|(from, to)| is_plain(from) && is_plain(to)) {
        let to = encoded(to);
        text.push_str(&format!("location = \"{from}\" {{ return 301 \"{to}\"; }}\n"));
    }
    text
}

fn apache(redirects: &BTreeMap<String, String>, has_404: bool) -> String {
    let mut text = String::from(
        "# Written by kepu.\nAddDefaultCharset utf-8\nAddCharset utf-8 .css .js .json .xml .ics .webmanifest .svg\n\
         AddType text/calendar .ics\nAddType application/manifest+json .webmanifest\nAddType image/webp .webp\n\
         AddType image/avif .avif\nDirectoryIndex index.html\nOptions -Indexes\n",
    );
    if has_404 {
        text.push_str("ErrorDocument 404 /404.html\n");
    }
    text.push_str(
        "<IfModule mod_deflate.c>\n  AddOutputFilterByType DEFLATE text/html text/css text/plain text/xml application/xml \
         application/javascript text/javascript application/json application/atom+xml image/svg+xml\n</IfModule>\n\
         <IfModule mod_headers.c>\n  <FilesMatch \"\\.(html|xml|json|txt|ics)$\">\n    Header set Cache-Control \"no-cache\"\n  </FilesMatch>\n  \
         <FilesMatch \"\\.(css|js|png|jpe?g|gif|webp|avif|svg|woff2?)$\">\n    Header set Cache-Control \"public, max-age=3600\"\n  \
         </FilesMatch>\n</IfModule>\n\
         <IfModule mod_alias.c>\n  RedirectMatch 404 \"^/\\.kepu-deploy(/|$)\"\n",
    );
    for (from, to) in redirects.iter().filter(|(from, to)| is_plain(from) && is_plain(to)) {
        // A `Redirect` would take everything below the path along.
        let pattern = regex::escape(from.trim_end_matches('/'));
        let slash = if from.ends_with('/') { "/?" } else { "" };
        text.push_str(&format!("  RedirectMatch 301 \"^{pattern}{slash}$\" \"{to}\"\n"));
    }
    text.push_str("</IfModule>\n");
    text
}

fn iis(redirects: &BTreeMap<String, String>, has_404: bool) -> String {
    let mut text = String::from(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<!-- Written by kepu. -->\n<configuration>\n  <system.webServer>\n    \
         <defaultDocument><files><clear /><add value=\"index.html\" /></files></defaultDocument>\n    \
         <urlCompression doStaticCompression=\"true\" />\n    <security><requestFiltering><hiddenSegments>\
         <remove segment=\".kepu-deploy\" /><add segment=\".kepu-deploy\" /></hiddenSegments></requestFiltering></security>\n    \
         <staticContent>\n      <clientCache cacheControlMode=\"UseMaxAge\" cacheControlMaxAge=\"0.01:00:00\" />\n",
    );
    // Types that older versions do not know refuse the file; one that is there twice is an error, so each is removed first.
    for (extension, kind) in [
        (".webp", "image/webp"),
        (".avif", "image/avif"),
        (".woff2", "font/woff2"),
        (".ics", "text/calendar"),
        (".json", "application/json"),
        (".webmanifest", "application/manifest+json"),
        (".svg", "image/svg+xml"),
        (".mp4", "video/mp4"),
    ] {
        text.push_str(&format!(
            "      <remove fileExtension=\"{extension}\" /><mimeMap fileExtension=\"{extension}\" mimeType=\"{kind}\" />\n"
        ));
    }
    text.push_str("    </staticContent>\n");
    if has_404 {
        text.push_str(
            "    <httpErrors errorMode=\"Custom\" existingResponse=\"Replace\"><remove statusCode=\"404\" />\
             <error statusCode=\"404\" path=\"/404.html\" responseMode=\"ExecuteURL\" /></httpErrors>\n",
        );
    }
    text.push_str("  </system.webServer>\n");
    for (from, to) in redirects.iter().filter(|(from, to)| is_plain(from) && is_plain(to)) {
        let path = xml(from.trim_matches('/'));
        let to = xml(to);
        text.push_str(&format!(
            "  <location path=\"{path}\"><system.webServer><httpRedirect enabled=\"true\" destination=\"{to}\" \
             exactDestination=\"true\" httpResponseStatus=\"Permanent\" /></system.webServer></location>\n"
        ));
    }
    text.push_str("</configuration>\n");
    text
}

fn xml(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}

/// Rules for the console of S3, of which it takes fifty.
pub fn s3_rules(redirects: &BTreeMap<String, String>) -> String {
    let rule = |(from, to): (&String, &String)| {
        let mut redirect = serde_json::json!({ "HttpRedirectCode": "301" });
        match url::Url::parse(to) {
            Ok(url) => {
                redirect["Protocol"] = url.scheme().into();
                redirect["HostName"] = url.host_str().unwrap_or_default().into();
                redirect["ReplaceKeyWith"] = url.path().trim_start_matches('/').into();
            }
            Err(_) => redirect["ReplaceKeyWith"] = to.trim_start_matches('/').into(),
        }
        serde_json::json!({ "Condition": { "KeyPrefixEquals": from.trim_start_matches('/') }, "Redirect": redirect })
    };
    let rules: Vec<_> = redirects.iter().take(50).map(rule).collect();
    serde_json::to_string_pretty(&rules).unwrap_or_default()
}

/// What has to be set by hand at a host, one step a line.
pub fn by_hand(target: &Target, has_404: bool) -> Vec<Text> {
    let not_found = if has_404 { "404.html" } else { "-" };
    let mut steps = Vec::new();
    match &target.host {
        Host::Bucket(bucket) => {
            let name = &bucket.bucket;
            steps.push(match bucket.family {
                Family::S3 => text!(
                    "Bucket `{name}` → Properties → Static website hosting: enable; index document `index.html`, error document `{not_found}`.",
                    "存储桶 `{name}` →“属性”→“静态网站托管”：启用；索引文档填 `index.html`，错误文档填 `{not_found}`。"
                ),
                Family::Oss => text!(
                    "OSS console → bucket `{name}` → Data management → Static pages: default home page `index.html`, sub-folder home page ON \
                     (rule: Redirect), default 404 page `{not_found}`.",
                    "OSS 控制台 → Bucket `{name}` →“数据管理”→“静态页面”：默认首页填 `index.html`，开通“子目录首页”\
                     （文件 404 规则选 Redirect），默认 404 页填 `{not_found}`。"
                ),
                Family::Cos => text!(
                    "COS console → bucket `{name}` → Basic configuration → Static website: enable; index document `index.html`, error document `{not_found}`.",
                    "COS 控制台 → 存储桶 `{name}` →“基础配置”→“静态网站”：开启；索引文档填 `index.html`，错误文档填 `{not_found}`。"
                ),
                Family::Obs => text!(
                    "OBS console → bucket `{name}` → Basic settings → Static website hosting: enable; default home page `index.html`, 404 page `{not_found}`.",
                    "OBS 控制台 → 桶 `{name}` →“基础配置”→“静态网站托管”：开启；默认首页填 `index.html`，默认 404 错误页面填 `{not_found}`。"
                ),
            });
            steps.push(text!(
                "Permissions: the bucket's objects must be readable by everyone (public read, or a bucket policy); writing stays private.",
                "权限：桶内对象必须“公共读”（或用桶策略允许匿名读取），写权限保持私有。"
            ));
            if bucket.family != Family::S3 {
                steps.push(text!(
                    "Bind a domain of your own: on the provider's default domain, browsers download pages instead of showing them. In mainland China the \
                     domain needs an ICP filing.",
                    "绑定自己的域名：用服务商的默认域名访问时，浏览器会下载网页而不是显示。在中国内地，域名须先完成 ICP 备案。"
                ));
            }
            steps.push(text!(
                "If a CDN stands before it: origin is the static website address, and pages (*.html) are not to be cached there.",
                "如果前面有 CDN：回源地址填静态网站的地址，并设置网页（*.html）不缓存。"
            ));
        }
        Host::Git(git) => {
            let branch = &git.branch;
            steps.push(text!(
                "Repository → Settings → Pages: source is the branch `{branch}`, folder `/`. (Gitee needs an update by hand after each push, or its paid service.)",
                "仓库 →“设置”→“Pages”：来源选分支 `{branch}`，目录选 `/`。（Gitee 免费版每次推送后需手动点“更新”。）"
            ));
        }
        _ => {}
    }
    match target.server {
        Server::Nginx => steps.push(text!(
            "nginx: include the file `.kepu/deploy/{}/nginx.conf` in `server {{ … }}` and reload it; once more whenever aliases change.",
            "nginx：在 `server {{ … }}` 里 include 文件 `.kepu/deploy/{}/nginx.conf` 并重新加载；别名有变化时再做一次。",
            target.name
        )),
        Server::Apache => steps.push(text!(
            "Apache: the folder needs `AllowOverride All` (or FileInfo, Indexes, Options), or `.htaccess` is not read.",
            "Apache：该目录须设置 `AllowOverride All`（或 FileInfo、Indexes、Options），否则不会读取 `.htaccess`。"
        )),
        Server::Iis => steps.push(text!(
            "IIS: the features Static Content, Default Document and HTTP Redirection must be installed.",
            "IIS：须安装“静态内容”“默认文档”“HTTP 重定向”功能。"
        )),
        Server::None | Server::Netlify => {}
    }
    let has_notes = !matches!(target.host, Host::Git(_)) && matches!(target.server, Server::None);
    if has_notes {
        let before = matches!(target.host, Host::Folder { .. } | Host::Sftp(_));
        steps.push(if before {
            text!(
                "If the site is changed file by file (`switch = \"in-place\"`), close the folder `.kepu-deploy/` in it to visitors; with `server = \"nginx\"`, \
                 `\"apache\"` or `\"iis\"` kepu writes that rule.",
                "如果是逐个文件更新（`switch = \"in-place\"`），请禁止访问者读取其中的 `.kepu-deploy/` 文件夹；写上 `server = \"nginx\"`、\
                 `\"apache\"` 或 `\"iis\"` 后，kepu 会写好这条规则。"
            )
        } else {
            text!(
                "Close the folder `.kepu-deploy/` to visitors (in a bucket: leave it out of what is public). It holds the list of public files, and \
                 while a deploy runs the name of the computer that deploys.",
                "请禁止访问者读取 `.kepu-deploy/` 文件夹（对象存储：不要把它设为公共读）。里面有公开文件的清单，发布进行时还有本机的名称。"
            )
        });
    }
    if steps.is_empty()
        || matches!(target.host, Host::Folder { .. } | Host::Sftp(_)) && matches!(target.server, Server::None)
    {
        steps.push(text!(
            "Nothing but the web server itself: its document root is the folder that is deployed to, its index document `index.html`, its 404 page `{not_found}`.",
            "除网站服务器本身外无需设置：网站根目录就是发布到的文件夹，默认文档为 `index.html`，404 页为 `{not_found}`。"
        ));
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one() -> BTreeMap<String, String> {
        [("/old/".to_owned(), "/new/".to_owned()), ("/q\"uote/".to_owned(), "/x/".to_owned())].into()
    }

    #[test]
    fn what_takes_everything_below_along_is_left_to_the_page() {
        let redirects = ["/", "/old/", "/blog/", "/a.html", "/tag"].map(|from| (from.to_owned(), "/new/".to_owned()));
        let paths = [
            "a.html",
            "blog/index.html",
            "blog/p/index.html",
            "index.html",
            "old/index.html",
            "tag",
            "tags/index.html",
        ];
        let apart: Vec<String> = apart(&redirects.into(), &paths).into_keys().collect();
        assert_eq!(apart, ["/a.html", "/old/"]);
    }

    #[test]
    fn each_server_gets_its_form_and_no_path_that_breaks_it() {
        let nginx = nginx(&one(), true);
        assert!(nginx.contains("location = \"/old/\" { return 301 \"/new/\"; }\n"));
        assert!(nginx.contains("error_page 404 /404.html;"));
        let apache = apache(&one(), false);
        assert!(apache.contains("RedirectMatch 301 \"^/old/?$\" \"/new/\""));
        assert!(!apache.contains("ErrorDocument"));
        let iis = iis(&one(), true);
        assert!(iis.contains("<location path=\"old\">") && iis.contains("destination=\"/new/\""));
        assert!(roxmltree::Document::parse(&iis).is_ok());
        for text in [nginx, apache, iis] {
            assert!(!text.contains("uote"), "{text}");
        }
    }
}
