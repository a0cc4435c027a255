//! Text and tags in Tera 2, line for line.

use super::super::ast::{Branch, Expr, ForLoop, Macro, Name, Node, Span, Tag, Text, Value};
use super::lowered::{Lowered, Type, power, quoted};
use super::write::Written;
use super::{Kind, Lowering};

impl<'a> Lowering<'a> {
    pub fn nodes(&mut self, nodes: &'a [Node]) {
        for node in nodes {
            self.node(node);
        }
    }

    /// A body, whose variables are gone after it.
    fn body(&mut self, nodes: &'a [Node], bound: Vec<String>) {
        self.scopes.push(bound);
        self.nodes(nodes);
        self.scopes.pop();
    }

    /// A template that extends another: only its blocks and macros count, and Tera 2 allows nothing else.
    pub fn child(&mut self, nodes: &'a [Node]) {
        for node in nodes {
            match node {
                Node::Block { name, .. } if self.site.has_block_above(self.name, &name.text) => {
                    let scopes = std::mem::replace(&mut self.scopes, vec![Vec::new()]);
                    self.node(node);
                    self.scopes = scopes;
                }
                Node::Comment { .. } | Node::Extends { .. } | Node::Import { .. } | Node::Macro(_) => self.node(node),
                _ => self.lines_of(&span_of(node)),
            }
        }
    }

    /// As many line breaks as the author's text has there, so that lines keep their numbers.
    fn lines_of(&mut self, span: &Span) {
        let lines = self.slice(span).matches('\n').count();
        self.out.put(&"\n".repeat(lines), span);
    }

    fn node(&mut self, node: &'a Node) {
        match node {
            Node::Text(text) => self.write_text(text),
            Node::Comment { tag, .. } => self.comment(tag),
            Node::Raw { open, body, close } => {
                self.tag(open, Written::new("raw", &open.span));
                self.write_text(body);
                self.tag(close, Written::new("endraw", &close.span));
            }
            Node::Print { tag, value } => {
                let printed = self.printed(value);
                self.print(tag, printed);
            }
            Node::Super(tag) => {
                let written = match self.blocks_inline {
                    true => self.throw("Tried to use super() in the top level block", &tag.span).out,
                    false => Written::new("super()", &tag.span),
                };
                let bare = Tag { left: false, right: false, ..tag.clone() };
                self.print(&bare, Lowered::atom(written, &tag.span));
            }
            Node::Set { tag, name, value, global } => {
                let word = if *global { "set_global " } else { "set " };
                let mut out = Written::new(word, &tag.span);
                out.put(&format!("{} = ", self.variable(&name.text)), &name.span);
                out.append(self.value(value, false).known().within(power::TERNARY));
                self.tag(tag, out);
                if (!*global || self.loops == 0)
                    && let Some(scope) = self.scopes.last_mut()
                {
                    scope.push(name.text.clone());
                }
            }
            Node::Include { tag, files, ignore_missing } => self.include(tag, files, *ignore_missing),
            Node::If { branches, otherwise, end } => self.if_tag(branches, otherwise.as_ref(), end),
            Node::For(each) => self.for_loop(each),
            Node::Filter { tag, call, body, end } => {
                let mut out = Written::new("filter ", &tag.span);
                if call.name.text == "safe" {
                    out.put("safe", &call.span);
                } else {
                    match self.callee(Kind::Filter, &call.name.text).filter(|_| call.name.text != "default") {
                        Some(name) => {
                            out.put(&name, &call.name.span);
                            out.append(self.arguments(&call.args, &call.span));
                        }
                        None => {
                            let message = quoted(&format!("Filter '{}' not found", call.name.text));
                            out.put(&format!("t1_missing(message={message})"), &call.span);
                        }
                    }
                    out.put(" | t1_safe", &call.span);
                }
                self.tag(tag, out);
                self.body(body, Vec::new());
                self.tag(end, Written::new("endfilter", &end.span));
            }
            Node::Block { tag, name, body, end } => self.block(tag, name, body, end),
            Node::Macro(definition) => self.component(definition),
            Node::Break(tag) => self.leave_loop(tag, "break"),
            Node::Continue(tag) => self.leave_loop(tag, "continue"),
            Node::Extends { tag, around, file } => {
                self.out.copy(self.text, &(around.start..tag.span.start));
                let bare = Tag { left: false, right: false, ..tag.clone() };
                let mut out = Written::new("extends ", &tag.span);
                out.put(&quoted(&file.text), &file.span);
                self.tag(&bare, out);
                self.out.copy(self.text, &(tag.span.end..around.end));
            }
            Node::Import { tag, around, .. } => {
                // Components need no import; the dashes drop the whitespace around, as Tera 1 does.
                self.out.copy(self.text, &(around.start..tag.span.start));
                let inner = self.slice(&tag.span).trim_start_matches("{%").trim_end_matches("%}");
                let inner = inner.trim_matches('-');
                let after = tag.span.end..around.end;
                if self.text.get(around.end..).is_some_and(|rest| rest.starts_with("{#")) {
                    // A dash would have an effect beyond the comment that follows.
                    self.out.put(&format!("{{#-{inner}{}#}}", self.slice(&after)), &tag.span);
                } else {
                    self.out.put(&format!("{{#-{inner}-#}}"), &tag.span);
                    self.out.copy(self.text, &after);
                }
            }
        }
    }

