//! HTML in, its searchable text out, by the rules of the HTML standard for tokens and for the elements that decide
//! which text is left out. What stays out is what Zola leaves out: `script`, `style` and `pre`, the elements inside
//! drawings and formulas, and `template`.
//!
//! This is no general parser: elements that can't hide text are followed only as far as they open and close.

mod elements;
mod tree;

use memchr::memmem;

use super::references::{push_decoded, push_escaped};
use elements::{RawText, raw_text};
use tree::Tree;

/// The text of `html`, still as HTML text (references for `&`, `<`, `>` and the no-break space), white space as it is.
pub(super) fn text(html: &str) -> String {
    let mut scanner = Scanner { html, at: 0, tree: Tree::default(), out: String::with_capacity(html.len() / 2) };
    scanner.run();
    scanner.out
}

struct Scanner<'a> {
    html: &'a str,
    /// Always a character boundary: it moves over ASCII marks and whole runs only.
    at: usize,
    tree: Tree<'a>,
    out: String,
}

impl<'a> Scanner<'a> {
    fn run(&mut self) {
        while self.at < self.html.len() {
            let rest = &self.html[self.at..];
            match memchr::memchr(b'<', rest.as_bytes()) {
                Some(0) => self.markup(),
                Some(length) => self.run_of_text(length),
                None => self.run_of_text(rest.len()),
            }
        }
    }

    fn run_of_text(&mut self, length: usize) {
        if self.tree.shows_text() {
            push_decoded(&mut self.out, &self.html[self.at..self.at + length]);
        }
        self.at += length;
    }

    fn literal(&mut self, text: &str) {
        if self.tree.shows_text() {
            push_escaped(&mut self.out, text);
        }
    }

    /// At a `<`.
    fn markup(&mut self) {
        let rest = &self.html[self.at + 1..];
        match rest.as_bytes() {
            [b'!', b'-', b'-', ..] => self.comment(),
            [b'!', ..] if rest.starts_with("![CDATA[") && self.tree.in_foreign_content() => {
                let start = self.at + "<![CDATA[".len();
                let (text, next) = until(self.html, start, "]]>");
                self.literal(text);
                self.at = next;
            }
            [b'!' | b'?', ..] => self.at = until(self.html, self.at, ">").1,
            [b'/', c, ..] if c.is_ascii_alphabetic() => {
                let (tag, next) = self.tag(self.at + 2);
                self.at = next;
                if let Some(tag) = tag {
                    self.tree.end(tag.name);
                }
            }
            [b'/'] => {
                self.literal("</");
                self.at = self.html.len();
            }
            [b'/', ..] => self.at = until(self.html, self.at, ">").1,
            [c, ..] if c.is_ascii_alphabetic() => {
                let (tag, next) = self.tag(self.at + 1);
                self.at = next;
                if let Some(tag) = tag {
                    self.start(tag);
                }
            }
            _ => {
                self.literal("<");
                self.at += 1;
            }
        }
    }

    fn comment(&mut self) {
        let start = self.at + "<!--".len();
        let rest = &self.html[start..];
        self.at = if rest.starts_with('>') {
            start + 1
        } else if rest.starts_with("->") {
            start + 2
        } else {
            let end = memmem::find_iter(rest.as_bytes(), "--").find_map(|at| match &rest.as_bytes()[at + 2..] {
                [b'>', ..] => Some(at + 3),
                [b'!', b'>', ..] => Some(at + 4),
                // In `--->` the last two dashes count, which a search without overlaps passes over.
                [b'-', b'>', ..] => Some(at + 4),
                [b'-', b'!', b'>', ..] => Some(at + 5),
                _ => None,
            });
            end.map_or(self.html.len(), |end| start + end)
        };
    }

    fn start(&mut self, tag: Tag<'a>) {
        let is_html = self.tree.start(tag.name, tag.closes_itself, tag.breaks_out);
        if !is_html {
            return;
        }
        match raw_text(tag.name) {
            Some(RawText::Plain) => {
                let rest = &self.html[self.at..];
                self.literal(rest);
                self.at = self.html.len();
            }
            Some(kind) => {
                if tag.name.eq_ignore_ascii_case("textarea") && self.html[self.at..].starts_with('\n') {
                    self.at += 1;
                }
                let end = end_of_raw_text(self.html, self.at, tag.name);
                if self.tree.shows_text() {
                    match kind {
                        RawText::References => {
                            for (at, run) in self.html[self.at..end].split('<').enumerate() {
                                self.out.push_str(if at > 0 { "&lt;" } else { "" });
                                push_decoded(&mut self.out, run);
                            }
                        }
                        _ => push_escaped(&mut self.out, &self.html[self.at..end]),
                    }
                }
                self.at = end;
            }
            None => {}
        }
    }

