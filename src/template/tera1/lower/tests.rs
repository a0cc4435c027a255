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