    fn write_text(&mut self, text: &Text) {
        if !self.dashes.exact(text) {
            self.out.copy(self.text, &text.span);
            return;
        }
        let kept = self.slice(&text.kept);
        match kept.strip_suffix('{') {
            // Beside the next tag it would begin another one.
            Some(before) => {
                self.out.copy(self.text, &(text.kept.start..text.kept.start + before.len()));
                self.out.put("{{ \"{\" }}", &text.kept);
            }
            None => {
                self.out.copy(self.text, &text.kept);
            }
        }
    }

    fn comment(&mut self, tag: &Tag) {
        if self.dashes.unchanged(tag) {
            self.out.copy(self.text, &tag.span);
            return;
        }
        let inner = self.slice(&tag.span);
        let inner = inner.get(2 + usize::from(tag.left)..inner.len() - 2 - usize::from(tag.right)).unwrap_or_default();
        let comment = format!("{{#{}{inner}{}#}}", self.dashes.left(tag), self.dashes.right(tag));
        self.out.put(&comment, &tag.span);
    }

    /// `{% … %}`, in the author's own writing when it says the same.
    pub fn tag(&mut self, tag: &Tag, inner: Written) {
        self.delimited(tag, inner, "{%", "%}");
    }

    fn print(&mut self, tag: &Tag, inner: Lowered) {
        self.delimited(tag, inner.within(power::TERNARY), "{{", "}}");
    }

    fn delimited(&mut self, tag: &Tag, inner: Written, open: &str, close: &str) {
        let source = self.slice(&tag.span);
        let mut out = Written::new(format!("{open}{} ", self.dashes.left(tag)), &tag.span);
        let written_lines = inner.text.matches('\n').count();
        out.append(inner);
        let squeezed = |text: &str| text.chars().filter(|c| !c.is_ascii_whitespace()).collect::<String>();
        let complete = format!("{} {}{close}", out.text, self.dashes.right(tag));
        if squeezed(&complete) == squeezed(source) {
            self.out.copy(self.text, &tag.span);
            return;
        }
        let lines = source.matches('\n').count().saturating_sub(written_lines);
        let space = if lines > 0 { "\n".repeat(lines) } else { " ".to_owned() };
        out.put(&format!("{space}{}{close}", self.dashes.right(tag)), &(tag.span.end.saturating_sub(2)..tag.span.end));
        self.out.append(out);
    }

