//! Nothing escapes the site: the arguments of template functions, in templates and in bodies.

use std::io::{Read, Write};

use crate::escapes::{config, fenced, refused};
use crate::support::{SiteTest, assert_same, snapshot};

/// Paths out of the site, all of them to the neighbour's file of this kind.
fn ways(site: &SiteTest, extension: &str) -> Vec<String> {
    let absolute = site.path(&format!("neighbour/secret.{extension}"));
    [
        format!("../neighbour/secret.{extension}"),
        format!("/../neighbour/secret.{extension}"),
        format!("@/../../neighbour/secret.{extension}"),
        format!("static/../../neighbour/secret.{extension}"),
        format!("a/../../neighbour/secret.{extension}"),
        format!("..\\\\neighbour\\\\secret.{extension}"),
        format!("%2e%2e/neighbour/secret.{extension}"),
        format!("..%2fneighbour/secret.{extension}"),
        absolute.display().to_string(),
        format!("/{}", absolute.display()),
        format!("file://{}", absolute.display()),
    ]
    .into()
}

/// Calls a function with every path, in a template and in a body.
#[track_caller]
fn refused_everywhere(function: &str, extension: &str, arguments: &str) {
    let paths = ways(&fenced(), extension);
    for index in 0..paths.len() {
        for body in [false, true] {
            let site = fenced();
            let path = &ways(&site, extension)[index];
            let call = format!("{{{{ {function}(path=\"{path}\"{arguments}) }}}}");
            if body {
                site.write("site/content/a.md", format!("+++\n+++\n{call}\n"));
            } else {
                site.write("site/templates/index.html", &call);
            }
            refused(&site, &[], &call, function);
        }
    }
}

#[test]
fn load_data_reads_the_site_only() {
    refused_everywhere("load_data", "json", "");
    refused_everywhere("load_data", "txt", ", format=\"plain\"");
}

#[test]
fn load_data_that_is_not_required_is_empty() {
    for index in 0..ways(&fenced(), "json").len() {
        let site = fenced();
        let path = &ways(&site, "json")[index];
        site.write(
            "site/templates/index.html",
            format!("{{% set d = load_data(path=\"{path}\", required=false) %}}[{{{{ d is none }}}}]"),
        );
        site.run(&["--root", "site", "build"]).succeeds();
        assert_eq!(std::fs::read_to_string(site.path("site/public/index.html")).expect("a page"), "[true]", "{path}");
    }
}

/// A host that says no is asked once, not for every page, and does not hold up what is asked of another.
#[test]
fn load_data_asks_a_host_that_fails_once() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    let asked = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let count = asked.clone();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            count.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            let _ = stream.read(&mut [0; 1024]);
            let _ = stream.write_all(b"HTTP/1.1 500 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        }
    });
    let page = format!("{{% set d = load_data(url=\"http://{address}/\", required=false) %}}[{{{{ d is none }}}}]");
    let mut site = SiteTest::minimal().file("templates/page.html", page);
    for number in 0..20 {
        site = site.file(&format!("content/p{number}.md"), "+++\n+++\n");
    }
    site.build().succeeds();
    assert_eq!(site.output("p7/index.html"), "[true]");
    assert_eq!(asked.load(std::sync::atomic::Ordering::SeqCst), 1);
}

#[test]
fn load_data_reads_no_file_by_its_url() {
    let site = fenced();
    let url = format!("file://{}", site.path("neighbour/secret.json").display());
    site.write("site/templates/index.html", format!("{{{{ load_data(url=\"{url}\", format=\"json\") }}}}"));
    refused(&site, &[], &url, "neither http nor https");
}

#[test]
fn get_hash_reads_the_site_only() {
    refused_everywhere("get_hash", "txt", "");
}

#[test]
fn get_url_hashes_the_site_only() {
    refused_everywhere("get_url", "txt", ", cachebust=true");
}

#[test]
fn resize_image_reads_the_site_only() {
    refused_everywhere("resize_image", "png", ", width=2, height=2");
}

#[test]
fn get_image_metadata_reads_the_site_only() {
    refused_everywhere("get_image_metadata", "png", "");
}

