//! The elements that are open, as far as they decide where hidden text ends (HTML standard, 13.2.6).

use super::elements::{Kind, Lower, Space, breaks_out, hides_text, kind};

/// Deeper elements are not followed, as in browsers. It bounds the work for every tag.
const MAX_DEPTH: usize = 512;

#[derive(Clone, Copy)]
struct Element<'a> {
    /// As written; compared without regard to case.
    name: &'a str,
    space: Space,
    kind: Kind,
    hides: bool,
}

impl Element<'_> {
    fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }

    /// Whether HTML may stand inside this element of a drawing or formula.
    fn holds_html(&self) -> bool {
        let names: &[&str] = match self.space {
            Space::Html => return true,
            Space::Svg => &["foreignObject", "desc", "title"],
            Space::MathMl => &["mi", "mo", "mn", "ms", "mtext"],
        };
        names.iter().any(|name| self.is(name))
    }

    /// Whether an end tag is without effect on elements outside this one.
    fn is_barrier(&self) -> bool {
        match self.space {
            Space::Html => matches!(self.kind, Kind::Table | Kind::TableCell | Kind::Holder) || self.is("caption"),
            _ => self.holds_html() || self.is("annotation-xml"),
        }
    }

    fn is_special(&self) -> bool {
        match self.space {
            Space::Html => !matches!(self.kind, Kind::Ordinary | Kind::Formatting),
            _ => self.is_barrier(),
        }
    }
}

/// The open elements, the outermost first.
#[derive(Default)]
pub struct Tree<'a> {
    open: Vec<Element<'a>>,
    /// How many of them hide text.
    hiding: usize,
}

impl<'a> Tree<'a> {
    pub fn shows_text(&self) -> bool {
        self.hiding == 0
    }

    pub fn in_foreign_content(&self) -> bool {
        self.open.last().is_some_and(|element| element.space != Space::Html)
    }

    /// Takes a start tag; says whether it started an HTML element.
    pub fn start(&mut self, name: &'a str, closes_itself: bool, font_breaks_out: bool) -> bool {
        let mut buffer = Lower::default();
        let lower = buffer.lower(name);
        if let Some(current) = self.open.last()
            && !current.holds_html()
            && !(current.is("annotation-xml") && lower == "svg")
        {
            if breaks_out(lower) || (lower == "font" && font_breaks_out) {
                self.leave_foreign_content();
            } else {
                self.push_foreign(name, lower, current.space, closes_itself);
                return false;
            }
        }
        if self.in_select() && !self.start_in_select(lower) {
            return false;
        }
        match lower {
            "svg" => self.push_foreign(name, lower, Space::Svg, closes_itself),
            "math" => self.push_foreign(name, lower, Space::MathMl, closes_itself),
            _ => return self.start_html(name, lower),
        }
        false
    }

    fn leave_foreign_content(&mut self) {
        while self.open.last().is_some_and(|element| !element.holds_html()) {
            self.pop();
        }
    }

    fn push_foreign(&mut self, name: &'a str, lower: &str, space: Space, closes_itself: bool) {
        if !closes_itself {
            self.push(Element { name, space, kind: Kind::Ordinary, hides: hides_text(space, lower) });
        }
    }

    fn start_html(&mut self, name: &'a str, lower: &str) -> bool {
        let kind = kind(lower);
        match kind {
            Kind::Void | Kind::Ignored => return false,
            Kind::Block | Kind::Paragraph | Kind::Heading | Kind::Form => self.close_paragraph(),
            Kind::Table => {
                self.close_paragraph();
                self.close_table();
            }
            Kind::Item => {
                self.close_item(lower);
                self.close_paragraph();
            }
            Kind::TableGroup | Kind::TableRow | Kind::TableCell => {
                if !self.open_table_part(kind) {
                    return false;
                }
            }
            Kind::Special if matches!(lower, "plaintext" | "xmp") => self.close_paragraph(),
            Kind::Holder if lower == "button" => {
                if let Some(at) = self.find_in_scope(|element| element.is("button")) {
                    self.truncate(at);
                }
            }
            Kind::Special | Kind::Holder | Kind::Formatting | Kind::Ordinary => {}
        }
        self.push(Element { name, space: Space::Html, kind, hides: hides_text(Space::Html, lower) });
        true
    }

