//! Parsing every template once, and rendering by name.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tera::{Context, Tera};

use super::tera1::{self, Kind, PositionMap};
use super::uses::{self, Uses};
use super::{Dialect, bounds, diagnose};
use crate::diagnostic::{Diagnostic, Place, Result};
use crate::text;

/// One template as it is on disk (or in the binary).
#[derive(Clone, Debug)]
pub struct TemplateFile {
    /// The name that templates use: `page.html`, `THEME/templates/page.html`.
    pub name: String,
    /// The path relative to the site's root, for messages.
    pub file: String,
    pub text: Arc<str>,
    /// Settled by the layer that knows the whole tree, from [`super::signs`].
    pub dialect: Dialect,
}

/// A template file and what the engine was given for it.
#[derive(Clone, Debug)]
pub struct Loaded {
    pub source: TemplateFile,
    /// The Tera 2 text of a Tera 1 file, and where its pieces come from.
    pub lowered: Option<(String, PositionMap)>,
}

/// Every template of a site, parsed.
#[derive(Clone)]
pub struct Engine {
    tera: Arc<Tera>,
    files: Arc<HashMap<String, Loaded>>,
    /// What may stand before the name of a template: the theme's folder, that of the built-in ones.
    prefixes: Vec<String>,
    /// Worked out when somebody asks, by name.
    uses: Arc<Mutex<HashMap<String, Uses>>>,
}

const BUILTIN_PREFIX: &str = "__zola_builtins/";

/// Templates that a site may replace by a file of the same name.
const BUILTINS: &[(&str, &str)] = &[
    ("404.html", include_str!("builtins/404.html")),
    ("atom.xml", include_str!("builtins/atom.xml")),
    ("rss.xml", include_str!("builtins/rss.xml")),
    ("feed.json", include_str!("builtins/feed.json")),
    ("sitemap.xml", include_str!("builtins/sitemap.xml")),
    ("split_sitemap_index.xml", include_str!("builtins/split_sitemap_index.xml")),
    ("robots.txt", include_str!("builtins/robots.txt")),
    ("anchor-link.html", include_str!("builtins/anchor-link.html")),
    ("summary-cutoff.html", include_str!("builtins/summary-cutoff.html")),
];

/// The redirect page of aliases; not replaceable.
pub const ALIAS: &str = "internal/alias.html";
/// Shown where a site has no template for a kind of page; not replaceable.
pub const WELCOME: &str = "internal/welcome.html";

impl Loaded {
    /// What Tera reads.
    pub fn text(&self) -> &str {
        self.lowered.as_ref().map_or(&self.source.text, |(text, _)| text)
    }
}

