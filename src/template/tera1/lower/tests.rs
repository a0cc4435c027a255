//! The lowered form beside the crate itself, and the lowered text as a person would read it.

use std::panic::{AssertUnwindSafe, catch_unwind};

use serde_json::{Value as Json, json};

use super::super::super::{Dialect, Engine, TemplateFile, filters};

/// Files as `name: text`, the first of them rendered.
type Files<'a> = &'a [(&'a str, &'a str)];

fn context() -> Json {
    json!({
        "title": "A <b> & \"c\" / 'd'",
        "page": {
            "title": "T/1", "draft": false, "weight": 3, "ratio": 1.5, "whole": 2.0, "none": null, "empty": "",
            "extra": { "toc": true, "tags": ["x", "y"], "n": 7, "key with space": "k", "html": "<i>" },
        },
        "pages": [
            { "title": "A", "n": 1, "extra": {} },
            { "title": "B/", "n": 2, "extra": { "toc": false } },
            { "title": "C", "n": 3, "extra": { "toc": true } },
        ],
        "map": { "b": 1, "a": "two", "c": [1, 2] },
        "list": [1, "a/<b>", null, { "a": 1 }, 2.5, 3.0],
        "numbers": [3, 1, 2],
        "key": "a", "index": 1, "zero": 0, "negative": -7, "half": 0.5, "yes": true, "no": false, "nothing": null,
        "word": "héllo", "same": "T/1", "tree": { "name": "r", "children": [
            { "name": "s", "children": [] }, { "name": "t", "children": [{ "name": "u", "children": [] }] },
        ] },
    })
}

fn real(files: Files) -> Result<String, String> {
    let rendered = catch_unwind(AssertUnwindSafe(|| {
        let mut tera = tera1::Tera::default();
        tera.add_raw_templates(files.to_vec()).map_err(|e| e.to_string())?;
        let context = tera1::Context::from_value(context()).map_err(|e| e.to_string())?;
        tera.render(files[0].0, &context).map_err(|e| {
            let mut all = e.to_string();
            let mut source = std::error::Error::source(&e);
            while let Some(cause) = source {
                all = format!("{all}: {cause}");
                source = cause.source();
            }
            all
        })
    }));
    rendered.unwrap_or_else(|_| Err("panic".to_owned()))
}

fn engine(files: Files) -> Result<Engine, String> {
    let templates = files
        .iter()
        .map(|(name, text)| TemplateFile {
            name: (*name).to_owned(),
            file: (*name).to_owned(),
            text: (*text).into(),
            dialect: Dialect::Tera1,
        })
        .collect();
    let mut diagnostics = Vec::new();
    let register = |tera: &mut tera::Tera| {
        filters::register(tera, "en", jiff::Timestamp::UNIX_EPOCH);
        // The built-in templates call them.
        crate::site::register_names(tera);
    };
    Engine::new(templates, None, register, &mut diagnostics)
        .ok_or_else(|| diagnostics.iter().map(|d| d.message.en.clone()).collect::<Vec<_>>().join("\n"))
}

fn ours(files: Files) -> Result<String, String> {
    let engine = engine(files)?;
    let context = tera::Context::from_serialize(&context()).map_err(|e| e.to_string())?;
    engine
        .render(files[0].0, &context)
        .map_err(|errors| errors.iter().map(|d| d.message.en.clone()).collect::<Vec<_>>().join("\n"))
}

fn lowered(files: Files) -> String {
    match engine(files) {
        Ok(engine) => engine.text(files[0].0).unwrap_or_default().to_owned(),
        Err(error) => error,
    }
}

/// What differs between the two, if anything. Of errors only that there is one counts.
fn difference(files: Files) -> Option<String> {
    let (real, ours) = (real(files), ours(files));
    let same = match (&real, &ours) {
        (Ok(real), Ok(ours)) => real == ours,
        (Err(_), Err(_)) => true,
        // Where the crate itself gives up, anything is right.
        (Err(panic), _) if panic == "panic" => true,
        _ => false,
    };
    (!same).then(|| format!("{}\nlowered: {}\nreal: {real:?}\nours: {ours:?}", files[0].1, lowered(files)))
}

