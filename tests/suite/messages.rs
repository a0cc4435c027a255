//! What kepu says: every error at once, with its place, for people and programs, in two languages.

use serde_json::Value;

use crate::support::{Run, SiteTest};

/// A site with one mistake in each of three files, and a warning.
fn broken() -> SiteTest {
    SiteTest::minimal()
        .file("config.toml", "base_url = \"https://example.com\"\ntitel = \"x\"\n")
        .file("content/a.md", "+++\ntitle = \"A\"\n+++\n\n[月亮](@/nowhere.md)\n\n月 [b](@/also-nowhere.md)\n")
        .file("content/b.md", "+++\ntitle = \"B\"\n+++\n{{ gone.away }}\n")
}

/// The diagnostics that a run wrote to standard output.
#[track_caller]
fn json(run: &Run) -> Vec<Value> {
    run.stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error} in {line}")))
        .collect()
}

/// Severity, code, file, line and column.
fn brief(value: &Value) -> String {
    let text = |key: &str| value[key].as_str().unwrap_or("-").to_owned();
    let number = |key: &str| value[key].as_u64().map_or_else(|| "-".into(), |n| n.to_string());
    format!("{} {} {}:{}:{}", text("severity"), text("code"), text("file"), number("line"), number("column"))
}

#[test]
fn all_errors_of_a_run_are_shown() {
    let run = broken().build().fails();
    for place in ["content/a.md:5:6", "content/a.md:7:7", "content/b.md:4:", "config.toml:2:1"] {
        assert!(run.stderr.contains(place), "no `{place}` in:\n{}", run.stderr);
    }
    run.says("nowhere.md")
        .says("also-nowhere.md")
        .says("titel")
        .says("did you mean `title`")
        .says("3 errors, 1 warning");
}

#[test]
fn errors_of_different_files_and_kinds_are_shown_together() {
    let site = SiteTest::minimal()
        .file("config.toml", "base_url = \"https://example.com\"\ncompile_sass = true\n")
        .file("templates/page.html", "{% if %}")
        .file("templates/section.html", "{{ a | nofilter }}")
        .file("sass/a.scss", "a { b: ")
        .file("content/a.md", "+++\ntitle = \n+++\n")
        .file("content/b.md", "+++\ndate = \"never\"\n+++\n")
        .file("content/c.md", "no front matter\n");
    let run = site.build().fails();
    for file in ["templates/page.html:1:", "sass/a.scss:1:", "content/a.md:2:", "content/b.md:2:", "content/c.md"] {
        assert!(run.stderr.contains(file), "no `{file}` in:\n{}", run.stderr);
    }
}

#[test]
fn an_error_shows_the_line_and_what_to_do() {
    let site = SiteTest::minimal().file("content/a.md", "+++\ntitle = \"A\"\n+++\n\n看 [x](@/gone.md) 吧\n");
    site.build()
        .fails()
        .says("看 [x](@/gone.md) 吧")
        .says("content/a.md:5:7")
        .says("error[")
        .says("       ━━━━━━━━━\n")
        .says("help: after `@/` comes");
}

#[test]
fn one_mistake_in_a_base_template_is_told_once() {
    let mut site = SiteTest::minimal().file("templates/page.html", "{{ page.gone.away }}");
    for page in 0..60 {
        site = site.file(&format!("content/p{page}.md"), "+++\n+++\n");
    }
    let run = site.build().fails().says("1 error");
    assert_eq!(run.stderr.matches("templates/page.html:1:").count(), 1, "{}", run.stderr);
}

#[test]
fn a_mistake_in_every_file_does_not_hide_the_others() {
    let mut site = SiteTest::minimal().file("content/z.md", "+++\ndate = \"never\"\n+++\n");
    for page in 0..60 {
        site = site.file(&format!("content/p{page}.md"), "+++\ndate = 2026-02-30\n+++\n");
    }
    let run = site.build().fails().says("content/z.md:2:").says("more of `").says("--message-format json");
    assert!(run.stderr.matches("┌").count() + run.stderr.matches("╭").count() < 40, "{}", run.stderr);
    assert_eq!(json(&site.run(&["build", "--message-format", "json"])).len(), 61);
}

