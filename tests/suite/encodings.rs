//! Files that Windows programs save: read when they can be, named when they cannot.

use encoding_rs::{BIG5, EUC_KR, GB18030, SHIFT_JIS};

use crate::support::SiteTest;

const PAGE: &str = "+++\ntitle = \"月相\"\n+++\n月亮围绕地球运行，我们看到的月亮有圆有缺，这就是月相。\n";

fn utf16(text: &str, unit: fn(u16) -> [u8; 2]) -> Vec<u8> {
    std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(unit).collect()
}

fn gb18030(text: &str) -> Vec<u8> {
    GB18030.encode(text).0.into_owned()
}

#[track_caller]
fn reads_page(bytes: Vec<u8>, warning: Option<&str>) {
    let site = SiteTest::minimal().file("content/a.md", bytes);
    let run = site.build().succeeds();
    assert_eq!(
        site.output("a/index.html"),
        "page 月相|<p>月亮围绕地球运行，我们看到的月亮有圆有缺，这就是月相。</p>\n"
    );
    match warning {
        Some(name) => {
            run.says(&format!("saved as {name}")).says("content/a.md").says("save it as UTF-8");
        }
        None => {
            run.does_not_say("warning");
        }
    }
}

#[test]
fn gb18030_is_read_with_a_warning() {
    reads_page(gb18030(PAGE), Some("gb18030"));
}

#[test]
fn utf16_is_read_with_a_warning() {
    reads_page(utf16(PAGE, u16::to_le_bytes), Some("UTF-16LE"));
    reads_page(utf16(PAGE, u16::to_be_bytes), Some("UTF-16BE"));
}

#[test]
fn a_byte_order_mark_is_read_without_a_word() {
    reads_page(format!("\u{feff}{PAGE}").into_bytes(), None);
}

#[test]
fn line_ends_of_windows_change_nothing() {
    reads_page(PAGE.replace('\n', "\r\n").into_bytes(), None);
    reads_page(gb18030(&PAGE.replace('\n', "\r\n")), Some("gb18030"));
}

#[test]
fn the_configuration_may_be_saved_by_notepad_too() {
    let config = "base_url = \"https://example.com\"\ntitle = \"奈曼旗科学技术协会\"\n";
    let saved = [gb18030(config), utf16(config, u16::to_le_bytes), format!("\u{feff}{config}").into_bytes()];
    for (index, bytes) in saved.into_iter().enumerate() {
        let site = SiteTest::minimal().file("config.toml", bytes).file("templates/index.html", "{{ config.title }}");
        let run = site.build().succeeds();
        assert_eq!(site.output("index.html"), "奈曼旗科学技术协会");
        assert_eq!(run.stderr.contains("encoding/converted"), index < 2, "{}", run.stderr);
    }
}

#[test]
fn templates_and_data_may_be_saved_by_notepad_too() {
    let template = "<h1>科学普及活动</h1>{{ load_data(path=\"data.csv\") | json_encode | safe }}";
    let site = SiteTest::minimal()
        .file("templates/index.html", gb18030(template))
        .file("data.csv", gb18030("名称,人数\n天文观测,三十人\n"));
    site.build().succeeds().says("templates/index.html").says("encoding/converted");
    let index = site.output("index.html");
    assert!(index.starts_with("<h1>科学普及活动</h1>") && index.contains("天文观测"), "{index}");
}

#[test]
fn style_sheets_with_a_byte_order_mark_are_read() {
    let site = SiteTest::minimal()
        .file("config.toml", "base_url = \"https://example.com\"\ncompile_sass = true\n")
        .file("sass/a.scss", "\u{feff}a { b: c }");
    site.build().succeeds();
    assert!(site.output("a.css").contains("b:c"));
}

#[test]
fn strict_builds_refuse_what_has_to_be_converted() {
    let site = SiteTest::minimal().file("content/a.md", gb18030(PAGE));
    site.run(&["build", "--strict"]).fails().says("error[encoding/converted]");
}

#[test]
fn other_encodings_are_errors_that_name_the_byte() {
    let latin = b"+++\ntitle = \"x\"\n+++\nun caf\xe9 au lait\n".to_vec();
    SiteTest::minimal()
        .file("content/a.md", latin)
        .build()
        .fails()
        .says("content/a.md:4:7")
        .says("byte 26 (line 4, column 7) is 0xE9");
}

#[test]
fn what_is_not_simplified_chinese_is_no_gb18030() {
    let pages = [
        (BIG5, "月亮圍繞地球運行，我們看到的月亮有圓有缺，這就是月相。歡迎大家參加天文臺的活動。"),
        (SHIFT_JIS, "月の満ち欠けについて説明します。天文台へようこそ。"),
        (EUC_KR, "달의 위상에 대해 설명합니다. 천문대에 오신 것을 환영합니다."),
    ];
    for (encoding, text) in pages {
        let bytes = encoding.encode(&format!("+++\ntitle = \"x\"\n+++\n{text}\n")).0.into_owned();
        let site = SiteTest::minimal().file("content/a.md", bytes);
        site.build().fails().says("not text in UTF-8").says(&format!("it may be {}", encoding.name()));
    }
}

#[test]
fn damaged_utf16_is_an_error() {
    let mut bytes = utf16(PAGE, u16::to_le_bytes);
    bytes.pop();
    SiteTest::minimal().file("content/a.md", bytes).build().fails().says("content/a.md").says("damaged");
}

#[test]
fn errors_in_converted_files_point_at_the_right_line() {
    let page = "+++\ntitle = \"月相\"\n+++\n\n月亮围绕地球运行：[月食](@/没有.md)\n";
    let site = SiteTest::minimal().file("content/a.md", gb18030(page));
    site.build().fails().says("content/a.md:5:15").says("没有.md").says("gb18030");
}