fn check(all: &[Files]) {
    let wrong: Vec<String> = all.iter().filter_map(|files| difference(files)).collect();
    assert!(wrong.is_empty(), "{} of {} differ\n\n{}", wrong.len(), all.len(), wrong.join("\n\n"));
}

/// One file each.
fn check_texts(texts: &str) {
    let files: Vec<Vec<(&str, &str)>> =
        texts.lines().filter(|l| !l.trim().is_empty()).map(|line| vec![("t.html", line)]).collect();
    check(&files.iter().map(Vec::as_slice).collect::<Vec<_>>());
}

#[test]
fn printing() {
    check_texts(include_str!("cases/printing.txt"));
}

#[test]
fn paths_and_missing_values() {
    check_texts(include_str!("cases/paths.txt"));
}

#[test]
fn operators() {
    check_texts(include_str!("cases/operators.txt"));
}

#[test]
fn tags() {
    check_texts(include_str!("cases/tags.txt"));
}

#[test]
fn macros() {
    check_texts(include_str!("cases/macros.txt"));
}

#[test]
fn whitespace() {
    let texts = include_str!("cases/whitespace.txt");
    let files: Vec<Vec<(&str, &str)>> = texts.split("\n----\n").map(|text| vec![("t.html", text)]).collect();
    check(&files.iter().map(Vec::as_slice).collect::<Vec<_>>());
}

/// Files apart by lines `== name`, sites by lines `----`.
#[test]
fn several_files() {
    let texts = include_str!("cases/files.txt");
    let sites: Vec<Vec<(&str, &str)>> = texts
        .split("\n----\n")
        .map(|site| {
            let files = site.split("== ").skip(1);
            files.filter_map(|file| file.split_once('\n')).collect()
        })
        .collect();
    check(&sites.iter().map(Vec::as_slice).collect::<Vec<_>>());
}

#[test]
fn lowered_text_is_readable() {
    let page = "{% extends \"base.html\" %}\n{% import \"macros/menu.html\" as menu -%}\n\n\
                {% block title %}{{ page.title }} – {{ super() }}{% endblock title %}\n\n\
                {# The list #}\n{% block content %}\n  {%- for post in section.pages | slice(end=3) %}\n  \
                <li{% if loop.first %} class=\"first\"{% endif %}>\n    \
                {{ menu::entry(post=post, class=\"big\") | safe }}\n    \
                {% if post.extra.image and not post.draft %}<img src=\"{{ post.extra.image.0 }}\">{% endif %}\n    \
                {{ post.description | default(value=\"–\") }} {{ post.word_count / 200 }} min\n  </li>\n  \
                {%- else %} nothing {% endfor %}\n{% endblock %}\n{% block nowhere %}{% endblock %}\n";
    let files: Files = &[
        ("page.html", page),
        ("base.html", "{% block title %}{% endblock %}{% block content %}{% endblock %}"),
        (
            "macros/menu.html",
            "{% macro entry(post, class=\"small\") -%}\n<a class=\"{{ class }}\" title=\"{{ config.title }}\">{{ post.title }}</a>\n\
             {%- if post.children is defined %}{% for child in post.children %}{{ self::entry(post=child) }}{% endfor %}{% endif %}\n\
             {%- endmacro entry %}\n",
        ),
    ];
    insta::assert_snapshot!("lowered_page", lowered(files));
    let rotated: Vec<(&str, &str)> = vec![files[2], files[0], files[1]];
    insta::assert_snapshot!("lowered_macros", lowered(&rotated));
}

