//! A build on top of the last one gives, byte for byte, what a first build gives, and redoes only what changed.

use std::path::{Path, PathBuf};

use kepu::config::{Mode, find};
use kepu::diagnostic::Diagnostic;
use kepu::outreach::BuildTime;
use kepu::publish::build::{Memory, Options, Written, build};
use kepu::site::{Request, Site, Stores, plan};

use crate::support::{SiteTest, assert_same, png, tree};
use crate::warm::{self, Numbers};

fn request(root: &Path) -> Request {
    Request {
        found: find::find(root, None).expect("a site"),
        mode: Mode::Build,
        base_url: None,
        drafts: false,
        minify: false,
        zola_exact: false,
        now: BuildTime::parse("2026-08-05T10:00:00Z").expect("a time"),
        remember: false,
        no_cache: false,
    }
}

/// What the command does, in this process: the result or the errors.
fn run(request: &Request, output: &Path, cached: bool) -> Result<Written, Vec<Diagnostic>> {
    let options = Options { output: Some(output.to_path_buf()), ..Options::default() };
    let memory = if cached { Memory::open(request, &options) } else { None };
    if let Some(written) = memory.as_ref().and_then(|memory| memory.unchanged(&options)) {
        return Ok(written);
    }
    let mut told = Vec::new();
    let stores = if cached { Stores::open(root_of(request)) } else { None };
    let built = Site::load_with(request, stores.clone(), &mut told).and_then(|site| {
        stores.iter().for_each(Stores::save);
        let routes = plan(&site, &mut told);
        if told.iter().any(Diagnostic::is_error) {
            return None;
        }
        build(&site, &routes, &options, memory, &|| (), &mut told)
    });
    built.ok_or(told)
}

fn root_of(request: &Request) -> &Path {
    &request.found.root
}

/// A site and the folder of its output.
struct Built<'a> {
    site: &'a SiteTest,
    output: PathBuf,
}

impl<'a> Built<'a> {
    fn new(site: &'a SiteTest) -> Self {
        let output = site.path("public");
        let built = Self { site, output };
        settle();
        built.warm();
        built
    }

    #[track_caller]
    fn warm(&self) -> Written {
        match run(&request(self.site.root()), &self.output, true) {
            Ok(written) => written,
            Err(errors) => panic!("{errors:#?}"),
        }
    }

    /// Builds, compares with a first build, and gives how many files were rendered and how many written.
    #[track_caller]
    fn again(&self, what: &str) -> (usize, usize) {
        settle();
        let written = self.warm();
        self.check(&request(self.site.root()), what);
        (written.rendered, written.replaced)
    }

    #[track_caller]
    fn check(&self, request: &Request, what: &str) {
        let elsewhere = tempfile::tempdir().expect("a folder");
        let cold = elsewhere.path().join("cold");
        if let Err(errors) = run(request, &cold, false) {
            panic!("{what}: {errors:#?}");
        }
        assert_same(&tree(&cold), &tree(&self.output), what);
    }
}

/// Waits until what was written is older than a tick of the clock of files, so that nothing is looked at twice for being
/// new. What is asserted does not depend on it being long enough for that: see `is_known_by_its_time`.
fn settle() {
    std::thread::sleep(std::time::Duration::from_millis(45));
}

/// Makes edits and compares after each; tells how many states of the site could be built, and how many files were kept.
fn follow(
    site: &SiteTest,
    steps: usize,
    mut edit: impl FnMut(&SiteTest, &mut Numbers, usize) -> Vec<String>,
) -> (usize, usize) {
    let seed = 0x2545_f491_4f6c_dd1d;
    println!("seed {seed:x}");
    let mut numbers = Numbers::new(seed);
    let (output, cold) = (site.path("public"), site.path("cold"));
    let (mut good, mut kept) = (0, 0);
    for step in 0..steps {
        let changed = edit(site, &mut numbers, step);
        let request = Request { drafts: step % 7 == 3, ..request(site.root()) };
        // Somebody spoils a file now and then.
        let spoilt = (step % 5 == 0).then(|| spoil(&output, &mut numbers)).flatten();
        let what = format!("step {step}: {changed:?}, spoilt: {spoilt:?}");
        match (run(&request, &output, true), run(&request, &cold, false)) {
            (Ok(warm), Ok(_)) => {
                assert_same(&tree(&cold), &tree(&output), &what);
                good += 1;
                kept += warm.files - warm.replaced;
            }
            (Err(warm), Err(cold)) => {
                println!(
                    "{what}: {}",
                    cold.iter().find(|told| told.is_error()).map_or("", |told| told.message.en.as_str())
                );
                let said = |told: Vec<Diagnostic>| told.into_iter().map(|d| d.message.en).collect::<Vec<_>>();
                assert_eq!(said(warm), said(cold), "{what}");
            }
            (warm, cold) => panic!("{what}\nwarm: {warm:#?}\ncold: {cold:#?}"),
        }
    }
    (good, kept)
}

