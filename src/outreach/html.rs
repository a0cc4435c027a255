//! Changing the text of HTML that kepu made, and nothing else of it.

/// Elements that hold nothing else, and so never close.
const VOID: [&str; 8] = ["br", "hr", "img", "input", "wbr", "source", "col", "link"];

/// Calls `change` with every piece of text outside of the elements named in `skip`; what it returns takes the piece's
/// place.
pub fn map_text<'a>(html: &'a str, skip: &[&str], mut change: impl FnMut(&'a str, &mut String)) -> String {
    let mut out = String::with_capacity(html.len() + html.len() / 4);
    let mut skipped: Vec<String> = Vec::new();
    let mut rest = html;
    while !rest.is_empty() {
        let text_end = tag_start(rest);
        let (text, after) = rest.split_at(text_end);
        if !text.is_empty() {
            match skipped.is_empty() {
                true => change(text, &mut out),
                false => out.push_str(text),
            }
        }
        let (tag, after) = after.split_at(tag_end(after));
        out.push_str(tag);
        rest = after;
        let Some(inner) = tag.strip_prefix('<') else { continue };
        if let Some(name) = inner.strip_prefix('/').map(name_of) {
            if let Some(at) = skipped.iter().rposition(|open| *open == name) {
                skipped.truncate(at);
            }
        } else {
            let name = name_of(inner);
            let is_inside = !skipped.is_empty() || skip.contains(&name.as_str());
            if is_inside && !name.is_empty() && !VOID.contains(&name.as_str()) && !tag.ends_with("/>") {
                skipped.push(name);
            }
        }
    }
    out
}

/// Where the next tag or comment begins.
fn tag_start(html: &str) -> usize {
    let mut from = 0;
    while let Some(at) = html.get(from..).and_then(|rest| rest.find('<')) {
        let at = from + at;
        let next = html.get(at + 1..).and_then(|rest| rest.chars().next());
        if next.is_some_and(|c| c.is_ascii_alphabetic() || matches!(c, '/' | '!')) {
            return at;
        }
        from = at + 1;
    }
    html.len()
}

/// Where the tag or comment at the start ends.
fn tag_end(html: &str) -> usize {
    if html.starts_with("<!--") {
        return html.find("-->").map_or(html.len(), |at| at + 3);
    }
    let mut quote = None;
    for (at, c) in html.char_indices() {
        match (quote, c) {
            (Some(open), c) if open == c => quote = None,
            (None, '"' | '\'') => quote = Some(c),
            (None, '>') => return at + 1,
            _ => {}
        }
    }
    html.len()
}

fn name_of(inner: &str) -> String {
    inner.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '-').collect::<String>().to_ascii_lowercase()
}

/// Escapes text for content and double-quoted attributes.
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::map_text;

    fn upper(html: &str) -> String {
        map_text(html, &["a", "code"], |text, out| out.push_str(&text.to_uppercase()))
    }

    #[test]
    fn only_text_outside_of_what_is_skipped_changes() {
        assert_eq!(
            upper("<p title=\"a>b\">x <a href=\"y\">y <b>z</b></a> w</p>"),
            "<p title=\"a>b\">X <a href=\"y\">y <b>z</b></a> W</p>"
        );
        assert_eq!(upper("a < b<!-- c -->d<br>e"), "A < B<!-- c -->D<br>E");
        assert_eq!(upper("<code>a<br>b</code>c"), "<code>a<br>b</code>C");
        assert_eq!(upper("<code>never closed"), "<code>never closed");
        assert_eq!(upper("<p"), "<p");
    }
}