impl Engine {
    /// Parses all templates. `theme` is the theme's name; `register` adds the functions and filters that templates
    /// may call, at least as stand-ins: Tera checks their names while parsing. None when there was an error.
    pub fn new(
        templates: Vec<TemplateFile>,
        theme: Option<&str>,
        register: impl FnOnce(&mut Tera),
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<Engine> {
        let mut tera = Tera::default();
        let theme = theme.map(|t| format!("{t}/templates/"));
        let prefixes: Vec<String> = theme.into_iter().chain([BUILTIN_PREFIX.to_owned()]).collect();
        if let Err(error) = tera.set_fallback_prefixes(prefixes.clone()) {
            diagnostics.extend(diagnose::diagnose(&error, &HashMap::new()));
            return None;
        }
        register(&mut tera);
        tera.global_context().insert("zola_version", ZOLA_VERSION);

        let mut all: Vec<TemplateFile> = BUILTINS
            .iter()
            .map(|(name, text)| (format!("{BUILTIN_PREFIX}{name}"), *text))
            .chain([
                (ALIAS.to_owned(), include_str!("builtins/alias.html")),
                (WELCOME.to_owned(), include_str!("builtins/welcome.html")),
            ])
            .map(|(name, text)| TemplateFile {
                file: format!("(built-in) {name}"),
                name,
                text: text.into(),
                dialect: Dialect::Tera2,
            })
            .collect();
        all.extend(templates);
        let too_long: Vec<_> = all.iter().filter_map(|t| bounds::check(&t.file, &t.text, 0, t.dialect)).collect();
        if !too_long.is_empty() {
            diagnostics.extend(too_long);
            return None;
        }
        tera1::operators::register(&mut tera);
        let mut lowered = match lower(&tera, &all, &prefixes) {
            Ok(lowered) => lowered,
            Err(errors) => {
                diagnostics.extend(errors);
                return None;
            }
        };
        let added = loop {
            let texts = all.iter().map(|t| {
                let lowered = lowered.get(&t.name).map(|(text, _)| text.as_str());
                (t.name.as_str(), lowered.unwrap_or(&t.text))
            });
            let added = tera.add_raw_templates(texts);
            match added.as_ref().err().and_then(|error| drop_unreachable(error, &mut all)) {
                Some(warning) => diagnostics.push(warning),
                None => break added,
            }
        };
        let files: HashMap<String, Loaded> = all
            .into_iter()
            .map(|source| (source.name.clone(), Loaded { lowered: lowered.remove(&source.name), source }))
            .collect();
        if let Err(error) = added {
            diagnostics.extend(every_error(&error, &files));
            return None;
        }
        Some(Engine { tera: Arc::new(tera), files: Arc::new(files), prefixes, uses: Arc::default() })
    }

    /// Whether both come from one parse of the templates.
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.files, &other.files)
    }

    /// The engine underneath, for registering functions.
    pub fn tera_mut(&mut self) -> &mut Tera {
        Arc::make_mut(&mut self.tera)
    }

    /// The template that a name stands for, as templates of the site see it.
    fn find(&self, name: &str) -> Option<&Loaded> {
        let prefixed = |prefix: &String| self.files.get(&format!("{prefix}{name}"));
        self.files.get(name).or_else(|| self.prefixes.iter().find_map(prefixed))
    }

    /// The generation of the template that a name stands for.
    pub fn dialect(&self, name: &str) -> Option<Dialect> {
        self.find(name).map(|file| file.source.dialect)
    }

    /// The Tera 2 text of a template.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.files.get(name).map(Loaded::text)
    }

    /// The Tera 2 text of the template that a name stands for.
    pub fn source(&self, name: &str) -> Option<&str> {
        self.find(name).map(Loaded::text)
    }

    /// What rendering a template can look at.
    pub fn uses(&self, name: &str) -> Uses {
        let known = || self.uses.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(uses) = known().get(name) {
            return *uses;
        }
        let texts = self.files.values().map(Loaded::text);
        let components: Vec<&str> = texts.filter(|text| uses::defines_components(text)).collect();
        let uses = uses::of(name, &|name| self.source(name), &components);
        known().insert(name.to_owned(), uses);
        uses
    }

    pub fn contains(&self, name: &str) -> bool {
        self.tera.contains_template(name)
    }

    /// The names of all template files, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let mut names: Vec<&str> = self.files.keys().map(String::as_str).collect();
        names.sort_unstable();
        names.into_iter()
    }

    /// The file of a template, for messages.
    pub fn file(&self, name: &str) -> Option<&str> {
        self.files.get(name).map(|template| template.source.file.as_str())
    }

    /// Whether bodies may call a component by this name.
    pub fn has_component(&self, name: &str) -> bool {
        self.tera.contains_component(name)
    }

    /// Whether the site has a file in the place of a built-in template of this very name.
    pub fn is_replaced(&self, name: &str) -> bool {
        self.files.get(name).is_some_and(|loaded| !loaded.source.file.starts_with("(built-in)"))
    }

    /// Renders a template by name. The errors are those of the templates, none of them about what was being rendered.
    pub fn render(&self, name: &str, context: &Context) -> Result<String, Vec<Diagnostic>> {
        if !self.contains(name) {
            return Err(vec![
                Diagnostic::error("template/missing", text!("there is no template `{name}`", "没有模板 `{name}`"))
                    .help(text!("add a file `templates/{name}`", "请添加文件 `templates/{name}`")),
            ]);
        }
        let render = || self.tera.render(name, context);
        tera1::scope::within(&self.tera, context, render).map_err(|error| diagnose::diagnose(&error, &self.files))
    }

    /// Renders the body of a content file as a template; `text` is the whole file, the body begins at `start`.
    pub fn render_content(
        &self,
        file: &str,
        text: &str,
        start: usize,
        context: &Context,
    ) -> Result<String, Vec<Diagnostic>> {
        if let Some(error) = bounds::check(file, text, start, Dialect::Tera2) {
            return Err(vec![error]);
        }
        let body = text.get(start..).unwrap_or_default();
        let render = || self.tera.render_str(body, context, false);
        tera1::scope::within(&self.tera, context, render).map_err(|error| {
            let mut diagnostics = diagnose::diagnose(&error, &self.files);
            let lines_before = text.get(..start).unwrap_or_default().matches('\n').count();
            for diagnostic in &mut diagnostics {
                if let Some(place) = &mut diagnostic.place
                    && place.file == diagnose::ONE_OFF
                {
                    *place = match place.excerpt.take().map(|(_, span)| (span.start, span.end)) {
                        Some((line, column)) => diagnose::place_at(file, text, line + lines_before, column),
                        None => Place::file(file),
                    };
                }
                diagnostic.help.get_or_insert_with(|| {
                    text!(
                        "the body holds `{{{{` or `{{%`, so it is a template; wrap literal braces in {{% raw %}} … {{% endraw %}}",
                        "正文含有 `{{{{` 或 `{{%`，会作为模板处理；要原样显示，请用 {{% raw %}} … {{% endraw %}} 包住"
                    )
                });
            }
            diagnostics
        })
    }
}