fn mend(site: &SiteTest) -> Vec<String> {
    let names = site.tree("content");
    let is_broken = |text: &str| {
        let signs = ["title = \n", "get_url(path=\"@/r", "get_image_metadata("];
        signs.iter().any(|sign| text.contains(sign))
    };
    let broken = names.iter().filter(|(_, bytes)| is_broken(&String::from_utf8_lossy(bytes)));
    broken
        .map(|(name, _)| {
            let name = format!("content/{name}");
            site.write(&name, "+++\ntitle = \"Mended\"\n+++\n");
            name
        })
        .collect()
}

/// Changes, deletes or touches a file of the output.
fn spoil(output: &Path, numbers: &mut Numbers) -> Option<String> {
    let files: Vec<String> = tree(output).into_keys().collect();
    let name = files.get(numbers.below(files.len().max(1)))?;
    let path = output.join(name);
    match numbers.below(3) {
        0 => std::fs::remove_file(path).expect("a file"),
        1 => std::fs::write(path, "spoilt").expect("a file"),
        _ => std::fs::File::options()
            .append(true)
            .open(path)
            .and_then(|file| file.set_modified(std::time::SystemTime::now()))
            .expect("a file"),
    }
    Some(name.clone())
}

const BASE: &str = r#"<title>{{ config.title }}</title>{% block main %}{% endblock %}
{% set d = load_data(path="data/d.toml") %}{{ d.n }}{{ get_url(path="site.css", cachebust=true) | safe }}
{% set s = get_section(path="a/_index.md", lang="en", allow_missing=true) %}{% if s %}{{ s.pages | length }}{% endif %}
{% set t = get_taxonomy(kind="tags", lang="en", required=false) %}{% if t %}{% for term in t.items %}{{ term.name }}{{ term.page_count }}{% endfor %}{% endif %}
{% set p = get_page(path="r2.md", lang="en", allow_missing=true) %}{% if p %}{{ p.title }}{% endif %}
{% set more = load_data(path="data/more.json", required=false) %}{% if more %}{{ more | json_encode }}{% endif %}
{{ get_hash(path="photo.png") }}{{ "[a](@/a/_index.md) *x*" | markdown | safe }}"#;

const INDEX: &str = r#"{% extends "base.html" %}{% block main %}{{ now() | date(format="%Y") }}{{ section.pages | length }}
{% set i = resize_image(path="photo.png", width=8, op="fit_width") %}{{ i.url }}{% endblock %}"#;

/// The site of the snapshots' test, whose templates ask for everything that there is.
fn rich() -> SiteTest {
    warm::site().file("templates/base.html", BASE).file("templates/index.html", INDEX).file("static/deep/a.txt", "a")
}

#[test]
fn after_any_edit_a_build_on_top_is_a_first_one() {
    let site = rich();
    let (good, kept) = follow(&site, 500, |site, numbers, step| match numbers.below(12) {
        0 => {
            let name = format!("static/deep/{}.txt", numbers.below(3));
            match numbers.below(2) {
                0 => site.write(&name, format!("{}", numbers.below(4))),
                _ => drop(std::fs::remove_file(site.path(&name))),
            }
            vec![name]
        }
        1 => {
            let name = "data/more.json";
            match numbers.below(2) {
                0 => site.write(name, format!("[{}]", numbers.below(4))),
                _ => drop(std::fs::remove_file(site.path(name))),
            }
            vec![name.to_owned()]
        }
        2 => {
            let name = "templates/base.html";
            site.write(name, format!("{BASE}{}", numbers.below(3)));
            vec![name.to_owned()]
        }
        3 => Vec::new(),
        // Broken pages are mended, or hardly a state could be built.
        4 | 5 => mend(site),
        _ => warm::edit(site, numbers, step),
    });
    assert!(good > 50 && kept > 500, "only {good} states of the site could be built, and {kept} files kept");
}

