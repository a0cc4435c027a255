//! Input that nests or repeats without end: one message or a page, and no process that the system ends.

use crate::support::SiteTest;

/// Builds and checks a site with one odd file; `code` is the only error there is, or empty where it is a site like others.
fn tell(what: &str, file: &str, text: impl AsRef<[u8]>, code: &str) {
    let site = SiteTest::minimal()
        .file("config.toml", "base_url = \"https://example.com\"\ncompile_sass = true\n")
        .file(file, text);
    for command in [&["build"][..], &["check", "--skip-external-links"]] {
        let run = site.run(&[&["--message-format", "json"], command].concat());
        let said = format!("{}{}", run.stdout, run.stderr);
        let errors: Vec<serde_json::Value> = said
            .lines()
            .filter_map(|line| serde_json::from_str(line).ok())
            .filter(|told: &serde_json::Value| told["severity"] == "error" || told["level"] == "error")
            .collect();
        let codes: Vec<&str> = errors.iter().filter_map(|told| told["code"].as_str()).collect();
        match code {
            "" => assert!(run.code == Some(0) && codes.is_empty(), "{what}: {said:.2000}"),
            code => assert!(run.code == Some(1) && codes == [code], "{what}: {:?} {said:.2000}", run.code),
        }
        assert!(code.is_empty() || errors[0]["file"] == file, "{what}: {said:.2000}");
    }
}

#[test]
fn style_sheets_that_never_end_are_told() {
    tell("function", "sass/a.scss", "@function f($a) { @return f($a) } a { b: f(1) }", "sass/endless");
    tell("mixin", "sass/a.scss", "@mixin m { a { @include m } } b { @include m }", "sass/endless");
}

#[test]
fn templates_that_are_too_long_or_call_themselves_are_told() {
    let sum = |sign: &str| format!("{{{{ 1{} }}}}", format!(" {sign} 1").repeat(10_000));
    tell("sum", "templates/index.html", sum("+"), "template/too-long");
    tell("choice", "templates/index.html", sum("or"), "template/too-long");
    tell("filters", "templates/index.html", format!("{{{{ 1{} }}}}", " | abs".repeat(10_000)), "template/too-long");
    tell("steps", "templates/index.html", format!("{{{{ a{} }}}}", ".b".repeat(10_000)), "template/too-long");
    tell("lines", "templates/index.html", sum("or").replace(" or ", "\nor\n"), "template/too-long");
    let chain = format!("{{% if a %}}{}{{% endif %}}", "{% elif a %}".repeat(10_000));
    tell("elif", "templates/index.html", chain, "template/too-long");
    let brackets = format!("{{{{ {}1{} }}}}", "(".repeat(10_000), ")".repeat(10_000));
    tell("brackets", "templates/index.html", brackets, "template/syntax");
    let blocks = format!("{}{}", "{% if true %}".repeat(10_000), "{% endif %}".repeat(10_000));
    tell("blocks", "templates/index.html", blocks, "template/syntax");
    tell("include", "templates/index.html", "{% include \"index.html\" %}", "template/circle");
    let list = "{% set a = [] %}{% for i in range(end=9000) %}{% set_global a = [a] %}{% endfor %}{{ a }}";
    tell("list", "templates/index.html", list, "");
}

/// As much as is allowed, in templates of both generations, to the end of the pipeline; where the engine takes less, it says so.
#[test]
fn templates_that_are_just_short_enough_do_not_end_the_process() {
    for dialect in ["tera1", "tera2"] {
        for piece in [" + 1", " | abs", " or a", " and a", " ~ 1", ".b", "[0]"] {
            let site = SiteTest::minimal()
                .file("kepu.toml", format!("[templates]\ndialect = \"{dialect}\"\n"))
                .file("templates/index.html", format!("{{% set a = 1 %}}{{{{ a{} }}}}", piece.repeat(500)));
            let run = site.run(&["build"]);
            let is_told = run.code == Some(1) && run.stderr.contains("error[template");
            assert!(run.code == Some(0) || is_told, "{dialect} {piece}: {:?} {:.2000}", run.code, run.stderr);
        }
    }
}

#[test]
fn a_body_that_is_too_long_a_template_is_told() {
    let site = SiteTest::minimal()
        .file("templates/c.html", "{% component c() %}{% endcomponent c %}")
        .file("content/a.md", format!("+++\n+++\n{{{{ 1{} }}}}", " * 1".repeat(10_000)));
    let run = site.run(&["build"]);
    assert!(run.code == Some(1) && run.stderr.contains("template/too-long"), "{:?} {:.2000}", run.code, run.stderr);
    assert!(run.stderr.contains("content/a.md:3"), "{:.2000}", run.stderr);
}

#[test]
fn markdown_and_html_may_nest_as_deep_as_they_like() {
    let page = |body: String| format!("+++\ntitle = \"a\"\n+++\n{body}\n");
    tell("quotes", "content/a.md", page(format!("{} a", ">".repeat(10_000))), "");
    tell("lists", "content/a.md", page(format!("{}a", "- ".repeat(10_000))), "");
    tell("emphasis", "content/a.md", page(format!("{}b{}", "*a ".repeat(5_000), " a*".repeat(5_000))), "");
    tell("tags", "static/a.html", format!("<html lang=\"en\"><title>t</title>{}", "<div>".repeat(10_000)), "");
    tell("svg", "static/a.svg", format!("{}{}", "<g>".repeat(10_000), "</g>".repeat(10_000)), "");
}

#[test]
fn data_that_nests_too_deep_is_told() {
    let deep = |open: &str, close: &str| format!("{}1{}", open.repeat(10_000), close.repeat(10_000));
    let front = |value: String| format!("+++\n[extra]\na = {value}\n+++\n");
    tell("front matter", "content/a.md", front(deep("[", "]")), "toml");
    for (name, text) in
        [("a.json", deep("[", "]")), ("a.toml", format!("a = {}", deep("[", "]"))), ("a.yaml", deep("[", "]"))]
    {
        let site = SiteTest::minimal()
            .file(&format!("data/{name}"), text)
            .file("templates/index.html", format!("{{{{ load_data(path=\"data/{name}\") }}}}"));
        let run = site.run(&["build"]);
        assert!(run.code == Some(1) && run.stderr.contains(name), "{name}: {:?} {:.2000}", run.code, run.stderr);
    }
}