/// Parts of the cases put together at random. `KEPU_CASES` sets how many.
#[test]
fn recombined_cases_render_the_same() {
    let count = std::env::var("KEPU_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(3000);
    let lines: Vec<&str> = [
        include_str!("cases/printing.txt"),
        include_str!("cases/paths.txt"),
        include_str!("cases/operators.txt"),
        include_str!("cases/tags.txt"),
        include_str!("cases/macros.txt"),
    ]
    .iter()
    .flat_map(|text| text.lines())
    .filter(|line| !line.is_empty() && !line.contains("__tera_context") && !line.contains("block"))
    // A name of the context that is read nowhere before it is hidden cannot be known.
    .filter(|line| !line.contains("set page") && !line.contains("set map"))
    .collect();
    let expressions: Vec<&str> = lines
        .iter()
        .flat_map(|line| line.split("{{").skip(1).filter_map(|rest| rest.split("}}").next()))
        .map(|e| e.trim().trim_matches('-'))
        // Integers beyond 64 bits are an error when they are printed only.
        .filter(|e| !e.contains("self::") && !e.contains("super") && !e.contains("92233"))
        .collect();
    let mut random = Random(std::env::var("KEPU_SEED").ok().and_then(|n| n.parse().ok()).unwrap_or(0x9e37_79b9));
    let mut wrong = Vec::new();
    std::panic::set_hook(Box::new(|_| {}));
    for _ in 0..count {
        let pick = |random: &mut Random| expressions[random.below(expressions.len())];
        let (a, b, c) = (pick(&mut random), pick(&mut random), pick(&mut random));
        let filter = ["upper", "length", "safe", "default(value=\"/\")", "first", "json_encode", "int", "nope"];
        let f = filter[random.below(filter.len())];
        let op = ["+", "-", "*", "/", "%", "==", "!=", "<", ">=", "and", "or", "~", "in", "not in"][random.below(14)];
        let text = match random.below(14) {
            0 => format!("{{{{ {a} {op} {b} }}}}"),
            1 => format!("{{{{ {a} | {f} }}}}"),
            2 => format!("{{% if {a} {op} {b} %}}y{{% else %}}n{{% endif %}}"),
            3 => format!("{{% if not {a} %}}y{{% elif {b} %}}n{{% else %}}o{{% endif %}}"),
            4 => format!("{{% set x = {a} %}}{{{{ x }}}}{{{{ x | {f} }}}}"),
            5 => format!("{{% for x in {a} %}}{{{{ x }}}}{{{{ {b} }}}}{{% else %}}e{{% endfor %}}"),
            6 => format!("{{{{ [{a}, {b}] }}}}"),
            7 => format!("{{% set x = [{a}, {b}] | {f} %}}{{{{ x }}}}"),
            8 => format!(
                "{{% macro f(v, w=\"/\") %}}{{{{ v }}}}{{{{ w }}}}{{% if v == w %}}={{% endif %}}{{% endmacro %}}{{{{ self::f(v={a}, w={b}) }}}}{{% set y = self::f(v={c}) %}}{{{{ y }}}}"
            ),
            9 => format!("{{{{ missing | default(value={a}) }}}}{{{{ page.none | default(value={b}) | {f} }}}}"),
            10 => format!("{{% if ({a} {op} {b}) and not {c} %}}y{{% else %}}n{{% endif %}}"),
            11 => format!("{{% filter {f} %}}{{{{ {a} }}}}/{{% endfilter %}}"),
            12 => format!("{{{{ {a} | {f} {op} {b} | {f} }}}}{{{{ not {c} {op} {a} }}}}"),
            _ => lines[random.below(lines.len())].to_owned() + lines[random.below(lines.len())],
        };
        if let Some(difference) = difference(&[("t.html", &text)]) {
            wrong.push(difference);
        }
    }
    let _ = std::panic::take_hook();
    wrong.sort_by_key(String::len);
    wrong.dedup();
    let shown = wrong.iter().take(12).cloned().collect::<Vec<_>>().join("\n\n");
    assert!(wrong.is_empty(), "{} of {count} differ\n\n{shown}", wrong.len());
}

/// A small generator with a seed, so that a failure can be repeated.
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % n.max(1) as u64) as usize
    }
}