#[test]
fn an_outreach_site_on_top_is_a_first_one() {
    let site = SiteTest::empty()
        .file(
            "zola.toml",
            "base_url = \"https://example.com\"\ntitle = \"T\"\ntheme = \"outreach\"\ndefault_language = \"zh\"\n",
        )
        .file("kepu.toml", "[outreach.categories]\nvolunteer = \"志愿服务\"\n")
        .file("content/_index.md", "+++\n+++\n")
        .file("content/news/_index.md", "+++\ntitle = \"新闻\"\n+++\n");
    let (good, _) = follow(&site, 25, |site, numbers, step| {
        let page = format!("content/news/{}.md", ["a", "b", "c"][numbers.below(3)]);
        match numbers.below(5) {
            0 => drop(std::fs::remove_file(site.path(&page))),
            n => {
                let when = ["", "publish_at = 2026-08-06", "expires = 2026-08-04", "publish_at = 2026-08-04"][n - 1];
                site.write(&page, format!("+++\ntitle = \"{step}\"\ndate = 2026-08-01\n[extra]\n{when}\n+++\ntext\n"));
            }
        }
        vec![page]
    });
    assert!(good > 20, "only {good} states of the site could be built");
}

/// Three pages and templates that ask for different things.
fn small() -> SiteTest {
    SiteTest::empty()
        .file("config.toml", "base_url = \"https://example.com\"\ntitle = \"T\"\n")
        .file("templates/page.html", "{{ page.title }} {{ page.content | safe }}")
        .file("templates/data.html", "{{ page.title }}{% set d = load_data(path=\"data/d.toml\") %}{{ d.n }}")
        .file("templates/other.html", "{% set p = get_page(path=\"a.md\") %}{{ p.title }}")
        .file("templates/image.html", "{% set i = resize_image(path=\"photo.png\", width=4, height=4) %}{{ i.url }}")
        .file("templates/index.html", "index")
        .file("templates/section.html", "{% for page in section.pages %}{{ page.title }}{% endfor %}")
        .file("static/photo.png", png(20, 20))
        .file("static/a.txt", "a")
        .file("data/d.toml", "n = 1")
        .file("content/a.md", "+++\ntitle = \"A\"\n+++\ntext\n")
        .file("content/s/_index.md", "+++\ntitle = \"S\"\n+++\n")
        .file("content/s/one.md", "+++\ntitle = \"One\"\n+++\ntext\n")
        .file("content/data.md", "+++\ntitle = \"Data\"\ntemplate = \"data.html\"\n+++\n")
        .file("content/other.md", "+++\ntitle = \"Other\"\ntemplate = \"other.html\"\n+++\n")
        .file("content/image.md", "+++\ntitle = \"Image\"\ntemplate = \"image.html\"\n+++\n")
}

#[test]
fn only_what_depends_on_a_change_is_made_again() {
    let site = small();
    let built = Built::new(&site);
    let copied = site.path("public/a.txt");
    let before = std::fs::metadata(&copied).and_then(|meta| meta.modified()).expect("a file");
    assert_eq!(built.again("nothing"), (0, 0));
    // A file that is saved without a change is read, and nothing else.
    site.write("content/a.md", "+++\ntitle = \"A\"\n+++\ntext\n");
    assert_eq!(built.again("a page saved as it was"), (0, 0));
    // The page itself; the home page is given all pages, but its template looks at none.
    site.write("content/image.md", "+++\ntitle = \"Image\"\ntemplate = \"image.html\"\n+++\nmore\n");
    assert_eq!(built.again("a body that its template does not show"), (1, 0));
    site.write("content/a.md", "+++\ntitle = \"A\"\n+++\nother text\n");
    assert_eq!(built.again("a page that another one asks for"), (2, 1));
    site.write("content/a.md", "+++\ntitle = \"AA\"\n+++\nother text\n");
    assert_eq!(built.again("its title"), (2, 2));
    site.write("data/d.toml", "n = 2");
    assert_eq!(built.again("data"), (1, 1));
    site.write("static/a.txt", "b");
    assert_eq!(built.again("a static file"), (0, 1));
    site.write("static/photo.png", png(21, 20));
    // The page that shows it; the photo, and the copy of it under its new name.
    assert_eq!(built.again("an image"), (2, 3));
    site.write("templates/section.html", "<!-- new -->{% for page in section.pages %}{{ page.title }}{% endfor %}");
    let (rendered, written) = built.again("a template");
    assert_eq!((rendered > 5, written), (true, 1));
    std::fs::remove_file(site.path("content/s/one.md")).expect("a file");
    built.again("a page that is gone");
    assert!(!site.path("public/s/one").exists());
    assert!(std::fs::metadata(&copied).and_then(|meta| meta.modified()).expect("a file") > before);
}

