//! What inspections of public sites look at: columns that have gone stale by their own interval, empty columns, the
//! meta tags and the footer of 《政府网站发展指引》 (国办发〔2017〕47号), and the veto items of 国办秘函〔2019〕19号.
//!
//! What the configuration must name is checked while the site is loaded (`outreach::profile`); here it is what pages show.

mod columns;
mod rules;

use scraper::ElementRef;

use super::document::text_of;
use super::rules::{Group, finding};
use super::{Context, Facts, Found, Page};
use crate::config::Profile;
use crate::site::Route;
use crate::text;

pub use columns::{Column, columns};

/// The items whose finding alone fails an inspection.
pub fn is_veto(code: &str) -> bool {
    matches!(code, "inspect/home-stale" | "inspect/columns-overdue" | "inspect/columns-empty")
}

pub const GROUP: Group = Group { rules: rules::RULES, page: Some(of_page), site: Some(of_site), ..Group::NONE };

fn of_site(context: &Context, _: &Facts, found: &mut Found) {
    columns::check(context, found);
    future_dates(context, found);
}

fn of_page(context: &Context, page: &Page, found: &mut Found) {
    if context.site.outreach.is_none() {
        return;
    }
    if found.wants("inspect/meta") {
        meta_tags(context, page, found);
    }
    if is_home(context, page) {
        footer(context, page, found);
    }
}

fn is_home(context: &Context, page: &Page) -> bool {
    let (Route::Section(id) | Route::SectionPager { section: id, index: 1, .. }) = page.route else { return false };
    let section = context.site.content.sections.get(*id);
    section.is_some_and(|section| section.is_index() && section.lang == context.site.config.default_language)
}

const EVERY_PAGE: [&str; 2] = ["SiteName", "SiteDomain"];
const OF_COLUMNS: [&str; 4] = ["ColumnName", "ColumnDescription", "ColumnKeywords", "ColumnType"];
const OF_ARTICLES: [&str; 3] = ["ArticleTitle", "PubDate", "ContentSource"];

fn meta_tags(context: &Context, page: &Page, found: &mut Found) {
    let site = context.site;
    let mut asked: Vec<&str> = EVERY_PAGE.to_vec();
    if site.config.outreach.as_ref().and_then(|outreach| outreach.profile) == Some(Profile::Gov) {
        asked.push("SiteIDCode");
    }
    match page.route {
        Route::Page(id) => {
            let Some(of) = site.content.pages.get(*id) else { return };
            if site.relations.page_ancestors.get(*id).is_some_and(|ancestors| ancestors.len() > 1) {
                asked.extend(OF_COLUMNS);
            }
            if of.meta.date.is_some() {
                asked.extend(OF_ARTICLES);
            }
        }
        Route::Section(id) | Route::SectionPager { section: id, .. } => {
            if site.content.sections.get(*id).is_some_and(|section| !section.is_index()) {
                asked.extend(OF_COLUMNS);
            }
        }
        Route::TaxonomyList(_) | Route::Term { .. } | Route::TermPager { .. } => {}
        _ => return,
    }
    let is_full = |meta: ElementRef| meta.attr("content").is_some_and(|content| !content.trim().is_empty());
    let given: Vec<&str> = page.document.named("meta").filter(|m| is_full(*m)).filter_map(|m| m.attr("name")).collect();
    let missing: Vec<&str> = asked.into_iter().filter(|name| !given.contains(name)).collect();
    if missing.is_empty() {
        return;
    }
    let list = missing.join(", ");
    let lacking = finding("inspect/meta", text!("the page lacks the meta tags {list}", "页面缺少 meta 标签：{list}"))
        .on(page.address)
        .help(text!(
            "templates print them with `site_meta(…)`; ColumnType is `column_type` of the section, ContentSource `source`",
            "模板用 `site_meta(…)` 输出；ColumnType 来自栏目的 `column_type`，ContentSource 来自 `source`"
        ));
    found.push(super::links::at(lacking, page.source.map(crate::diagnostic::Place::file)));
}

/// What the footer of the home page shows of what the configuration names.
fn footer(context: &Context, page: &Page, found: &mut Found) {
    let site = context.site;
    let Some(footer) = site.config.extra.get("footer").and_then(toml::Value::as_table) else { return };
    let file = Some(site.config.file.as_str());
    let texts = footer.iter().filter_map(|(key, value)| Some((key, value.as_str()?.trim())));
    let body = page.document.named("body").next().map(text_of).unwrap_or_default();
    let links: Vec<ElementRef> = page.document.named("a").collect();
    let leads_to = |address: &str| links.iter().any(|link| link.attr("href") == Some(address));
    for (key, value) in texts.filter(|(_, value)| !value.is_empty()) {
        let shown = body.contains(value) || leads_to(value) || page.html.contains(value);
        if !shown {
            let hidden = finding(
                "inspect/footer-hidden",
                text!(
                    "`{key}` of `[extra.footer]` is not shown on the home page",
                    "`[extra.footer]` 里的 `{key}` 没有显示在首页上"
                ),
            )
            .on(page.address)
            .help(text!("show it in the footer of the template", "请在模板的页脚里显示出来"));
            found.push(super::links::at(hidden, context.sources.locate(file, std::slice::from_ref(key))));
        }
        let is_linked = || {
            links.iter().any(|link| {
                let host = link.attr("href").and_then(|href| url::Url::parse(href).ok());
                let is_registry = host.is_some_and(|url| url.host_str() == Some("beian.miit.gov.cn"));
                is_registry && text_of(*link).contains(value)
            })
        };
        if key == "icp" && shown && !is_linked() {
            let unlinked = finding(
                "inspect/icp-link",
                text!("the ICP number `{value}` is not a link", "ICP备案号“{value}”没有做成链接"),
            )
            .on(page.address)
            .help(text!(
                "let it lead to https://beian.miit.gov.cn/ (《非经营性互联网信息服务备案管理办法》, article 13)",
                "请链接到 https://beian.miit.gov.cn/（《非经营性互联网信息服务备案管理办法》第十三条）"
            ));
            found.push(super::links::at(unlinked, context.sources.locate(file, &[value.to_owned()])));
        }
    }
}

/// Pages whose date is to come: they look published in advance, and no `publish_at` hides them.
fn future_dates(context: &Context, found: &mut Found) {
    let site = context.site;
    let today = columns::today(context);
    for page in &site.content.pages {
        let Some(date) = page.meta.date.as_ref() else { continue };
        let Some(day) = columns::day(date) else { continue };
        if day <= today {
            continue;
        }
        let shown = page.file.shown();
        let place = match context.sources.text(&shown) {
            Some(text) => crate::content::place_of_key(&shown, &text, &["date"]),
            None => crate::diagnostic::Place::file(&shown),
        };
        found.push(
            finding(
                "inspect/future-date",
                text!("the page is dated {day}, and today is {today}", "页面的日期是 {day}，而今天是 {today}"),
            )
            .at(place)
            .on(&page.path)
            .help(text!(
                "`date` does not hide a page; to publish it later, write `publish_at` in `[extra]`",
                "`date` 不会隐藏页面；要到时才发布，请在 `[extra]` 里写 `publish_at`"
            )),
        );
    }
}
