//! Text and tags: which may stand where, and where each ends.

use super::super::ast::{Branch, ForLoop, Macro, Name, Node, Span, Tag, Text};
use super::ParseError;
use super::cursor::{Expected, Parsed, Parser};

/// What a body stands in. The grammar allows different tags in each.
#[derive(Clone, Copy, PartialEq)]
enum Inside {
    Template,
    Block,
    Macro,
    For,
    Filter,
}

type Literal = (Name, Option<super::super::ast::Expr>);

impl Parser<'_> {
    pub fn template(&mut self) -> Result<Vec<Node>, ParseError> {
        let mut nodes = Vec::new();
        let mut at = 0;
        while let Some((tag, end)) = self.comment(at) {
            nodes.push(Node::Comment { tag, leading: true });
            at = end;
        }
        at = self.top(at, &mut nodes);
        loop {
            let next = match self.node(at, Inside::Template) {
                Some(found) => Some(found),
                None => self.macro_definition(at),
            };
            match next {
                Some((node, end)) => {
                    nodes.push(node);
                    at = end;
                }
                None => break,
            }
        }
        if at == self.text.len() && self.fatal.is_none() {
            return Ok(nodes);
        }
        self.fail::<()>(at, Expected::Tag);
        Err(self.error())
    }

    /// `extends` and `import`, in the orders that are allowed.
    fn top(&mut self, mut at: usize, nodes: &mut Vec<Node>) -> usize {
        let extends_first = self.extends(at);
        let extended = extends_first.is_some();
        if let Some((node, end)) = extends_first {
            nodes.push(node);
            at = end;
        }
        let mut imported = false;
        while let Some((node, end)) = self.import(at) {
            nodes.push(node);
            at = end;
            imported = true;
        }
        if imported
            && !extended
            && let Some((node, end)) = self.extends(at)
        {
            nodes.push(node);
            at = end;
        }
        at
    }

    fn extends(&mut self, at: usize) -> Parsed<Node> {
        let start = self.skip(at);
        let (left, inner) = self.tag_start(start)?;
        let inner = self.space(self.literal(inner, "extends")?)?;
        let (file, end) = self.string(inner)?;
        let (right, end) = self.tag_end(end)?;
        let after = self.skip(end);
        Some((Node::Extends { tag: Tag { span: start..end, left, right }, around: at..after, file }, after))
    }

    fn import(&mut self, at: usize) -> Parsed<Node> {
        let start = self.skip(at);
        let (left, inner) = self.tag_start(start)?;
        let inner = self.space(self.literal(inner, "import")?)?;
        let (file, end) = self.string(inner)?;
        let spaced = match self.space(end) {
            Some(spaced) => spaced,
            None => return self.fail(end, Expected::Sign("as")),
        };
        let end = self.sign(spaced, "as")?;
        let (namespace, end) = self.ident(self.space(end)?)?;
        let (right, end) = self.tag_end(end)?;
        let after = self.skip(end);
        let tag = Tag { span: start..end, left, right };
        Some((Node::Import { tag, around: at..after, file, namespace }, after))
    }

    /// After `{%` or `{%-` and whitespace.
    fn tag_start(&self, at: usize) -> Option<(bool, usize)> {
        if let Some(end) = self.literal(at, "{%-") {
            return Some((true, self.skip(end)));
        }
        Some((false, self.skip(self.literal(at, "{%")?)))
    }

    /// Whitespace, then `%}` or `-%}`.
    fn tag_end(&mut self, at: usize) -> Option<(bool, usize)> {
        let at = self.skip(at);
        if let Some(end) = self.literal(at, "-%}") {
            return Some((true, end));
        }
        match self.literal(at, "%}") {
            Some(end) => Some((false, end)),
            None => self.fail(at, Expected::TagEnd),
        }
    }

    /// `{% word %}`, with an optional name after the words that end a named tag.
    fn word_tag(&mut self, at: usize, word: &'static str, named: bool) -> Parsed<Tag> {
        let found = self.tag_start(at).and_then(|(left, inner)| Some((left, self.literal(inner, word)?)));
        let Some((left, mut end)) = found else { return self.fail(at, Expected::Closing(word)) };
        if named && let Some((_, after)) = self.ident(self.skip(end)) {
            end = after;
        }
        let (right, end) = self.tag_end(end)?;
        Some((Tag { span: at..end, left, right }, end))
    }

    /// The place after `{% word` and at least one space.
    fn opening(&mut self, at: usize, word: &str) -> Parsed<bool> {
        let (left, inner) = self.tag_start(at)?;
        let end = self.literal(inner, word)?;
        Some((left, self.space(end)?))
    }

    fn comment(&mut self, at: usize) -> Parsed<Tag> {
        let (left, start) = match self.literal(at, "{#-") {
            Some(end) => (true, end),
            None => (false, self.literal(at, "{#")?),
        };
        let rest = self.text.get(start..)?;
        let Some(close) = rest.find("#}") else { return self.fail(at, Expected::CommentEnd) };
        let right = close > 0 && rest.as_bytes().get(close - 1) == Some(&b'-');
        // The grammar wants at least one character.
        if close - usize::from(right) == 0 {
            return self.fail(start, Expected::CommentEnd);
        }
        let end = start + close + 2;
        Some((Tag { span: at..end, left, right }, end))
    }

    fn body(&mut self, mut at: usize, inside: Inside) -> (Vec<Node>, usize) {
        let mut nodes = Vec::new();
        while let Some((node, end)) = self.node(at, inside) {
            nodes.push(node);
            at = end;
        }
        (nodes, at)
    }

    fn node(&mut self, at: usize, inside: Inside) -> Parsed<Node> {
        if self.fatal.is_some() || at >= self.text.len() {
            return None;
        }
        let rest = self.bytes.get(at..)?;
        match (rest.first(), rest.get(1)) {
            (Some(b'{'), Some(b'{')) => {
                if inside == Inside::Block
                    && let Some(found) = self.super_tag(at)
                {
                    return Some(found);
                }
                self.print(at)
            }
            (Some(b'{'), Some(b'#')) => {
                let (tag, end) = self.comment(at)?;
                Some((Node::Comment { tag, leading: false }, end))
            }
            (Some(b'{'), Some(b'%')) => self.deeper(at, |p| p.tag(at, inside)),
            _ => {
                let end = at + start_of_tag(rest);
                Some((Node::Text(Text { span: at..end, kept: at..end }), end))
            }
        }
    }

    fn tag(&mut self, at: usize, inside: Inside) -> Parsed<Node> {
        let (_, word_at) = self.tag_start(at)?;
        let word = self.slice(&(word_at..self.word(word_at)));
        let refused = match word {
            "block" => !matches!(inside, Inside::Template | Inside::Block | Inside::Filter),
            "break" | "continue" => inside != Inside::For,
            _ => false,
        };
        if refused {
            return self.fail(word_at, Expected::Elsewhere);
        }
        match word {
            "include" => self.include(at),
            "set" | "set_global" => self.set(at, word == "set_global"),
            "block" => self.block(at),
            "if" => self.if_tag(at, inside),
            "for" => self.for_loop(at),
            "filter" => self.filter_section(at),
            "raw" => self.raw(at),
            "break" => self.word_tag(at, "break", false).map(|(tag, end)| (Node::Break(tag), end)),
            "continue" => self.word_tag(at, "continue", false).map(|(tag, end)| (Node::Continue(tag), end)),
            _ => self.fail(at, Expected::Tag),
        }
    }

    fn print_start(&self, at: usize) -> Option<(bool, usize)> {
        if let Some(end) = self.literal(at, "{{-") {
            return Some((true, self.skip(end)));
        }
        Some((false, self.skip(self.literal(at, "{{")?)))
    }

    fn print_end(&mut self, at: usize) -> Option<(bool, usize)> {
        let at = self.skip(at);
        if let Some(end) = self.literal(at, "-}}") {
            return Some((true, end));
        }
        match self.literal(at, "}}") {
            Some(end) => Some((false, end)),
            None => self.fail(at, Expected::PrintEnd),
        }
    }

    fn super_tag(&mut self, at: usize) -> Parsed<Node> {
        let (left, inner) = self.print_start(at)?;
        let end = self.literal(inner, "super()")?;
        let (right, end) = self.print_end(end)?;
        Some((Node::Super(Tag { span: at..end, left, right }), end))
    }

    fn print(&mut self, at: usize) -> Parsed<Node> {
        let (left, inner) = self.print_start(at)?;
        let (value, end) = self.logic_or_array(inner)?;
        let (right, end) = self.print_end(end)?;
        Some((Node::Print { tag: Tag { span: at..end, left, right }, value }, end))
    }

    fn set(&mut self, at: usize, global: bool) -> Parsed<Node> {
        let (left, inner) = self.opening(at, if global { "set_global" } else { "set" })?;
        let (name, end) = self.ident(inner)?;
        let equals = self.sign(self.skip(end), "=")?;
        let (value, end) = self.logic_or_array(self.skip(equals))?;
        let (right, end) = self.tag_end(end)?;
        Some((Node::Set { tag: Tag { span: at..end, left, right }, name, value, global }, end))
    }

    fn include(&mut self, at: usize) -> Parsed<Node> {
        let (left, inner) = self.opening(at, "include")?;
        let (files, end) = match self.string(inner) {
            Some((file, end)) => (vec![file], end),
            None => self.strings(inner)?,
        };
        let mut end = self.skip(end);
        let mut ignore_missing = false;
        if let Some(ignore) = self.literal(end, "ignore")
            && let Some(after) = self.literal(self.skip(ignore), "missing")
        {
            ignore_missing = true;
            end = after;
        }
        let (right, end) = self.tag_end(end)?;
        Some((Node::Include { tag: Tag { span: at..end, left, right }, files, ignore_missing }, end))
    }

    fn strings(&mut self, at: usize) -> Parsed<Vec<Name>> {
        let open = self.literal(at, "[")?;
        let mut files = Vec::new();
        let mut end = self.skip(open);
        while let Some((file, after)) = self.string(end) {
            files.push(file);
            end = self.skip(after);
            match self.literal(end, ",") {
                Some(after) => end = self.skip(after),
                None => break,
            }
        }
        let end = self.sign(end, "]")?;
        Some((files, end))
    }

    fn block(&mut self, at: usize) -> Parsed<Node> {
        let (left, inner) = self.opening(at, "block")?;
        let (name, end) = self.ident(inner)?;
        let (right, end) = self.tag_end(end)?;
        let tag = Tag { span: at..end, left, right };
        let (body, end) = self.body(end, Inside::Block);
        let (close, end) = self.word_tag(end, "endblock", true)?;
        Some((Node::Block { tag, name, body, end: close }, end))
    }

    fn condition(&mut self, at: usize, word: &str, inside: Inside) -> Parsed<Branch> {
        let (left, inner) = self.opening(at, word)?;
        let (condition, end) = self.logic(inner)?;
        let (right, end) = self.tag_end(end)?;
        let tag = Tag { span: at..end, left, right };
        let (body, end) = self.body(end, inside);
        Some((Branch { tag, condition, body }, end))
    }

    fn if_tag(&mut self, at: usize, inside: Inside) -> Parsed<Node> {
        let (first, mut end) = self.condition(at, "if", inside)?;
        let mut branches = vec![first];
        while let Some((branch, after)) = self.condition(end, "elif", inside) {
            branches.push(branch);
            end = after;
        }
        let mut otherwise = None;
        if let Some((tag, after)) = self.word_tag(end, "else", false) {
            let (body, after) = self.body(after, inside);
            otherwise = Some((tag, body));
            end = after;
        }
        let (close, end) = self.word_tag(end, "endif", false)?;
        Some((Node::If { branches, otherwise, end: close }, end))
    }

    fn for_loop(&mut self, at: usize) -> Parsed<Node> {
        let (left, inner) = self.opening(at, "for")?;
        let (first, mut end) = self.ident(inner)?;
        let (mut key, mut value) = (None, first);
        if let Some(comma) = self.literal(end, ",") {
            let (second, after) = self.ident(self.skip(comma))?;
            key = Some(std::mem::replace(&mut value, second));
            end = after;
        }
        let Some(spaced) = self.space(end) else { return self.fail(end, Expected::Sign("in")) };
        let end = self.sign(spaced, "in")?;
        let Some(inner) = self.space(end) else { return self.fail(end, Expected::Expression) };
        let (container, end) = match self.filtered_arithmetic(inner) {
            Some(found) => found,
            None => self.array(inner)?,
        };
        let (right, end) = self.tag_end(end)?;
        let tag = Tag { span: at..end, left, right };
        let (body, mut end) = self.body(end, Inside::For);
        let mut otherwise = Vec::new();
        while let Some((tag, after)) = self.word_tag(end, "else", false) {
            let (body, after) = self.body(after, Inside::For);
            otherwise.push((tag, body));
            end = after;
        }
        let (close, end) = self.word_tag(end, "endfor", false)?;
        Some((Node::For(Box::new(ForLoop { tag, key, value, container, body, otherwise, end: close })), end))
    }

    fn filter_section(&mut self, at: usize) -> Parsed<Node> {
        let (left, inner) = self.opening(at, "filter")?;
        let (call, end) = self.call_or_name(inner)?;
        let (right, end) = self.tag_end(end)?;
        let tag = Tag { span: at..end, left, right };
        let (body, end) = self.body(end, Inside::Filter);
        let (close, end) = self.word_tag(end, "endfilter", false)?;
        Some((Node::Filter { tag, call, body, end: close }, end))
    }

    fn raw(&mut self, at: usize) -> Parsed<Node> {
        let (open, start) = self.word_tag(at, "raw", false)?;
        let mut from = start;
        loop {
            let Some(found) = self.text.get(from..)?.find("{%") else {
                return self.fail(self.text.len(), Expected::Closing("endraw"));
            };
            let candidate = from + found;
            if let Some((close, end)) = self.word_tag(candidate, "endraw", false) {
                let body: Span = start..candidate;
                return Some((Node::Raw { open, body: Text { span: body.clone(), kept: body }, close }, end));
            }
            from = candidate + 2;
        }
    }

    fn macro_definition(&mut self, at: usize) -> Parsed<Node> {
        let (left, inner) = self.opening(at, "macro")?;
        let (name, end) = self.ident(inner)?;
        let (params, end) = self.parameters(self.skip(end))?;
        let (right, end) = self.tag_end(end)?;
        let tag = Tag { span: at..end, left, right };
        let (body, end) = self.body(end, Inside::Macro);
        let (close, end) = self.word_tag(end, "endmacro", true)?;
        Some((Node::Macro(Box::new(Macro { tag, name, params, body, end: close })), end))
    }

    fn parameters(&mut self, at: usize) -> Parsed<Vec<Literal>> {
        let open = self.sign(at, "(")?;
        let mut params = Vec::new();
        let mut end = self.skip(open);
        if self.literal(end, ")").is_none() {
            loop {
                let (name, mut after) = self.ident(end)?;
                let mut default = None;
                // No whitespace around `=`, says the grammar.
                if let Some(equals) = self.literal(after, "=")
                    && let Some((literal, end)) = self.default_literal(equals)
                {
                    default = Some(literal);
                    after = end;
                }
                params.push((name, default));
                end = self.skip(after);
                match self.literal(end, ",") {
                    Some(comma) => end = self.skip(comma),
                    None => break,
                }
            }
        }
        let after = self.sign(end, ")")?;
        Some((params, after))
    }
}

/// How much text comes before the next tag.
fn start_of_tag(rest: &[u8]) -> usize {
    let mut from = 0;
    while let Some(found) = memchr::memchr(b'{', rest.get(from..).unwrap_or_default()) {
        let at = from + found;
        if matches!(rest.get(at + 1), Some(b'{' | b'%' | b'#')) && at > 0 {
            return at;
        }
        from = at + 1;
    }
    rest.len()
}
