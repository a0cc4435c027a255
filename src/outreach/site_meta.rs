//! The meta tags of 《政府网站发展指引》 (国办发〔2017〕47号, annex on page design).

use tera::Value;

use super::json_ld::Described;
use super::time::{Moment, china};
use crate::data::map;

/// Names and contents, in the order of the rule. What has no content is left out.
pub fn site_meta(described: &Described) -> Value {
    let mut tags: Vec<(&str, String)> = Vec::new();
    let mut tag = |name: &'static str, content: Option<String>| {
        if let Some(content) = content.filter(|content| !content.trim().is_empty()) {
            tags.push((name, content));
        }
    };
    let host = url::Url::parse(described.base_url).ok();
    let host = host.as_ref().and_then(|url| url.host_str());
    tag("SiteName", Some(described.site_name.to_owned()));
    tag("SiteDomain", host.map(str::to_owned));
    tag("SiteIDCode", described.footer("site_code"));
    if let Some(column) = described.column() {
        let text = |path: &str| column.get_from_path(path).and_then(Value::as_str).map(str::to_owned);
        let title = text("title");
        tag("ColumnName", title.clone());
        tag("ColumnDescription", text("description").or_else(|| title.clone()));
        let keywords = column.get_from_path("extra").map(|extra| texts(extra, "keywords"));
        tag("ColumnKeywords", keywords.filter(|list| !list.is_empty()).map(|list| list.join(",")).or(title));
        tag("ColumnType", text("extra.column_type"));
    }
    if described.is_page {
        tag("ArticleTitle", described.text("title"));
        tag("PubDate", described.text("date").as_deref().and_then(pub_date));
        let source = described.text("extra.source");
        tag("ContentSource", source.or_else(|| described.config_text("source")));
        let keywords = described.value.get_from_path("extra").map(|extra| texts(extra, "keywords")).unwrap_or_default();
        tag("Keywords", Some(keywords.join(",")));
        tag("Author", described.text("extra.author"));
        tag("Description", described.text("description"));
        tag("Image", described.image());
        tag("Url", described.text("permalink"));
    }
    let tags = tags.into_iter().map(|(name, content)| Value::from(map! { "name": name, "content": content }));
    tags.collect::<Vec<_>>().into()
}

/// `YYYY-MM-DD HH:MM` in China time.
pub fn pub_date(date: &str) -> Option<String> {
    let moment = Moment::parse(date).ok()?;
    Some(china(moment.start()).strftime("%Y-%m-%d %H:%M").to_string())
}

fn texts(extra: &Value, key: &str) -> Vec<String> {
    let list = extra.get_from_path(key).and_then(Value::as_array).unwrap_or_default();
    list.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}
