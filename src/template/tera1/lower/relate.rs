//! How the files of a site hang together: component names of macros, who uses whom, what leads back to itself.

use std::collections::{HashMap, HashSet};

use super::super::ast::{MacroCall, Name, Node, Path, Span};
use super::site::{COMPONENT, MacroId, Site, literal_type};
use super::variables::{self, Visitor};

impl Site<'_> {
    /// A name for each macro's component, after its file.
    pub(super) fn name_components(&mut self) {
        let mut taken: HashSet<String> = HashSet::new();
        for text in self.others.values() {
            let found = COMPONENT.iter().flat_map(|c| c.captures_iter(text)).filter_map(|c| c.get(1));
            taken.extend(found.map(|m| m.as_str().to_owned()));
        }
        // The site's own files come first, so that a theme's of the same name gives way.
        let mut names: Vec<&String> = self.order.iter().collect();
        names.sort_by_key(|name| (self.prefixes.iter().any(|p| name.starts_with(p.as_str())), *name));
        for file in names {
            let prefix = self.prefixes.iter().find(|p| file.starts_with(p.as_str()));
            let short = prefix.and_then(|p| file.strip_prefix(p.as_str())).unwrap_or(file);
            for node in self.files.get(file).into_iter().flat_map(|f| &f.nodes) {
                let Node::Macro(definition) = node else { continue };
                let mut name = component_name(short, &definition.name.text);
                if taken.contains(&name) {
                    name = component_name(file, &definition.name.text);
                }
                let plain = name.clone();
                for number in 2.. {
                    if taken.insert(name.clone()) {
                        break;
                    }
                    name = format!("{plain}_{number}");
                }
                self.components.insert((file.clone(), definition.name.text.clone()), name);
            }
        }
    }

    /// Finds out who uses whom.
    pub(super) fn relate(&mut self) {
        let mut facts: Vec<(String, Facts)> = Vec::new();
        for (name, file) in &self.files {
            let mut found = Facts::default();
            variables::walk(&file.nodes, &mut Vec::new(), true, &mut found);
            facts.push((name.clone(), found));
        }
        for (name, found) in &facts {
            self.context.extend(found.free.iter().cloned());
            self.hidden.extend(found.bound.iter().cloned());
            for file in &found.includes {
                if let Some(full) = self.resolve(file) {
                    self.included.insert(full.clone());
                    self.includes.entry(name.clone()).or_default().insert(full.clone());
                    self.users.entry(full).or_default().insert(name.clone());
                }
            }
        }
        let used: Vec<(String, String)> = self
            .files
            .iter()
            .flat_map(|(name, file)| {
                let imports = file.imports.iter().map(|(_, target)| target);
                imports.chain(&file.parent).filter_map(|t| Some((self.resolve(t)?, name.clone())))
            })
            .collect();
        for (target, user) in used {
            self.users.entry(target).or_default().insert(user);
        }
        let mut given: HashMap<(MacroId, String), Vec<&'static str>> = HashMap::new();
        for (name, found) in &facts {
            for call in &found.calls {
                if let Some(file) = self.namespace(name, &call.namespace.text) {
                    for (param, value) in &call.args {
                        let key = ((file.clone(), call.name.text.clone()), param.text.clone());
                        given.entry(key).or_default().push(literal_type(value));
                    }
                }
            }
        }
        self.given = given;
        self.find_recursion();
    }

    /// Macros that lead back to themselves, through other macros or included files.
    fn find_recursion(&mut self) {
        let mut edges: HashMap<MacroId, Vec<MacroId>> = HashMap::new();
        let ids: Vec<MacroId> = self.components.keys().cloned().collect();
        for id in &ids {
            let Some(definition) = self.definition(id) else { continue };
            let mut called = Vec::new();
            let mut open = vec![(id.0.clone(), &definition.body)];
            let mut seen = HashSet::new();
            while let Some((file, nodes)) = open.pop() {
                let mut found = Facts::default();
                variables::walk(nodes, &mut Vec::new(), false, &mut found);
                for call in &found.calls {
                    if let Some(target) = self.namespace(&file, &call.namespace.text) {
                        called.push((target, call.name.text.clone()));
                    }
                }
                for include in &found.includes {
                    if let Some(full) = self.resolve(include)
                        && seen.insert(full.clone())
                        && let Some(file) = self.files.get(&full)
                    {
                        open.push((full, &file.nodes));
                    }
                }
            }
            edges.insert(id.clone(), called);
        }
        for id in &ids {
            let mut seen = HashSet::new();
            let mut open: Vec<&MacroId> = edges.get(id).into_iter().flatten().collect();
            while let Some(next) = open.pop() {
                if next == id {
                    self.recursive.insert(id.clone());
                    break;
                }
                if seen.insert(next) {
                    open.extend(edges.get(next).into_iter().flatten());
                }
            }
        }
    }
}

/// `macros/menu.html` and `nav` are `macros.menu.nav`.
fn component_name(file: &str, name: &str) -> String {
    let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
    let parts = stem.split('/').filter(|part| !part.is_empty()).chain([name]).map(|part| {
        let mut clean: String = part.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
        if clean.starts_with(|c: char| c.is_ascii_digit()) {
            clean.insert(0, '_');
        }
        if matches!(clean.as_str(), "true" | "false" | "True" | "False") {
            clean.push('_');
        }
        clean
    });
    parts.collect::<Vec<_>>().join(".")
}

#[derive(Default)]
struct Facts {
    free: HashSet<String>,
    bound: HashSet<String>,
    includes: Vec<String>,
    calls: Vec<MacroCall>,
}

impl Visitor for Facts {
    fn path(&mut self, path: &Path, bound: &[String]) {
        if !bound.contains(&path.head) {
            self.free.insert(path.head.clone());
        }
    }

    fn bind(&mut self, name: &Name) {
        self.bound.insert(name.text.clone());
    }

    fn macro_call(&mut self, call: &MacroCall) {
        self.calls.push(call.clone());
    }

    fn include(&mut self, files: &[Name], _: &Span) {
        self.includes.extend(files.iter().map(|f| f.text.clone()));
    }
}
