//! What lowering one template has to know of the others: parents, includes, macros and who calls them.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::LazyLock;

use regex::Regex;

use super::super::ast::{Expr, Macro, Name, Node, Path, Span, Value};
use super::super::parse::{self, ParseError, Reason};
use super::variables::{self, Visitor};
use super::{Kind, Source};

/// A template of the site that is in Tera 2.
#[derive(Clone, Debug)]
pub struct OtherTemplate<'a> {
    pub name: &'a str,
    pub text: &'a str,
}

/// One Tera 1 file.
pub(super) struct File<'a> {
    text: &'a str,
    pub(super) nodes: Vec<Node>,
    pub(super) parent: Option<String>,
    /// Namespace and the file that it names, in order.
    pub(super) imports: Vec<(String, String)>,
}

/// A macro by the file that defines it and its name.
pub type MacroId = (String, String);

/// All templates of a site.
pub struct Site<'a> {
    pub(super) files: HashMap<String, File<'a>>,
    pub(super) order: Vec<String>,
    pub(super) others: HashMap<&'a str, &'a str>,
    pub(super) prefixes: &'a [String],
    registered: &'a dyn Fn(Kind, &str) -> bool,
    known: RefCell<HashMap<(Kind, String), bool>>,
    pub(super) components: HashMap<MacroId, String>,
    /// Files from which a file is included or its macros are called, where namespaces are looked for last.
    pub(super) users: HashMap<String, BTreeSet<String>>,
    pub(super) includes: HashMap<String, BTreeSet<String>>,
    pub(super) recursive: HashSet<MacroId>,
    /// What calls give to each parameter.
    pub(super) given: HashMap<(MacroId, String), Vec<&'static str>>,
    /// Variables that come from the context somewhere.
    pub(super) context: HashSet<String>,
    /// Variables that are set or looped over somewhere.
    pub(super) hidden: HashSet<String>,
    pub(super) included: HashSet<String>,
}

