//! Which stretches of a file are text that people read: not code, addresses, tags, calls of shortcodes, or values that
//! programs read.

use std::ops::Range;

/// One stretch of text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stretch {
    pub span: Range<usize>,
    /// Whether a repair may change it: not in quotations, which stay as they were said, nor in what templates pass on.
    pub fixable: bool,
    /// Whether it stands in the body, where punctuation and spacing are looked at.
    pub body: bool,
}

/// Keys whose values are text, in front matter, configuration and data.
const TEXTS: [&str; 22] = [
    "title",
    "description",
    "subtitle",
    "summary",
    "alt",
    "caption",
    "name",
    "label",
    "text",
    "intro",
    "question",
    "answer",
    "place",
    "host",
    "source",
    "keywords",
    "note",
    "reason",
    "location",
    "organiser",
    "organizer",
    "unit",
];

/// The stretches of a file by its name: Markdown, TOML and YAML, and plain tables and texts, which are text all over.
pub fn stretches(file: &str, text: &str) -> Vec<Stretch> {
    let extension = file.rsplit_once('.').map_or("", |(_, extension)| extension);
    let mut found = Vec::new();
    match extension {
        "md" => {
            let body = front_matter(text, &mut found);
            markdown(text, body, &mut found);
        }
        "toml" | "yaml" | "yml" | "json" => keyed(text, 0..text.len(), &mut found),
        "html" | "xml" => {}
        _ => found.push(Stretch { span: 0..text.len(), fixable: false, body: false }),
    }
    found.retain(|stretch| text[stretch.span.clone()].chars().any(is_han));
    found
}

pub fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{9fff}' | '\u{20000}'..='\u{3ffff}' | '〇')
}

/// Where the body starts.
fn front_matter(text: &str, found: &mut Vec<Stretch>) -> usize {
    let start = text.len() - text.trim_start_matches('\u{feff}').len();
    for fence in ["+++", "---"] {
        let Some(rest) = text[start..].strip_prefix(fence) else { continue };
        let Some(end) = rest.find(&format!("\n{fence}")) else { continue };
        let from = start + fence.len();
        keyed(text, from..from + end, found);
        let after = from + end + 1 + fence.len();
        return text[after..].find('\n').map_or(text.len(), |line| after + line + 1);
    }
    start
}

/// `key = "value"` and `key: value` of keys that hold text, and every text of a list below them is left alone.
fn keyed(text: &str, range: Range<usize>, found: &mut Vec<Stretch>) {
    let mut at = range.start;
    for line in text[range].split_inclusive('\n') {
        let start = at;
        at += line.len();
        let Some((key, value)) = line.split_once(['=', ':']) else { continue };
        let bare = key.trim().trim_start_matches(['-', '{', ' ']).trim_matches(['"', '\'', ' ']);
        let bare = bare.rsplit('.').next().unwrap_or(bare);
        let from = start + key.len() + 1;
        let end = from + value.trim_end().len();
        let span = from + (value.len() - value.trim_start().len())..end;
        if span.start < span.end && value.chars().any(is_han) {
            // A value of another key may be a path or an address of the page.
            let is_text = TEXTS.contains(&bare);
            let is_path = value.contains('/') || ["slug", "path", "template", "aliases", "file"].contains(&bare);
            if is_text || !is_path {
                found.push(Stretch { span, fixable: is_text && !value.contains('\\'), body: false });
            }
        }
    }
}