#[test]
fn programs_get_one_json_object_a_line() {
    let run = broken().run(&["--message-format", "json", "build"]).fails();
    assert!(run.stderr.is_empty(), "{}", run.stderr);
    let all = json(&run);
    let places: Vec<String> = all.iter().map(brief).collect();
    assert_eq!(places.len(), 4, "{places:#?}");
    assert!(places[0].starts_with("warning unknown-key") && places[0].ends_with(" config.toml:2:1"), "{places:#?}");
    assert!(places[1].starts_with("error markdown/") && places[1].ends_with(" content/a.md:5:6"), "{places:#?}");
    assert!(places[2].ends_with(" content/a.md:7:7"), "{places:#?}");
    assert!(places[3].starts_with("error ") && places[3].contains(" content/b.md:4:"), "{places:#?}");
    for value in &all {
        assert!(value["message"].as_str().is_some_and(|message| !message.is_empty()), "{value}");
        assert!(value["end_line"].as_u64() >= value["line"].as_u64(), "{value}");
        assert!(value["notes"].is_array() && value.get("help").is_some(), "{value}");
    }
}

#[test]
fn a_build_without_problems_is_silent_in_json() {
    let run = SiteTest::minimal().run(&["build", "--message-format", "json"]).succeeds();
    assert_eq!((run.stdout.as_str(), run.stderr.as_str()), ("", ""));
}

#[test]
fn every_failure_is_json_when_json_is_asked_for() {
    let site = SiteTest::empty().file("full/mine.txt", "");
    for arguments in [&["build"][..], &["build", "--root", "nowhere"], &["init", "full"], &["build", "--at", "never"]] {
        let run = site.run(&[&["--message-format", "json"], arguments].concat());
        assert_ne!(run.code, Some(0));
        assert_eq!(json(&run).len(), 1, "{arguments:?}: {}{}", run.stdout, run.stderr);
    }
}

#[test]
fn json_speaks_the_language_that_is_asked_for() {
    let all = json(&broken().run(&["--message-format", "json", "--lang", "zh", "build"]).fails());
    let chinese = |text: &str| text.chars().any(|c| ('一'..='龥').contains(&c));
    for value in all {
        // What Tera itself says exists in English only.
        let key = if value["code"] == "template/render" { "help" } else { "message" };
        assert!(chinese(value[key].as_str().expect("a text")), "{value}");
    }
}

#[test]
fn warnings_are_errors_when_strict() {
    let site = SiteTest::minimal().file("config.toml", "base_url = \"https://example.com\"\ntitel = \"x\"\n");
    site.build().succeeds().says("warning[unknown-key]").says("did you mean `title`");
    let before = crate::support::snapshot(site.root());
    site.run(&["build", "--strict"]).fails().says("error[unknown-key]").says("nothing was changed");
    crate::support::assert_same(&before, &crate::support::snapshot(site.root()), "--strict");
    site.write("config.toml", "base_url = \"https://example.com\"\ntitle = \"x\"\n");
    site.run(&["build", "--strict"]).succeeds();
}

#[test]
fn chinese_comes_from_the_flag_or_the_environment() {
    let site = broken();
    let run = |arguments: &[&str], variables: &[(&str, &str)]| {
        let mut command = site.kepu(arguments);
        command.envs(variables.iter().copied());
        Run::new(command.output().expect("kepu runs"), site.root()).fails()
    };
    let chinese = run(&["--lang", "zh", "build"], &[]);
    assert!(chinese.stderr.contains("没有改动任何文件"), "{}", chinese.stderr);
    for variables in [
        &[("LANG", "zh_CN.UTF-8")][..],
        &[("LC_ALL", "zh_TW"), ("LANG", "C")],
        &[("LC_MESSAGES", "zh_CN.GB18030"), ("LANG", "en_US.UTF-8")],
        &[("LC_ALL", ""), ("LANG", "zh")],
    ] {
        assert_eq!(run(&["build"], variables).stderr, chinese.stderr, "{variables:?}");
    }
    let english = run(&["build"], &[]);
    english.does_not_say("错误").says("error");
    run(&["--lang", "en", "build"], &[("LANG", "zh_CN.UTF-8")]).does_not_say("错误");
    run(&["build"], &[("LC_ALL", "en_US.UTF-8"), ("LANG", "zh_CN.UTF-8")]).does_not_say("错误");
}

#[test]
fn messages_have_no_colours_in_files() {
    let site = broken();
    let mut command = site.kepu(&["build"]);
    let output = command.env_remove("NO_COLOR").env("TERM", "xterm-256color").output().expect("kepu runs");
    assert!(!output.stderr.contains(&0x1b), "{}", String::from_utf8_lossy(&output.stderr));
}
