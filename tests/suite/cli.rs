//! The command line: which site is built, where to, what its flags do, and how it ends.

use std::path::Path;

use crate::support::{SiteTest, snapshot};

fn titled(title: &str) -> String {
    format!("base_url = \"https://example.com\"\ntitle = \"{title}\"\n")
}

/// A site whose home page shows the title of its configuration.
fn site() -> SiteTest {
    SiteTest::minimal().file("templates/index.html", "{{ config.title }}|{{ config.base_url }}")
}

#[track_caller]
fn read(path: impl AsRef<Path>) -> String {
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.as_ref().display()))
}

#[test]
fn root_names_the_folder_of_the_site() {
    let outer = SiteTest::empty()
        .file("a/site/config.toml", titled("there"))
        .file("a/site/templates/index.html", "{{ config.title }}");
    for arguments in [["--root", "a/site", "build"], ["build", "-r", "a/site"], ["-r", "./a/../a/site/", "build"]] {
        outer.run(&arguments).succeeds().says("files in `public`");
        assert_eq!(read(outer.path("a/site/public/index.html")), "there");
    }
    outer.run(&["--root", "nowhere", "build"]).fails().says("there is no folder `nowhere`");
}

#[test]
fn the_configuration_is_found_in_folders_above() {
    let site = site().file("config.toml", titled("above")).file("content/deep/er/a.md", "+++\n+++\n");
    let mut command = site.kepu(&["build"]);
    let output = command.current_dir(site.path("content/deep/er")).output().expect("kepu runs");
    assert!(output.status.success());
    assert!(site.output("index.html").starts_with("above|"));
}

#[test]
fn zola_toml_comes_before_config_toml_and_site_config_toml_last() {
    let site = site().file("site/config.toml", titled("site")).file("zola.toml", titled("zola"));
    site.write("config.toml", titled("config"));
    for expected in ["zola", "config", "site"] {
        site.build().succeeds();
        assert_eq!(site.output("index.html"), format!("{expected}|https://example.com"));
        let file = if expected == "site" { "site/config.toml".into() } else { format!("{expected}.toml") };
        std::fs::remove_file(site.path(&file)).expect("a configuration");
    }
    site.build().fails().says("found no `zola.toml`, `config.toml`, `site/config.toml`").says("kepu init");
}

#[test]
fn config_toml_above_comes_before_site_config_toml_here() {
    let outer = SiteTest::empty()
        .file("config.toml", titled("outer"))
        .file("templates/index.html", "{{ config.title }}")
        .file("inner/site/config.toml", titled("inner"))
        .file("inner/templates/index.html", "{{ config.title }}");
    outer.run(&["--root", "inner", "build"]).succeeds();
    assert_eq!(read(outer.path("public/index.html")), "outer");
}

#[test]
fn config_names_another_file() {
    let site = site().file("config.toml", titled("usual")).file("other/test.toml", titled("other"));
    site.run(&["--config", "other/test.toml", "build"]).succeeds();
    assert!(site.output("index.html").starts_with("other|"));
    let absolute = site.path("other/test.toml");
    site.run(&["build", "-c", absolute.to_str().expect("Unicode")]).succeeds();
    site.run(&["build", "-c", "missing.toml"]).fails().says("found no `missing.toml`");
}

#[test]
fn an_output_folder_is_relative_to_where_the_command_runs() {
    let outer =
        SiteTest::empty().file("site/config.toml", titled("x")).file("site/templates/index.html", "{{ config.title }}");
    outer.run(&["--root", "site", "build", "-o", "dist"]).succeeds();
    assert_eq!(read(outer.path("dist/index.html")), "x");
    outer.run(&["--root", "site", "build", "--output-dir", "not/yet/made"]).succeeds();
    assert_eq!(read(outer.path("not/yet/made/index.html")), "x");
    assert!(!outer.path("site/public").exists() && !outer.path("site/dist").exists());
    outer.write("site/config.toml", titled("x") + "output_dir = \"../configured\"\n");
    outer.run(&["--root", "site", "build"]).succeeds();
    assert_eq!(read(outer.path("configured/index.html")), "x");
}

#[test]
fn force_replaces_foreign_files_and_nothing_else_does() {
    let site = site().file("public/mine.txt", "mine").file("public/a/b.txt", "b");
    site.build().fails().says("holds files that kepu did not write: `a/b.txt`, `mine.txt`").says("--force");
    assert_eq!(site.output("mine.txt"), "mine");
    assert!(!site.path("public/index.html").exists());
    site.run(&["build", "--force"]).succeeds();
    assert!(!site.path("public/mine.txt").exists() && !site.path("public/a").exists());
    site.build().succeeds();
}

#[test]
fn drafts_are_left_out_unless_asked_for() {
    let site = site()
        .file("content/done.md", "+++\n+++\n")
        .file("content/draft.md", "+++\ndraft = true\n+++\n")
        .file("content/s/_index.md", "+++\ndraft = true\n+++\n")
        .file("content/s/below.md", "+++\n+++\n");
    site.build().succeeds().says("1 page and 1 section");
    assert!(!site.path("public/draft").exists() && !site.path("public/s").exists());
    site.run(&["build", "--drafts"]).succeeds().says("3 pages and 2 sections");
    assert!(site.path("public/draft/index.html").is_file() && site.path("public/s/below/index.html").is_file());
    site.build().succeeds();
    assert!(!site.path("public/draft").exists(), "a draft stayed from the last build");
}