#[test]
fn a_missing_image_that_may_be_missing_is_no_door() {
    let site = fenced();
    let call = "{{ get_image_metadata(path=\"../neighbour/secret.png\", allow_missing=true) }}";
    site.write("site/templates/index.html", call);
    refused(&site, &[], call, "is not inside the site");
}

#[test]
fn includes_know_templates_by_name_only() {
    for path in ["../neighbour/secret.html", "../../neighbour/secret.html", "/etc/hostname"] {
        let site = fenced().file("site/templates/index.html", format!("{{% include \"{path}\" %}}"));
        refused(&site, &[], path, "templates/index.html:1:");
        let site = fenced().file("site/content/a.md", format!("+++\ntemplate = \"{path}\"\n+++\n"));
        refused(&site, &[], path, "there is no template");
    }
}

#[test]
fn sass_imports_the_site_only() {
    let imports = [
        "@import \"../../neighbour/secret\";",
        "@use \"../../neighbour/secret\";",
        "@forward \"../../neighbour/secret\";",
        "@import \"../../neighbour/_secret.scss\";",
    ];
    for import in imports {
        let site = fenced()
            .file("site/config.toml", config("compile_sass = true\n"))
            .file("site/sass/a.scss", format!("{import}\nb {{ c: d }}"));
        refused(&site, &[], import, "sass/a.scss");
    }
    let site = fenced().file("site/config.toml", config("compile_sass = true\n"));
    let absolute = site.path("neighbour/_secret.scss");
    site.write("site/sass/a.scss", format!("@import \"{}\";\nb {{ c: d }}", absolute.display()));
    refused(&site, &[], "an absolute import", "sass/a.scss");
}

#[test]
fn files_inside_the_site_are_read_by_every_spelling() {
    let site = fenced()
        .file("site/content/d.json", "{\"a\": 1}")
        .file("site/data/d.json", "{\"a\": 2}")
        .file("site/static/s.json", "{\"a\": 3}")
        .file("site/templates/index.html", "{% for p in [\"@/d.json\", \"content/d.json\", \"/data/d.json\", \"s.json\"] %}{% set d = load_data(path=p) %}{{ d.a }}{% endfor %}");
    let before = snapshot(&site.path("neighbour"));
    site.run(&["--root", "site", "build"]).succeeds();
    assert_same(&before, &snapshot(&site.path("neighbour")), "reading");
    assert_eq!(std::fs::read_to_string(site.path("site/public/index.html")).expect("a page"), "1123");
}

#[test]
fn the_last_output_is_no_input_however_it_is_spelt() {
    for path in ["public/made.txt", "/public/made.txt", "./public/made.txt", "public/./made.txt", "public//made.txt"] {
        let site = fenced().file("site/static/made.txt", "1").file(
            "site/templates/index.html",
            format!("{{{{ load_data(path=\"{path}\", required=false, format=\"plain\") | default(value=\"none\") }}}}"),
        );
        site.run(&["--root", "site", "build"]).succeeds();
        let first = snapshot(&site.path("site/public"));
        site.run(&["--root", "site", "build"]).succeeds();
        assert_same(&first, &snapshot(&site.path("site/public")), path);
    }
}

#[test]
fn the_last_output_is_no_input_however_its_folder_is_set() {
    for output_dir in ["public/", "./public", "out/public", "./out//public"] {
        let name = output_dir.trim_start_matches("./").replace("//", "/");
        let site = fenced().file("site/config.toml", config(&format!("output_dir = \"{output_dir}\"\n"))).file(
            "site/templates/index.html",
            format!("{{{{ load_data(path=\"{}/made.html\", required=false, format=\"plain\") | default(value=\"none\") }}}}", name.trim_end_matches('/')),
        );
        site.write("site/content/b.md", "+++\naliases = [\"made.html\"]\n+++\n");
        site.run(&["--root", "site", "build"]).succeeds();
        let first = snapshot(&site.path("site").join(name.trim_end_matches('/')));
        site.run(&["--root", "site", "build"]).succeeds();
        assert_same(&first, &snapshot(&site.path("site").join(name.trim_end_matches('/'))), output_dir);
    }
}