fn markdown(text: &str, body: usize, found: &mut Vec<Stretch>) {
    let mut at = body;
    let mut fence: Option<(char, usize)> = None;
    // A comment or raw element that goes over several lines, by its end.
    let mut until: Option<&str> = None;
    let mut blank = true;
    let mut indented = false;
    for line in text[body..].split_inclusive('\n') {
        let start = at;
        at += line.len();
        let content = line.trim_end();
        let unquoted = content.trim_start_matches(['>', ' ']);
        let marks = unquoted.chars().next().filter(|c| matches!(c, '`' | '~'));
        let length = marks.map_or(0, |mark| unquoted.chars().take_while(|c| *c == mark).count());
        if let Some((mark, opened)) = fence {
            if marks == Some(mark) && length >= opened && unquoted.trim_start_matches(mark).trim().is_empty() {
                fence = None;
            }
            continue;
        }
        if let (Some(mark), 3..) = (marks, length) {
            fence = Some((mark, length));
            continue;
        }
        if let Some(end) = until {
            if content.contains(end) {
                until = None;
            }
            continue;
        }
        // Four spaces after an empty line are code, unless a list goes on.
        let indents = (content.starts_with("    ") || content.starts_with('\t')) && !content.trim().is_empty();
        indented = indents
            && (indented || blank)
            && !content.trim_start().starts_with(['-', '*', '+', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
        blank = content.trim().is_empty();
        if indented || blank {
            continue;
        }
        let quoted = content.trim_start().starts_with('>');
        until = line_of_prose(text, start..start + content.len(), !quoted, found);
    }
}

/// Cuts what is not text out of a line; what it opens and does not close is the answer.
fn line_of_prose(text: &str, line: Range<usize>, fixable: bool, found: &mut Vec<Stretch>) -> Option<&'static str> {
    let mut from = line.start;
    let mut at = line.start;
    let mut cut = |from: usize, to: usize| {
        if from < to {
            found.push(Stretch { span: from..to, fixable, body: true });
        }
    };
    while at < line.end {
        let rest = &text[at..line.end];
        let skip = if let Some(after) = rest.strip_prefix('\\') {
            1 + after.chars().next().map_or(0, char::len_utf8)
        } else if rest.starts_with('`') {
            let ticks = rest.len() - rest.trim_start_matches('`').len();
            rest[ticks..].find(&rest[..ticks]).map_or(ticks, |close| ticks + close + ticks)
        } else if rest.starts_with("<!--") {
            match rest.find("-->") {
                Some(end) => end + 3,
                None => {
                    cut(from, at);
                    return Some("-->");
                }
            }
        } else if let Some(end) =
            closed(rest, "{{", "}}").or(closed(rest, "{%", "%}")).or(closed(rest, "$$", "$$")).or(math(rest))
        {
            end
        } else if rest.starts_with("{{") {
            cut(from, at);
            return Some("}}");
        } else if rest.starts_with("{%") {
            cut(from, at);
            return Some("%}");
        } else if rest.starts_with("](") {
            // The target and not the title behind it.
            rest.find([' ', ')']).unwrap_or(rest.len())
        } else if rest.starts_with("]: ") {
            rest.len()
        } else if let Some(label) = rest.strip_prefix("][") {
            label.find(']').map_or(rest.len(), |end| end + 3)
        } else if rest.starts_with('<') && rest[1..].starts_with(|c: char| c.is_ascii_alphabetic() || c == '/') {
            rest.find('>').map_or(rest.len(), |end| end + 1)
        } else if rest.starts_with("http://") || rest.starts_with("https://") || rest.starts_with("www.") {
            rest.find(|c: char| !c.is_ascii_graphic()).unwrap_or(rest.len())
        } else {
            0
        };
        if skip > 0 {
            cut(from, at);
            at += skip;
            from = at;
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    cut(from, line.end);
    None
}

fn closed(rest: &str, open: &str, close: &str) -> Option<usize> {
    let inner = rest.strip_prefix(open)?;
    Some(open.len() + inner.find(close)? + close.len())
}

/// `$x$` of one line.
fn math(rest: &str) -> Option<usize> {
    let inner = rest.strip_prefix('$')?;
    let end = inner.find('$')?;
    let formula = &inner[..end];
    (!formula.is_empty() && !formula.chars().any(is_han)).then_some(end + 2)
}