    fn in_select(&self) -> bool {
        self.open.last().is_some_and(|element| element.space == Space::Html && element.is("select"))
    }

    /// In a list of choices most tags are without effect; says whether this one is not. Options are not followed.
    fn start_in_select(&mut self, lower: &str) -> bool {
        match lower {
            "script" | "template" => true,
            "select" => {
                self.pop();
                false
            }
            "input" | "keygen" | "textarea" => {
                self.pop();
                true
            }
            _ => false,
        }
    }

    pub fn end(&mut self, name: &str) {
        let mut buffer = Lower::default();
        let lower = buffer.lower(name);
        if self.in_select() {
            if lower == "select" {
                self.pop();
            }
            return;
        }
        if matches!(lower, "p" | "br") {
            self.leave_foreign_content();
        }
        // In a drawing or formula, the nearest element of that name closes, as long as all above it are foreign too.
        for at in (0..self.open.len()).rev() {
            if self.open[at].space == Space::Html {
                break;
            }
            if self.open[at].is(name) {
                return self.truncate(at);
            }
        }
        match kind(lower) {
            Kind::Void | Kind::Ignored => {}
            Kind::Block
            | Kind::Item
            | Kind::Holder
            | Kind::Table
            | Kind::TableGroup
            | Kind::TableRow
            | Kind::TableCell => self.end_in_scope(name, lower),
            Kind::Paragraph => self.close_paragraph(),
            Kind::Heading => {
                if let Some(at) = self.find_in_scope(|element| element.kind == Kind::Heading) {
                    self.truncate(at);
                }
            }
            Kind::Form => {
                if let Some(at) = self.find_in_scope(|element| element.is("form")) {
                    self.remove(at);
                }
            }
            Kind::Formatting => self.end_formatting(name),
            Kind::Special | Kind::Ordinary => self.end_ordinary(name),
        }
    }

    fn end_in_scope(&mut self, name: &str, lower: &str) {
        let found = match kind(lower) {
            Kind::Table | Kind::TableGroup | Kind::TableRow | Kind::TableCell => self.find_in_table(name),
            _ => self.find_in_scope(|element| element.space == Space::Html && element.is(name)),
        };
        if let Some(at) = found {
            self.truncate(at);
        }
    }

    /// Overlapping elements: what is open inside stays open if a special element is among it.
    fn end_formatting(&mut self, name: &str) {
        let Some(at) = self.find_in_scope(|element| element.space == Space::Html && element.is(name)) else { return };
        if self.open[at..].iter().any(Element::is_special) {
            self.remove(at);
        } else {
            self.truncate(at);
        }
    }

    fn end_ordinary(&mut self, name: &str) {
        for at in (0..self.open.len()).rev() {
            let element = &self.open[at];
            if element.space == Space::Html && element.is(name) {
                return self.truncate(at);
            }
            if element.is_special() {
                return;
            }
        }
    }

    fn close_paragraph(&mut self) {
        if let Some(at) = self.find_in_scope(|element| element.space == Space::Html && element.kind == Kind::Paragraph)
        {
            self.truncate(at);
        }
    }

    /// A new list item closes the one before it, unless something special opened in between.
    fn close_item(&mut self, lower: &str) {
        for at in (0..self.open.len()).rev() {
            let element = &self.open[at];
            let same_list = (lower == "li") == element.is("li");
            if element.space == Space::Html && element.kind == Kind::Item && same_list {
                return self.truncate(at);
            }
            if element.is_special() && !["address", "div", "p"].iter().any(|name| element.is(name)) {
                return;
            }
        }
    }