    /// Reads a tag whose name starts at `start`. Nothing is a tag that the end of the text cuts off.
    fn tag(&self, start: usize) -> (Option<Tag<'a>>, usize) {
        let bytes = self.html.as_bytes();
        let skip = |from: usize, stop: fn(u8) -> bool| {
            bytes[from..].iter().position(|&byte| stop(byte)).map_or(bytes.len(), |length| from + length)
        };
        let name_end = skip(start, |byte| is_space(byte) || byte == b'/' || byte == b'>');
        let mut tag = Tag { name: &self.html[start..name_end], closes_itself: false, breaks_out: false };
        let mut at = name_end;
        loop {
            at = skip(at, |byte| !is_space(byte));
            match bytes.get(at) {
                None => return (None, bytes.len()),
                Some(b'>') => return (Some(tag), at + 1),
                Some(b'/') => {
                    at += 1;
                    tag.closes_itself = bytes.get(at) == Some(&b'>');
                }
                Some(_) => {
                    // An attribute's name may start with `=`.
                    let end = skip(at + 1, |byte| is_space(byte) || matches!(byte, b'/' | b'>' | b'='));
                    tag.breaks_out |= ["color", "face", "size"]
                        .iter()
                        .any(|name| bytes[at..end].eq_ignore_ascii_case(name.as_bytes()));
                    at = skip(end, |byte| !is_space(byte));
                    if bytes.get(at) == Some(&b'=') {
                        at = skip(at + 1, |byte| !is_space(byte));
                        at = match bytes.get(at) {
                            Some(&quote @ (b'"' | b'\'')) => memchr::memchr(quote, &bytes[at + 1..])
                                .map_or(bytes.len(), |length| at + 1 + length + 1),
                            _ => skip(at, |byte| is_space(byte) || byte == b'>'),
                        };
                    }
                }
            }
        }
    }
}

#[derive(Clone, Copy)]
struct Tag<'a> {
    name: &'a str,
    /// Written as `<name/>`.
    closes_itself: bool,
    /// Has an attribute that makes a `font` end the drawing or formula around it.
    breaks_out: bool,
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\x0c' | b'\r')
}

/// The text from `start` up to `mark`, and where what follows the mark begins.
fn until<'a>(html: &'a str, start: usize, mark: &str) -> (&'a str, usize) {
    let rest = &html[start..];
    match memmem::find(rest.as_bytes(), mark.as_bytes()) {
        Some(length) => (&rest[..length], start + length + mark.len()),
        None => (rest, html.len()),
    }
}

/// Where the end tag stands that ends the raw text from `start` on; the end of the text if there is none.
fn end_of_raw_text(html: &str, start: usize, name: &str) -> usize {
    let bytes = &html.as_bytes()[start..];
    let is_end = |at: &usize| {
        let after = at + 2 + name.len();
        bytes.get(at + 2..after).is_some_and(|found| found.eq_ignore_ascii_case(name.as_bytes()))
            && bytes.get(after).is_some_and(|&byte| is_space(byte) || byte == b'/' || byte == b'>')
    };
    memmem::find_iter(bytes, "</").find(is_end).map_or(html.len(), |at| start + at)
}

#[cfg(test)]
mod tests {
    use super::text;

    #[test]
    fn tags_and_comments_go() {
        assert_eq!(text("<p title='a > b'>x<br/>y</p><!-- z --><!DOCTYPE q><?w ?></ e>!"), "xy!");
        assert_eq!(text("a<!-->b<!--->c<!---->d<!-- --!>e<!-- x --->f"), "abcdef");
        assert_eq!(text("a<!-- never closed <p>b"), "a");
    }

    #[test]
    fn a_lone_angle_bracket_is_text() {
        assert_eq!(text("1 < 2 > 0 <3"), "1 &lt; 2 &gt; 0 &lt;3");
        assert_eq!(text("end <"), "end &lt;");
        assert_eq!(text("end </"), "end &lt;/");
        assert_eq!(text("end </>x<p foo"), "end x");
        assert_eq!(text("<p \"'=<>x"), "x");
    }

    #[test]
    fn attributes_may_hold_anything() {
        assert_eq!(text("<a x=\"<p>\" y=/z/ w=>b</a><img alt='never closed>"), "b");
        assert_eq!(text("<日食>x</日食>"), "&lt;日食&gt;x");
        assert_eq!(text("<x日食 属性=\"值\">y</x日食>"), "y");
    }

    #[test]
    fn raw_text_is_not_markup() {
        assert_eq!(text("<script>if (a<b) '</p>'</SCRIPT >x"), "x");
        assert_eq!(text("<textarea><b>&lt;</textarea>x"), "&lt;b&gt;&lt;x");
        assert_eq!(text("<noscript><img></noscript>x"), "&lt;img&gt;x");
        assert_eq!(text("<style>never closed"), "");
        assert_eq!(text("a<plaintext><p>b"), "a&lt;p&gt;b");
    }

    #[test]
    fn only_the_surface_of_drawings_and_formulas_is_text() {
        assert_eq!(text("a<svg>b<text>c</text><title>d</title></svg>e"), "abe");
        assert_eq!(text("a<svg><path d=''/>b<g/>c</svg>d"), "abcd");
        assert_eq!(text("<math>a<mi>b</mi><annotation>c</annotation></math>d"), "ad");
        assert_eq!(text("<svg><![CDATA[a<b]]></svg><![CDATA[c]]>d"), "a&lt;bd");
        assert_eq!(text("<svg><g>a<p>b</p>c"), "bc");
    }
}