#[test]
fn minify_shortens_html_only() {
    let html = "<p>\n  a   b\n</p>\n\n<!-- note -->\n<p>c</p>";
    let site = SiteTest::minimal().file("templates/index.html", html).file("static/s.html", html);
    site.build().succeeds();
    assert_eq!(site.output("index.html"), html);
    let robots = site.output("robots.txt");
    site.run(&["build", "--minify"]).succeeds();
    assert_eq!(site.output("index.html"), "<p>a b<p>c");
    assert_eq!((site.output("s.html"), site.output("robots.txt")), (html.to_owned(), robots));
}

#[test]
fn the_base_url_can_be_given() {
    let site = site().file("content/a.md", "+++\n+++\n").file("templates/page.html", "{{ page.permalink }}");
    for (flag, url) in [("-u", "http://localhost:8000"), ("--base-url", "https://x.org/sub/")] {
        site.run(&["build", flag, url]).succeeds();
        assert!(site.output("index.html").ends_with(url), "{}", site.output("index.html"));
        assert_eq!(site.output("a/index.html"), format!("{}/a/", url.trim_end_matches('/')));
        assert!(site.output("sitemap.xml").contains(&format!("{}/a/", url.trim_end_matches('/'))));
    }
}

#[test]
fn zola_exact_turns_the_improvements_off() {
    let site = site().file("content/a.md", "+++\n+++\n**粗：**体\n月\n亮\n");
    site.build().succeeds();
    assert!(site.output("a/index.html").contains("<strong>粗：</strong>体月亮"), "{}", site.output("a/index.html"));
    site.run(&["build", "--zola-exact"]).succeeds();
    assert!(site.output("a/index.html").contains("**粗：**体\n月\n亮"), "{}", site.output("a/index.html"));
}

#[test]
fn the_time_of_the_build_can_be_given() {
    let site = site().file("templates/index.html", "{{ now() | date(format=\"%Y-%m-%dT%H:%M:%S\") }}");
    let times = [
        ("2026-08-05", "2026-08-05T00:00:00"),
        ("2026-08-05T10:00:00Z", "2026-08-05T10:00:00"),
        ("2026-08-05T10:00:00+08:00", "2026-08-05T02:00:00"),
    ];
    for (typed, shown) in times {
        site.run(&["build", "--at", typed]).succeeds();
        assert_eq!(site.output("index.html"), shown, "{typed}");
    }
    for typed in ["yesterday", "2026-02-30", "2026", ""] {
        site.run(&["build", "--at", typed]).fails_as_wrong_usage().says("--at").says("write a date like 2026-08-05");
    }
}

#[test]
fn wrong_usage_ends_with_2_and_names_the_flag() {
    let site = site();
    for arguments in [&["biuld"][..], &["build", "--frobnicate"], &["build", "-o"], &["--lang", "fr", "build"], &[]] {
        site.run(arguments).fails_as_wrong_usage().says("--help");
    }
    site.run(&["build", "--frobnicate"]).fails_as_wrong_usage().says("--frobnicate");
    site.run(&["biuld"]).fails_as_wrong_usage().says("build");
    assert!(!site.path("public").exists());
}

#[test]
fn help_and_version_end_with_0() {
    let site = SiteTest::empty();
    let help = site.run(&["--help"]).succeeds().stdout;
    for word in ["init", "build", "completion", "--root", "--config", "--lang", "--message-format", "--strict"] {
        assert!(help.contains(word), "no `{word}` in:\n{help}");
    }
    let help = site.run(&["build", "--help"]).succeeds().stdout;
    for word in ["--base-url", "--output-dir", "--force", "--drafts", "--minify", "--zola-exact", "--at"] {
        assert!(help.contains(word), "no `{word}` in:\n{help}");
    }
    assert!(site.run(&["--version"]).succeeds().stdout.starts_with("kepu "));
    assert!(snapshot(site.root()).is_empty());
}

#[test]
fn every_shell_gets_its_completion() {
    let site = SiteTest::empty();
    let shells = [
        ("bash", "complete -F _kepu"),
        ("zsh", "#compdef kepu"),
        ("fish", "complete -c kepu"),
        ("elvish", "edit:completion:arg-completer[kepu]"),
        ("powershell", "Register-ArgumentCompleter"),
    ];
    for (shell, says) in shells {
        let script = site.run(&["completion", shell]).succeeds().stdout;
        assert!(script.contains(says), "no `{says}` in the script of {shell}:\n{script}");
        assert!(script.contains("zola-exact") && script.contains("init"), "{shell}");
    }
    site.run(&["completion", "tcsh"]).fails_as_wrong_usage().says("bash");
}

#[test]
fn a_reader_that_goes_away_is_no_panic() {
    let site = SiteTest::empty();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let mut command = site.kepu(&["completion", shell]);
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let output = command.stdout(writer).stderr(std::process::Stdio::piped()).output().expect("kepu runs");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(!stderr.contains("panicked"), "{shell}: {stderr}");
    }
}
