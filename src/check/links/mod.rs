//! Links inside the site: pages, places in pages, files, feeds, redirects, and pages that nothing leads to.

mod address;
pub mod extract;
pub mod feed;
mod orphans;
mod redirects;
mod rules;

use std::collections::HashMap;
use std::sync::OnceLock;

use percent_encoding::percent_decode_str;

pub use address::{Addresses, Target, address_of};
pub use extract::Use;
pub use redirects::is_redirect;

use super::facts::{FileFacts, Link};
use super::rules::{Group, finding};
use super::{Context, Facts, File, Found};
use crate::content;
use crate::diagnostic::{Diagnostic, Place, Text, did_you_mean};
use crate::site::Route;
use crate::text;

pub const GROUP: Group = Group { rules: rules::RULES, file: Some(of_file), site: Some(of_site), ..Group::NONE };

fn of_file(context: &Context, file: &File, found: &mut Found) {
    let Some(text) = file.text.filter(|_| feed::is_feed(file.route)) else { return };
    if let Some(why) = feed::malformed(file.path, text) {
        let address = file.address;
        let place = context.sources.locate(file.source, &[]);
        let broken =
            finding("link/malformed-feed", text!("`{address}` cannot be read: {why}", "`{address}` 无法读取：{why}"))
                .on(file.address);
        found.push(at(broken, place));
    }
}

fn of_site(context: &Context, facts: &Facts, found: &mut Found) {
    let checker = Checker { context, facts, all: OnceLock::new() };
    for (path, file) in &facts.files {
        for link in &file.links {
            if let Some(finding) = checker.link(path, file, link) {
                found.push(finding);
            }
        }
    }
    redirects::check(context, facts, found);
    if found.wants("link/orphan") {
        orphans::check(context, facts, found);
    }
}

/// Puts a finding at a place, if there is one.
pub fn at(finding: Diagnostic, place: Option<Place>) -> Diagnostic {
    match place {
        Some(place) => finding.at(place),
        None => finding,
    }
}

struct Checker<'a> {
    context: &'a Context<'a>,
    facts: &'a Facts<'a>,
    /// The documents that the site leaves out now, by address, each with its file.
    all: OnceLock<HashMap<String, String>>,
}