    /// A table closes one that it stands in, unless it is in a cell of it.
    fn close_table(&mut self) {
        if let Some(table) = self.find_in_table("table")
            && !self.open[table..].iter().any(|element| element.kind == Kind::TableCell || element.is("caption"))
        {
            self.truncate(table);
        }
    }

    /// Closes what a new part of the innermost table ends; `false` if there is no table here.
    fn open_table_part(&mut self, part: Kind) -> bool {
        let Some(table) = self.find_in_table("table") else { return false };
        let keep = |kind: Kind| match part {
            Kind::TableCell => matches!(kind, Kind::TableGroup | Kind::TableRow),
            Kind::TableRow => kind == Kind::TableGroup,
            _ => false,
        };
        let inner = self.open[table + 1..].iter().take_while(|element| keep(element.kind) && !element.is("caption"));
        let end = table + 1 + inner.count();
        self.truncate(end);
        true
    }

    fn find_in_scope(&self, wanted: impl Fn(&Element<'_>) -> bool) -> Option<usize> {
        for (at, element) in self.open.iter().enumerate().rev() {
            if wanted(element) {
                return Some(at);
            }
            if element.is_barrier() {
                break;
            }
        }
        None
    }

    fn find_in_table(&self, name: &str) -> Option<usize> {
        for (at, element) in self.open.iter().enumerate().rev() {
            if element.space == Space::Html && element.is(name) {
                return Some(at);
            }
            if element.space == Space::Html && (element.kind == Kind::Table || element.is("template")) {
                break;
            }
        }
        None
    }

    fn push(&mut self, element: Element<'a>) {
        if self.open.len() < MAX_DEPTH {
            self.hiding += usize::from(element.hides);
            self.open.push(element);
        }
    }

    fn pop(&mut self) {
        self.truncate(self.open.len().saturating_sub(1));
    }

    fn truncate(&mut self, length: usize) {
        let closed = self.open.get(length..).unwrap_or_default();
        self.hiding -= closed.iter().filter(|element| element.hides).count();
        self.open.truncate(length);
    }

    fn remove(&mut self, at: usize) {
        if self.open.get(at).is_some() {
            let element = self.open.remove(at);
            self.hiding -= usize::from(element.hides);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::search::html::text;

    #[test]
    fn hidden_text_ends_with_its_element() {
        assert_eq!(text("<pre>a<pre>b</pre>c</pre>d"), "d");
        assert_eq!(text("<div><pre>a</div>b"), "b");
        assert_eq!(text("<PRE>a</Pre>b"), "b");
        assert_eq!(text("<template>a<p>b</template>c"), "c");
        assert_eq!(text("<metadata>a</metadata>b"), "b");
    }

    #[test]
    fn stray_end_tags_do_not_end_it() {
        assert_eq!(text("<pre>a</div>b</span>c</p>d</pre>e"), "e");
        assert_eq!(text("<b><pre>a</b>b</pre>c"), "c");
        assert_eq!(text("<span><pre>a</span>b</pre>c"), "c");
        assert_eq!(text("<pre><td>a</td></tr>b</pre>c"), "c");
    }

    #[test]
    fn a_new_item_or_cell_ends_what_the_one_before_left_open() {
        assert_eq!(text("<table><tr><td><pre>a<td>b<tr><td>c</table>d"), "bcd");
        assert_eq!(text("<ul><li><metadata>a<li>b</ul>c"), "bc");
    }

    #[test]
    fn choices_hold_text_only() {
        assert_eq!(text("<select><option>a<pre>b</pre><title>c</select><pre>d"), "abc");
        assert_eq!(text("<select>a<select>b<pre>c"), "ab");
        assert_eq!(text("<select>a<textarea>b</textarea><pre>c"), "ab");
    }

    #[test]
    fn depth_is_bounded() {
        let deep = "<span>".repeat(100_000) + "x" + &"</b>".repeat(100_000) + "y";
        assert_eq!(text(&deep), "xy");
    }
}