impl<'a> Site<'a> {
    pub fn new(
        sources: &[Source<'a>],
        others: &[OtherTemplate<'a>],
        prefixes: &'a [String],
        registered: &'a dyn Fn(Kind, &str) -> bool,
    ) -> Result<Self, Vec<(String, ParseError)>> {
        let mut files = HashMap::new();
        let mut errors = Vec::new();
        let mut order = Vec::new();
        for source in sources {
            match parse::parse(source.text) {
                Ok(nodes) => {
                    let parent = nodes.iter().find_map(|n| match n {
                        Node::Extends { file, .. } => Some(file.text.clone()),
                        _ => None,
                    });
                    let imports = nodes
                        .iter()
                        .filter_map(|n| match n {
                            Node::Import { file, namespace, .. } => Some((namespace.text.clone(), file.text.clone())),
                            _ => None,
                        })
                        .collect();
                    order.push(source.name.to_owned());
                    files.insert(source.name.to_owned(), File { text: source.text, nodes, parent, imports });
                }
                Err(error) => errors.push((source.name.to_owned(), error)),
            }
        }
        let mut site = Self {
            files,
            order,
            others: others.iter().map(|t| (t.name, t.text)).collect(),
            prefixes,
            registered,
            known: RefCell::default(),
            components: HashMap::new(),
            users: HashMap::new(),
            includes: HashMap::new(),
            recursive: HashSet::new(),
            given: HashMap::new(),
            context: HashSet::new(),
            hidden: HashSet::new(),
            included: HashSet::new(),
        };
        for name in &site.order {
            for node in &site.files[name].nodes {
                if let Node::Import { file, .. } = node
                    && site.resolve(&file.text).is_none()
                {
                    let reason = Reason::MissingImport(file.text.clone());
                    errors.push((name.clone(), ParseError { span: file.span.clone(), reason }));
                }
            }
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        site.name_components();
        site.relate();
        Ok(site)
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.order.iter().map(String::as_str)
    }

    pub fn tree(&self, name: &str) -> (&'a str, &[Node]) {
        self.files.get(name).map_or(("", &[]), |f| (f.text, &f.nodes))
    }

    pub fn registered(&self, kind: Kind, name: &str) -> bool {
        if let Some(known) = self.known.borrow().get(&(kind, name.to_owned())) {
            return *known;
        }
        let registered = (self.registered)(kind, name);
        self.known.borrow_mut().insert((kind, name.to_owned()), registered);
        registered
    }

    /// The template that a name stands for, found as the engine finds it.
    pub fn resolve(&self, name: &str) -> Option<String> {
        std::iter::once(String::new())
            .chain(self.prefixes.iter().cloned())
            .map(|prefix| format!("{prefix}{name}"))
            .find(|full| self.files.contains_key(full) || self.others.contains_key(full.as_str()))
    }

    pub fn is_tera1(&self, full: &str) -> bool {
        self.files.contains_key(full)
    }

    /// Whether a Tera 1 template extends another, so that including it is an error.
    pub fn extends(&self, full: &str) -> bool {
        self.files.get(full).is_some_and(|f| f.parent.is_some())
    }

    /// Whether any template above `name` has a block of this name.
    pub fn has_block_above(&self, name: &str, block: &str) -> bool {
        let mut seen = HashSet::new();
        let mut current = name.to_owned();
        loop {
            let parent = match self.files.get(&current) {
                Some(file) => file.parent.clone(),
                None => self.others.get(current.as_str()).and_then(|text| first_group(&EXTENDS, text)),
            };
            let Some(parent) = parent.and_then(|p| self.resolve(&p)) else { return false };
            if !seen.insert(parent.clone()) {
                return false;
            }
            let found = match self.files.get(&parent) {
                Some(file) => defines_block(&file.nodes, block),
                None => self.others.get(parent.as_str()).is_some_and(|text| {
                    BLOCK
                        .as_ref()
                        .is_some_and(|b| b.captures_iter(text).any(|c| c.get(1).is_some_and(|m| m.as_str() == block)))
                }),
            };
            if found {
                return true;
            }
            current = parent;
        }
    }

    /// Whether an include of `to` in `from` leads back to `from`, which Tera 2 refuses.
    pub fn includes_back(&self, from: &str, to: &str) -> bool {
        let mut seen = HashSet::new();
        let mut open = vec![to.to_owned()];
        while let Some(next) = open.pop() {
            if next == from {
                return true;
            }
            if seen.insert(next.clone()) {
                open.extend(self.includes.get(&next).into_iter().flatten().cloned());
            }
        }
        false
    }

    /// Whether a variable of this name comes from the context anywhere.
    pub fn is_context(&self, name: &str) -> bool {
        self.context.contains(name)
    }

    /// Whether a file that takes a variable from outside may get one that hides the context's.
    pub fn may_be_hidden(&self, file: &str, name: &str) -> bool {
        self.hidden.contains(name) && self.included.contains(file)
    }

    pub fn definition(&self, id: &MacroId) -> Option<&Macro> {
        self.files.get(&id.0)?.nodes.iter().find_map(|n| match n {
            Node::Macro(definition) if definition.name.text == id.1 => Some(&**definition),
            _ => None,
        })
    }

    pub fn component(&self, id: &MacroId) -> Option<&str> {
        self.components.get(id).map(String::as_str)
    }

    pub fn is_recursive(&self, id: &MacroId) -> bool {
        self.recursive.contains(id)
    }

    /// Whether a default may stay in the definition: Tera 2 takes the parameter's type from it.
    pub fn keeps_default(&self, id: &MacroId, param: &str, default: &Expr) -> bool {
        let wanted = literal_type(default);
        wanted != "unknown"
            && self.given.get(&(id.clone(), param.to_owned())).is_none_or(|given| given.iter().all(|of| *of == wanted))
    }

    /// The file that a namespace names in `file`.
    pub fn namespace(&self, file: &str, namespace: &str) -> Option<String> {
        let mut seen = HashSet::new();
        let mut level = vec![file.to_owned()];
        // First what the file itself knows, then what those know that use it: within blocks Tera 1 looks there.
        while !level.is_empty() {
            let mut next = Vec::new();
            for file in level {
                if !seen.insert(file.clone()) {
                    continue;
                }
                if let Some(found) = self.own_namespace(&file, namespace, &mut HashSet::new()) {
                    return Some(found);
                }
                next.extend(self.users.get(&file).into_iter().flatten().cloned());
            }
            if namespace == "self" {
                return None;
            }
            level = next;
        }
        None
    }

    /// A file's own imports, then those of the files that it imports, then its parent's.
    fn own_namespace(&self, full: &str, namespace: &str, seen: &mut HashSet<String>) -> Option<String> {
        if !seen.insert(full.to_owned()) {
            return None;
        }
        let file = self.files.get(full)?;
        if namespace == "self" && file.nodes.iter().any(|n| matches!(n, Node::Macro(_))) {
            return Some(full.to_owned());
        }
        if let Some((_, target)) = file.imports.iter().rev().find(|(name, _)| name == namespace) {
            return self.resolve(target);
        }
        let imported = file.imports.iter().filter_map(|(_, target)| self.resolve(target));
        let parent = file.parent.as_ref().and_then(|p| self.resolve(p));
        imported.chain(parent).find_map(|next| self.own_namespace(&next, namespace, seen))
    }

    /// The component of a Tera 2 file that a macro of this name has become.
    pub fn foreign_component(&self, file: &str, name: &str) -> Option<String> {
        let text = self.others.get(file)?;
        let names: Vec<&str> =
            COMPONENT.as_ref()?.captures_iter(text).filter_map(|c| c.get(1).map(|m| m.as_str())).collect();
        let last = |full: &&&str| full.rsplit('.').next() == Some(name);
        names.iter().find(|full| **full == name).or_else(|| names.iter().find(last)).map(|full| (*full).to_owned())
    }

    /// Variables that a macro's body and the files it includes take from outside.
    pub fn free_variables(&self, definition: &Macro) -> BTreeSet<String> {
        let mut free = Free { names: BTreeSet::new(), includes: Vec::new() };
        let mut bound = definition.params.iter().map(|(name, _)| name.text.clone()).collect();
        variables::walk(&definition.body, &mut bound, false, &mut free);
        self.follow_includes(&mut free);
        for (name, _) in &definition.params {
            free.names.remove(&name.text);
        }
        free.names
    }

    /// Variables that a file and those it includes take from outside.
    pub fn free_in_file(&self, full: &str) -> BTreeSet<String> {
        let mut free = Free { names: BTreeSet::new(), includes: vec![full.to_owned()] };
        self.follow_includes(&mut free);
        free.names
    }

    fn follow_includes(&self, free: &mut Free) {
        let mut seen = HashSet::new();
        while let Some(file) = free.includes.pop() {
            if let Some(full) = self.resolve(&file)
                && seen.insert(full.clone())
                && let Some(file) = self.files.get(&full)
            {
                variables::walk(&file.nodes, &mut Vec::new(), false, free);
            }
        }
    }
}

static EXTENDS: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r#"\{%-?\s*extends\s*["'`]([^"'`]+)["'`]"#).ok());
static BLOCK: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\{%-?\s*block\s+(\w+)").ok());
pub(super) static COMPONENT: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"\{%-?\s*component\s+([\w.]+)\s*\(").ok());

fn first_group(pattern: &LazyLock<Option<Regex>>, text: &str) -> Option<String> {
    Some(pattern.as_ref()?.captures(text)?.get(1)?.as_str().to_owned())
}

fn defines_block(nodes: &[Node], wanted: &str) -> bool {
    nodes.iter().any(|node| match node {
        Node::Block { name, body, .. } => name.text == wanted || defines_block(body, wanted),
        Node::Filter { body, .. } => defines_block(body, wanted),
        Node::If { branches, otherwise, .. } => {
            branches.iter().any(|b| defines_block(&b.body, wanted))
                || otherwise.as_ref().is_some_and(|(_, body)| defines_block(body, wanted))
        }
        _ => false,
    })
}

pub(super) fn literal_type(e: &Expr) -> &'static str {
    if !e.filters.is_empty() || e.negated {
        return "unknown";
    }
    match &e.value {
        Value::String(_) | Value::Concat(_) | Value::Macro(_) => "string",
        Value::Int(_) => "integer",
        Value::Float(_) => "float",
        Value::Bool(_) => "bool",
        _ => "unknown",
    }
}

struct Free {
    names: BTreeSet<String>,
    includes: Vec<String>,
}

impl Visitor for Free {
    fn path(&mut self, path: &Path, bound: &[String]) {
        let internal = path.head == "loop" || path.head.starts_with("__tera_");
        if !internal && !bound.contains(&path.head) {
            self.names.insert(path.head.clone());
        }
    }

    fn include(&mut self, files: &[Name], _: &Span) {
        self.includes.extend(files.iter().map(|f| f.text.clone()));
    }
}