/// The version that templates see as `zola_version`: the one whose behaviour kepu follows.
const ZOLA_VERSION: &str = "0.23.0";

/// Blanks what stands outside the blocks of a template that extends another. Tera has refused it since 2.1; before, and so
/// in the first sites for Zola 0.23, it had no effect. None when the error is another one.
fn drop_unreachable(error: &tera::Error, templates: &mut [TemplateFile]) -> Option<Diagnostic> {
    let tera::ErrorKind::SyntaxError(report) = error.kind() else { return None };
    if !report.message().starts_with("This content would be ignored") {
        return None;
    }
    let own = |t: &&mut TemplateFile| t.name == report.filename() && t.dialect == Dialect::Tera2;
    let template = templates.iter_mut().find(own)?;
    let range = report.span().range.clone();
    let dropped = template.text.get(range.clone()).filter(|text| !text.trim().is_empty())?;
    let start = range.start + (dropped.len() - dropped.trim_start().len());
    let end = range.start + dropped.trim_end().len();
    let warning = Diagnostic::warning(
        "template/unreachable",
        text!(
            "this has no effect: it is outside the blocks of a template that extends another",
            "这里不起作用：继承其他模板时，块（block）以外的内容会被忽略"
        ),
    )
    .at(Place::span(&template.file, &*template.text, start..end))
    .help(text!("move it into a block, or remove it", "请移到块里，或删去"));
    // Line breaks stay, so that later messages name the right line.
    let blank: String = dropped.chars().filter(|c| *c == '\n').collect();
    let blank = " ".repeat(dropped.len() - blank.len()) + &blank;
    template.text = [&template.text[..range.start], &blank, &template.text[range.end..]].concat().into();
    Some(warning)
}

/// Tera stops at the first file that does not parse; this looks at each file alone to find the others.
fn every_error(first: &tera::Error, files: &HashMap<String, Loaded>) -> Vec<Diagnostic> {
    let mut diagnostics = Vec::new();
    let mut names: Vec<&String> = files.keys().collect();
    names.sort();
    for name in names {
        let mut alone = Tera::default();
        if let Err(error) = alone.add_raw_template(name, files[name].text())
            && matches!(error.kind(), tera::ErrorKind::SyntaxError(_))
        {
            diagnostics.extend(diagnose::diagnose(&error, files));
        }
    }
    if diagnostics.is_empty() { diagnose::diagnose(first, files) } else { diagnostics }
}

/// The Tera 2 text of every Tera 1 template, by name; or why some do not parse.
fn lower(
    tera: &Tera,
    all: &[TemplateFile],
    prefixes: &[String],
) -> Result<HashMap<String, (String, PositionMap)>, Vec<Diagnostic>> {
    let of = |dialect: Dialect| all.iter().filter(move |t| t.dialect == dialect);
    let sources: Vec<_> = of(Dialect::Tera1).map(|t| tera1::Source { name: t.name.as_str(), text: &t.text }).collect();
    if sources.is_empty() {
        return Ok(HashMap::new());
    }
    let others: Vec<_> =
        of(Dialect::Tera2).map(|t| tera1::OtherTemplate { name: t.name.as_str(), text: &t.text }).collect();
    match tera1::lower(&sources, &others, prefixes, &|kind, name| is_registered(tera, kind, name)) {
        Ok(lowered) => Ok(lowered.into_iter().map(|t| (t.name, (t.text, t.map))).collect()),
        Err(errors) => Err(errors
            .iter()
            .filter_map(|(name, error)| {
                let file = all.iter().find(|t| &t.name == name)?;
                Some(diagnose::tera1_syntax(error, file))
            })
            .collect()),
    }
}

/// Whether a name is registered. Tera cannot be asked, but it checks names before it renders.
fn is_registered(tera: &Tera, kind: Kind, name: &str) -> bool {
    let probe = match kind {
        Kind::Filter => format!("{{% if false %}}{{{{ 1 | {name} }}}}{{% endif %}}"),
        Kind::Test => format!("{{% if false %}}{{{{ 1 is {name} }}}}{{% endif %}}"),
        Kind::Function => format!("{{% if false %}}{{{{ {name}() }}}}{{% endif %}}"),
    };
    tera.render_str(&probe, &Context::new(), false).is_ok()
}