impl Checker<'_> {
    /// What is wrong with a link, if something is.
    fn link(&self, path: &str, file: &FileFacts, link: &Link) -> Option<Diagnostic> {
        let raw = shorten(&link.raw);
        let finding = match &link.target {
            Target::Route { route, fragment } => {
                if let Some(fragment) = fragment.as_deref().filter(|f| self.lacks(*route, f)) {
                    self.no_anchor(*route, fragment)
                } else if link.of == Use::Link && is_redirect(self.context, *route) {
                    self.to_redirect(*route)?
                } else {
                    return None;
                }
            }
            Target::Missing { path: target, .. } => self.missing(path, link, target)?,
            Target::DoubleSlash { path: target, .. } => {
                let right = target.replace("//", "/");
                finding(
                    "link/double-slash",
                    text!("`{target}` has two slashes in a row", "`{target}` 里有两个连在一起的斜杠"),
                )
                .help(text!(
                    "write `{right}`; some hosts do not find the other",
                    "请写 `{right}`；有些空间找不到带两个斜杠的地址"
                ))
            }
            Target::Outside { path: target } => {
                let base = &self.context.site.config.base_url;
                finding(
                    "link/base-path",
                    text!(
                        "`{target}` is outside the site, which begins at `{base}`",
                        "`{target}` 不在网站之内，网站的地址是 `{base}`"
                    ),
                )
                .help(text!(
                    "write the link relative to the page, or with `get_url` in templates",
                    "请写相对地址；模板里请用 `get_url`"
                ))
            }
            Target::Empty => finding("link/empty", text!("an address is empty", "有一处地址是空的"))
                .help(text!("write the address, or remove the link", "请写上地址，或删去这个链接")),
            Target::Invalid(why) => {
                finding("link/invalid", text!("`{raw}` is no address: {why}", "`{raw}` 不是有效的地址"))
                    .help(text!("correct the address", "请改正地址"))
            }
            Target::External(_) | Target::Other => return None,
        };
        let place = self.context.sources.locate(file.source.as_deref(), &self.needles(file, link));
        Some(at(finding, place).on(&file.address))
    }

    /// How an author may have written a link.
    fn needles(&self, file: &FileFacts, link: &Link) -> Vec<String> {
        let config = &self.context.site.config;
        let raw = link.raw.trim();
        let decoded = percent_decode_str(raw).decode_utf8_lossy().into_owned();
        let mut needles = vec![raw.to_owned(), decoded.clone()];
        if let Target::Route { route, fragment } = &link.target {
            let route = self.context.routes.get(self.context.addresses.path(*route));
            if let Some(document) = route.and_then(|route| route.describe(self.context.site).1) {
                let document = document.strip_prefix("content/").unwrap_or(&document);
                let fragment = fragment.as_deref().map(|f| format!("#{f}")).unwrap_or_default();
                needles.push(format!("@/{document}{fragment}"));
            }
        }
        for text in [raw, &decoded] {
            let permalink = config.permalink(&file.address);
            needles.extend(text.strip_prefix(permalink.as_str()).map(str::to_owned));
            let inside = text.strip_prefix(config.base_url.trim_end_matches('/'));
            needles.extend(inside.map(str::to_owned));
            needles.extend(inside.map(|inside| inside.trim_start_matches('/').to_owned()));
            needles.extend(inside.map(|inside| inside.trim_matches('/').to_owned()));
        }
        if matches!(link.target, Target::Empty) {
            needles.extend(["href=\"\"", "src=\"\"", "]()", "href=''", "src=''"].map(str::to_owned));
        }
        needles.dedup();
        needles
    }

    /// Whether a page has no such place.
    fn lacks(&self, route: u32, fragment: &str) -> bool {
        let Some(target) = self.facts.files.get(self.context.addresses.path(route)) else { return false };
        // `top` is the beginning of every page; `:~:text=` and `!` are of the browser and of scripts.
        if !target.is_html
            || fragment.is_empty()
            || fragment.eq_ignore_ascii_case("top")
            || fragment.starts_with([':', '!', '/'])
        {
            return false;
        }
        let has = |id: &str| target.ids.binary_search_by(|own| (**own).cmp(id)).is_ok();
        !has(fragment) && !has(&percent_decode_str(fragment).decode_utf8_lossy())
    }

    fn no_anchor(&self, route: u32, anchor: &str) -> Diagnostic {
        let path = self.context.addresses.path(route);
        let target = self.facts.files.get(path);
        let named = target.and_then(|target| target.source.as_deref()).and_then(|file| file.strip_prefix("content/"));
        let address = address_of(path);
        let path = named.unwrap_or(&address);
        let ids = target.map(|target| target.ids.as_slice()).unwrap_or_default();
        let anchor = percent_decode_str(anchor).decode_utf8_lossy();
        if ids.iter().any(|id| id.to_lowercase() == anchor.to_lowercase()) {
            return finding(
                "link/anchor-case",
                text!(
                    "`{path}` has the anchor `#{anchor}` only with other capitals",
                    "`{path}` 里的锚点与 `#{anchor}` 大小写不同"
                ),
            )
            .help(text!("browsers do not find it; write it as it is there", "浏览器找不到它，请按原样的大小写来写"));
        }
        let finding =
            finding("link/anchor", text!("`{path}` has no anchor `#{anchor}`", "`{path}` 里没有锚点 `#{anchor}`"));
        match did_you_mean(&anchor, ids.iter().map(|id| &**id)) {
            Some(near) => finding.help(text!("did you mean `#{near}`?", "您是不是要写 `#{near}`？")),
            None => finding.help(text!(
                "link to a heading of that page, or to the page without `#`",
                "请链接到该页的某个标题，或去掉 `#` 及其后的部分"
            )),
        }
    }

    fn to_redirect(&self, route: u32) -> Option<Diagnostic> {
        let path = self.context.addresses.path(route);
        let Some(Route::Redirect { to, .. }) = self.context.routes.get(path) else { return None };
        let address = address_of(path);
        // A section with `redirect_to` is meant to be linked.
        if self.context.site.content.sections.iter().any(|section| section.path == address) {
            return None;
        }
        Some(
            finding("link/redirect", text!("`{address}` only leads on to `{to}`", "`{address}` 只是跳转到 `{to}`"))
                .help(text!("link to that address itself", "请直接链接到跳转后的地址")),
        )
    }

    fn missing(&self, path: &str, link: &Link, target: &str) -> Option<Diagnostic> {
        if self.facts.images.contains_key(target.trim_start_matches('/')) {
            return None;
        }
        let context = self.context;
        if let Some(other) = context.addresses.other_case(target.trim_start_matches('/')) {
            let other = address_of(other);
            return Some(
                finding(
                    "link/case",
                    text!(
                        "`{target}` is `{other}` on the site, with other capitals",
                        "`{target}` 在网站上是 `{other}`，大小写不同"
                    ),
                )
                .help(text!(
                    "write it as it is there: servers on Linux tell capitals from small letters",
                    "请按网站上的大小写来写：Linux 服务器区分大小写"
                )),
            );
        }
        if let Some(document) = self.left_out(target) {
            return Some(
                finding(
                    "link/unpublished",
                    text!(
                        "`{target}` is the page `{document}`, which is not published now",
                        "`{target}` 是页面 `{document}`，它现在没有发布"
                    ),
                )
                .help(text!("publish that page, or remove the link until then", "请发布那个页面，或暂时删去这个链接")),
            );
        }
        let what: (&'static str, Text) = match link.of {
            _ if context.routes.get(path).is_some_and(feed::is_feed) => (
                "link/feed",
                text!(
                    "a feed or sitemap names `{target}`, which does not exist",
                    "订阅源或站点地图里有 `{target}`，但它不存在"
                ),
            ),
            Use::Link | Use::Relation if !names_a_file(target) => {
                ("link/missing-page", text!("there is no page `{target}`", "没有 `{target}` 这个页面"))
            }
            Use::Link => (
                "link/missing-file",
                text!("the file `{target}` that is linked does not exist", "链接的文件 `{target}` 不存在"),
            ),
            Use::Image | Use::LazyImage => {
                ("link/missing-file", text!("the picture `{target}` does not exist", "图片 `{target}` 不存在"))
            }
            _ => ("link/missing-file", text!("the file `{target}` does not exist", "文件 `{target}` 不存在")),
        };
        let near = did_you_mean(
            target.trim_matches('/'),
            context.routes.keys().filter_map(|path| {
                let path = path.strip_suffix("/index.html").unwrap_or(path);
                (path.len().abs_diff(target.trim_matches('/').len()) <= 3).then_some(path)
            }),
        );
        let finding = finding(what.0, what.1);
        Some(match near {
            Some(near) => finding.help(text!("did you mean `/{near}`?", "您是不是要写 `/{near}`？")),
            None => finding.help(text!(
                "correct the address, or remove the link; the file may also be missing from the site",
                "请改正地址或删去链接；也可能是文件忘了放进网站"
            )),
        })
    }

    /// The file of a document that has this address but is a draft, or comes later, or has expired.
    fn left_out(&self, address: &str) -> Option<&str> {
        let all = self.all.get_or_init(|| {
            let site = self.context.site;
            let content = content::load_after(&site.root, &site.config, true, None, None, &mut Vec::new()).0;
            let pages = content.pages.iter().map(|page| (page.path.clone(), page.file.shown()));
            let sections = content.sections.iter().map(|section| (section.path.clone(), section.file.shown()));
            pages.chain(sections).collect()
        });
        let with_slash = format!("{}/", address.trim_end_matches('/'));
        all.get(&with_slash).map(String::as_str)
    }
}

/// Whether a path ends in the name of a file that is no page.
fn names_a_file(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    name.rsplit_once('.').is_some_and(|(_, extension)| {
        !matches!(extension, "html" | "htm")
            && (1..=5).contains(&extension.len())
            && extension.chars().all(|c| c.is_ascii_alphanumeric())
    })
}

/// An address as messages show it; some hold whole pictures.
pub fn shorten(raw: &str) -> String {
    const MOST: usize = 120;
    if raw.chars().count() <= MOST { raw.to_owned() } else { raw.chars().take(MOST).chain(['…']).collect() }
}