#[test]
fn pages_that_are_only_counted_are_not_looked_at() {
    let site = small();
    site.write("templates/section.html", "{{ section.title }}: {{ section.pages | length }}");
    let built = Built::new(&site);
    site.write("content/s/one.md", "+++\ntitle = \"Uno\"\n+++\ntext\n");
    assert_eq!(built.again("a title in a section that counts its pages"), (1, 1));
    site.write("content/s/two.md", "+++\ntitle = \"Two\"\n+++\ntext\n");
    // The page, the section and the sitemap.
    assert_eq!(built.again("one more page"), (3, 3));
    let section = std::fs::read_to_string(site.path("public/s/index.html")).expect("a file");
    assert_eq!(section, "S: 2");
}

#[test]
fn a_damaged_cache_is_none() {
    let site = small();
    site.write("content/links.md", "+++\ntitle = \"Links\"\n+++\n[a](@/a.md) and [one](@/s/one.md#h)\n");
    site.write("content/s/one.md", "+++\ntitle = \"One\"\n+++\n# H\ntext\n");
    let built = Built::new(&site);
    let mut edition = 0;
    for name in ["sources", "markdown"] {
        let file = site.path(".kepu/cache").join(name);
        let whole = std::fs::read(&file).expect("a store");
        assert!(whole.len() > 500, "{name} holds {} bytes", whole.len());
        for at in (0..whole.len()).step_by(whole.len() / 12) {
            let mut bytes = whole.clone();
            bytes[at] ^= 0x21;
            std::fs::write(&file, if at % 2 == 0 { &bytes } else { &bytes[..at] }).expect("a file");
            edition += 1;
            site.write("templates/page.html", format!("{{{{ page.title }}}} {{{{ page.content | safe }}}}{edition}"));
            built.again(&format!("{name} damaged at {at}"));
        }
        std::fs::remove_file(&file).expect("a file");
        std::fs::create_dir(&file).expect("a folder");
        site.write("content/a.md", format!("+++\ntitle = \"A{edition}\"\n+++\nx\n"));
        built.again(&format!("{name} is a folder"));
        std::fs::remove_dir(&file).expect("a folder");
    }
}

#[test]
fn a_file_that_changes_while_it_is_taken_for_unchanged_stops_the_build() {
    let site = small();
    let built = Built::new(&site);
    let before = tree(&built.output);
    settle();
    site.write("templates/page.html", "new {{ page.content | safe }}");
    // The page is known, its text has to be read again.
    std::fs::remove_file(site.path(".kepu/cache/markdown")).expect("a file");
    let request = request(site.root());
    let options = Options { output: Some(built.output.clone()), ..Options::default() };
    let memory = Memory::open(&request, &options);
    let mut told = Vec::new();
    let loaded = Site::load_with(&request, Stores::open(site.root()), &mut told).expect("a site");
    let routes = plan(&loaded, &mut told);
    site.write("content/a.md", "+++\ntitle = \"A, and more\"\n+++\nanother text\n");
    assert_eq!(build(&loaded, &routes, &options, memory, &|| (), &mut told), None);
    assert_eq!(told.iter().map(|told| told.code).collect::<Vec<_>>(), ["build/changed"]);
    assert_same(&before, &tree(&built.output), "a build that stopped");
    built.again("the next build");
}

#[test]
fn what_is_not_written_again_stays_the_same_file() {
    let site = small();
    let built = Built::new(&site);
    let modified =
        || std::fs::metadata(site.path("public/s/one/index.html")).and_then(|m| m.modified()).expect("a file");
    let before = modified();
    for edition in 0..4 {
        site.write("content/a.md", format!("+++\ntitle = \"A\"\n+++\n{edition}\n"));
        built.again("another page");
        assert_eq!(modified(), before);
    }
}

#[test]
fn a_spoilt_output_is_mended() {
    let site = small();
    let built = Built::new(&site);
    let page = site.path("public/a/index.html");
    std::fs::remove_file(&page).expect("a file");
    assert_eq!(built.again("deleted").1, 1);
    std::fs::write(&page, "mine").expect("a file");
    assert_eq!(built.again("changed").1, 1);
    std::fs::remove_dir_all(site.path("public/s")).expect("a folder");
    built.again("a folder deleted");
    std::fs::remove_dir_all(site.path("public")).expect("a folder");
    built.again("all deleted");
    std::fs::remove_dir_all(site.path(".kepu")).expect("a folder");
    // What kepu no longer knows as its own it does not replace.
    assert!(run(&request(site.root()), &built.output, true).is_err());
    std::fs::remove_dir_all(site.path("public")).expect("a folder");
    built.again("everything deleted");
}