    /// A tag that has no effect: an empty print keeps its lines and its whitespace control, which a comment would not do
    /// after `-%}`.
    fn nothing(&mut self, tag: &Tag) {
        let lines = self.slice(&tag.span).matches('\n').count();
        let space = if lines > 0 { "\n".repeat(lines) } else { " ".to_owned() };
        let print = format!("{{{{{} \"\"{space}{}}}}}", self.dashes.left(tag), self.dashes.right(tag));
        self.out.put(&print, &tag.span);
    }

    fn include(&mut self, tag: &Tag, files: &[Name], ignore_missing: bool) {
        let found = files.iter().find_map(|file| Some((file, self.site.resolve(&file.text)?)));
        let Some((file, full)) = found else {
            if ignore_missing {
                return self.nothing(tag);
            }
            let names = files.iter().map(|f| f.text.as_str()).collect::<Vec<_>>().join(", ");
            let thrown = self.throw(&format!("Template '[{names}]' not found"), &tag.span);
            return self.print(tag, thrown);
        };
        if self.site.extends(&full) {
            let message =
                format!("Inheritance in included templates is not supported: `{}` extends another", file.text);
            let thrown = self.throw(&message, &tag.span);
            return self.print(tag, thrown);
        }
        if self.site.includes_back(self.name, &full) {
            let names: Vec<String> = self.site.free_in_file(&full).iter().map(|name| quoted(name)).collect();
            let call = format!("t1_include(template={}, names=[{}])", quoted(&full), names.join(", "));
            let out = Written::new(call, &tag.span);
            return self.print(tag, Lowered::atom(out, &tag.span));
        }
        let mut out = Written::new("include ", &tag.span);
        let own = self.slice(&file.span);
        out.put(if own.contains('\\') { quoted(&file.text) } else { own.to_owned() }.as_str(), &file.span);
        self.tag(tag, out);
    }

    fn if_tag(&mut self, branches: &'a [Branch], otherwise: Option<&'a (Tag, Vec<Node>)>, end: &'a Tag) {
        let mut word = "if ";
        for branch in branches {
            let mut out = Written::new(word, &branch.tag.span);
            out.append(self.condition(&branch.condition).within(power::TERNARY));
            self.tag(&branch.tag, out);
            self.body(&branch.body, Vec::new());
            word = "elif ";
        }
        if let Some((tag, body)) = otherwise {
            self.tag(tag, Written::new("else", &tag.span));
            self.body(body, Vec::new());
        }
        self.tag(end, Written::new("endif", &end.span));
    }

    fn for_loop(&mut self, each: &'a ForLoop) {
        let mut out = Written::new("for ", &each.tag.span);
        let mut bound = Vec::new();
        if let Some(key) = &each.key {
            out.put(&format!("{}, ", self.variable(&key.text)), &key.span);
            bound.push(key.text.clone());
        }
        // Of two variables of one name Tera 1 takes the key, Tera 2 the value.
        let twice = each.key.as_ref().is_some_and(|key| key.text == each.value.text);
        let value = if twice { "t1_value".to_owned() } else { self.variable(&each.value.text) };
        out.put(&value, &each.value.span).put(" in ", &each.tag.span);
        bound.push(each.value.text.clone());
        out.append(self.container(&each.container, each.key.is_some()).within(power::TERNARY + 1));
        self.tag(&each.tag, out);
        self.loops += 1;
        self.body(&each.body, bound);
        self.loops -= 1;
        if let Some(((tag, body), unused)) = each.otherwise.split_last() {
            for (tag, body) in unused {
                self.lines_of(&tag.span);
                body.iter().for_each(|node| self.lines_of(&span_of(node)));
            }
            self.tag(tag, Written::new("else", &tag.span));
            self.body(body, Vec::new());
        }
        self.tag(&each.end, Written::new("endfor", &each.end.span));
    }

    fn container(&mut self, container: &Expr, keyed: bool) -> Lowered {
        match &container.value {
            Value::Path(_) | Value::Function(_) | Value::Array(_) => {
                let value = self.value(container, false);
                // A map without a key is an error in Tera 1 and a list of values in Tera 2.
                if keyed || value.of == Type::Array { value } else { value.piped("t1_items") }
            }
            _ => self.throw("Forloop containers have to be an ident or a function call", &container.span),
        }
    }