#[test]
fn a_damaged_record_or_spare_is_none() {
    let site = small();
    let built = Built::new(&site);
    site.write("content/a.md", "+++\ntitle = \"A\"\n+++\nx\n");
    built.again("with a spare");
    let files = || -> Vec<PathBuf> {
        let entries = std::fs::read_dir(site.path(".kepu/outputs")).expect("a folder");
        entries.flatten().map(|entry| entry.path()).collect()
    };
    let with = |extension: &str| {
        files().into_iter().find(|path| path.extension().is_some_and(|e| e == extension)).expect("a file of that kind")
    };
    let bytes = std::fs::read(with("record")).expect("a record");
    let flipped = |at: usize| {
        let mut bytes = bytes.clone();
        bytes[at] ^= 0x40;
        bytes
    };
    let damaged = [
        Vec::new(),
        bytes[..bytes.len() / 2].to_vec(),
        bytes[..bytes.len() - 1].to_vec(),
        [&bytes[..], b"x"].concat(),
        flipped(3),
        // In the part that names the version of kepu.
        flipped(20),
        flipped(bytes.len() / 2),
        flipped(bytes.len() - 1),
    ];
    for (number, bytes) in damaged.into_iter().enumerate() {
        std::fs::write(with("record"), bytes).expect("a file");
        let (rendered, _) = built.again(&format!("damaged record {number}"));
        assert!(rendered > 5, "{number}");
    }
    for spoil in [
        (|spare: &Path| std::fs::remove_dir_all(spare).expect("a folder")) as fn(&Path),
        |spare| std::fs::remove_file(spare.join("s/index.html")).expect("a file"),
        |spare| std::fs::write(spare.join("s/planted.html"), "planted").expect("a file"),
        |spare| std::fs::write(spare.join("planted.html"), "planted").expect("a file"),
    ] {
        for edition in 0..2 {
            site.write("content/a.md", format!("+++\ntitle = \"A\"\n+++\nedition {edition}\n"));
            built.again("before");
        }
        spoil(&with("spare"));
        site.write("content/a.md", "+++\ntitle = \"A\"\n+++\nlast\n");
        built.again("a spoilt spare");
    }
}

#[test]
fn every_set_of_options_gets_its_own_site() {
    let site = small().file("content/d.md", "+++\ntitle = \"D\"\ndraft = true\n+++\n");
    let built = Built::new(&site);
    let plain = request(site.root());
    let requests = [
        Request { drafts: true, ..plain.clone() },
        Request { base_url: Some("https://elsewhere.example".to_owned()), ..plain.clone() },
        Request { minify: true, ..plain.clone() },
        Request { zola_exact: true, ..plain.clone() },
        plain,
    ];
    for (number, request) in requests.iter().enumerate() {
        run(request, &built.output, true).expect("a site");
        built.check(request, &format!("options {number}"));
        // The same into another folder, and back.
        run(request, &site.path("other"), true).expect("a site");
        assert_same(&tree(&built.output), &tree(&site.path("other")), &format!("options {number}, another folder"));
    }
}

#[test]
fn the_command_keeps_to_what_it_is_told() {
    let site = small();
    site.build().succeeds();
    let record = |site: &SiteTest| site.tree(".kepu").keys().any(|name| name.ends_with(".record"));
    assert!(record(&site));
    site.run(&["build", "--no-cache"]).succeeds();
    assert!(!record(&site), "what was known of the output is no longer true");
    site.build().succeeds();
    let again = site.build().succeeds();
    again.says("0 of them rendered again");
    // A warning is told every time.
    site.write("content/a.md", "+++\ntitle = \"A\"\n+++\n[x](@/s/_index.md#none)\n");
    site.write("config.toml", "base_url = \"https://example.com\"\n[link_checker]\ninternal_level = \"warn\"\n");
    site.build().succeeds().says("none");
    site.build().succeeds().says("none");
    site.run(&["build", "--strict"]).fails();
}

#[test]
fn builds_that_meet_leave_the_site_whole() {
    let site = small();
    let built = Built::new(&site);
    for edition in 0..6 {
        site.write("content/a.md", format!("+++\ntitle = \"{edition}\"\n+++\ntext\n"));
        let mut children: Vec<_> = (0..3)
            .map(|_| site.kepu(&["build"]).stderr(std::process::Stdio::null()).spawn().expect("kepu runs"))
            .collect();
        let done = children.iter_mut().filter_map(|child| child.wait().ok()).filter(|status| status.success()).count();
        assert!(done > 0, "no build got through");
        built.check(&request(site.root()), &format!("edition {edition}"));
    }
}