    fn leave_loop(&mut self, tag: &Tag, word: &str) {
        if self.loops > 0 {
            self.tag(tag, Written::new(word, &tag.span));
        } else {
            let thrown = self.throw(&format!("Attempted `{word}` while not in `for loop`"), &tag.span);
            self.print(tag, thrown);
        }
    }

    fn block(&mut self, tag: &'a Tag, name: &'a Name, body: &'a [Node], end: &'a Tag) {
        // Tera 2 takes no block in a loop or a component, and none twice; there its content stands alone.
        let inline = self.blocks_inline || self.loops > 0 || !self.blocks_seen.insert(name.text.clone());
        if inline {
            let outer = std::mem::replace(&mut self.blocks_inline, true);
            self.nothing(tag);
            self.body(body, Vec::new());
            self.nothing(end);
            self.blocks_inline = outer;
            return;
        }
        let mut out = Written::new("block ", &tag.span);
        out.put(&name.text, &name.span);
        self.tag(tag, out);
        self.body(body, Vec::new());
        let named = self.slice(&end.span).contains(&format!("endblock {}", name.text));
        let close = if named { format!("endblock {}", name.text) } else { "endblock".to_owned() };
        self.tag(end, Written::new(close, &end.span));
    }

    fn component(&mut self, definition: &'a Macro) {
        let tag = &definition.tag;
        let mut out = Written::new(format!("{{%{} ", self.dashes.left(tag)), &tag.span);
        out.append(self.component_head(definition));
        let sets = self.component_prologue(definition);
        let lines = "\n".repeat(self.slice(&tag.span).matches('\n').count());
        let last = if sets.is_empty() { self.dashes.right(tag) } else { "" };
        out.put(&format!("{lines} {last}%}}"), &tag.span);
        for (i, set) in sets.iter().enumerate() {
            let last = if i + 1 == sets.len() { self.dashes.right(tag) } else { "" };
            out.put(&format!("{{% {set} {last}%}}"), &tag.span);
        }
        self.out.append(out);
        let (scopes, loops) = (std::mem::take(&mut self.scopes), std::mem::take(&mut self.loops));
        let inline = std::mem::replace(&mut self.blocks_inline, true);
        self.body(&definition.body, definition.params.iter().map(|(name, _)| name.text.clone()).collect());
        (self.scopes, self.loops, self.blocks_inline) = (scopes, loops, inline);
        let id = (self.name.to_owned(), definition.name.text.clone());
        let named = self.slice(&definition.end.span).contains(&format!("endmacro {}", definition.name.text));
        let close = match self.site.component(&id).filter(|_| named) {
            Some(component) => format!("endcomponent {component}"),
            None => "endcomponent".to_owned(),
        };
        self.tag(&definition.end, Written::new(close, &definition.end.span));
    }
}

/// Everything that a node covers.
fn span_of(node: &Node) -> Span {
    match node {
        Node::Text(text) => text.span.clone(),
        Node::Comment { tag, .. }
        | Node::Print { tag, .. }
        | Node::Super(tag)
        | Node::Set { tag, .. }
        | Node::Include { tag, .. }
        | Node::Break(tag)
        | Node::Continue(tag) => tag.span.clone(),
        Node::Raw { open, close, .. } => open.span.start..close.span.end,
        Node::If { branches, end, .. } => branches.first().map_or(end.span.start, |b| b.tag.span.start)..end.span.end,
        Node::For(each) => each.tag.span.start..each.end.span.end,
        Node::Filter { tag, end, .. } | Node::Block { tag, end, .. } => tag.span.start..end.span.end,
        Node::Macro(definition) => definition.tag.span.start..definition.end.span.end,
        Node::Extends { around, .. } | Node::Import { around, .. } => around.clone(),
    }
}
