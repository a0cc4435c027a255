//! Stretches of prose, style, and repairs.

use super::prose::stretches;
use super::repair::{apply, changes};
use super::style;
use super::words::Words;

fn texts<'a>(file: &str, text: &'a str) -> Vec<&'a str> {
    stretches(file, text).into_iter().map(|stretch| text[stretch.span].trim()).collect()
}

#[test]
fn only_prose_is_read() {
    let text = "+++\ntitle = \"标题\"\nslug = \"别名/一\"\n+++\n正文 `代码` 后[链接](/路径/甲)。\n\n```\n代码块\n```\n\n    缩进代码\n\n<!-- 注释 -->\n{{ figure(src=\"图.jpg\") }}\nhttps://example.org/中 <b title=\"属性\">粗</b>\n";
    assert_eq!(texts("a.md", text), ["\"标题\"", "正文", "后[链接", "中", "粗"]);
}

#[test]
fn code_over_several_lines_is_no_prose() {
    let text = "~~~\n一\n```\n二\n~~~\n三\n<!-- 四\n五 -->\n六\n{% 七\n八 %}\n九\n";
    assert_eq!(texts("a.md", text), ["三", "六", "九"]);
}

#[test]
fn marks_and_spaces_are_told_apart() {
    let told = |text: &str, wanted| {
        let mut told = Vec::new();
        style::look(text, &stretches("a.md", text), wanted, &mut |diagnostic, span| {
            told.push((diagnostic.code, text[span].to_owned()))
        });
        told
    };
    assert_eq!(told("科普活动,欢迎参加。\n", (true, false)), [("language/punctuation", ",".to_owned())]);
    assert_eq!(told("使用Rust语言。\n", (true, false)), []);
    assert_eq!(told("使用Rust语言。\n", (false, true)).len(), 1);
    assert_eq!(told("他说：“好，走吧。”比例 3:1，时间 10:30。\n", (true, false)), []);
}

#[test]
fn repairs_stay_out_of_code_quotations_and_addresses() {
    let words = Words::new(None, &mut Vec::new());
    let text = "+++\ntitle = \"秸杆利用\"\npath = \"秸杆\"\n+++\n秸杆,好。`秸杆` [秸杆](/秸杆/) “秸杆”\n\n> 秸杆\n";
    let changes = changes("a.md", text, &words, true);
    assert_eq!(
        apply(text, &changes),
        "+++\ntitle = \"秸秆利用\"\npath = \"秸杆\"\n+++\n秸秆，好。`秸杆` [秸秆](/秸杆/) “秸杆”\n\n> 秸杆\n"
    );
    assert!(super::repair::changes("a.md", &apply(text, &changes), &words, true).is_empty());
}

#[test]
fn broken_markdown_does_no_harm() {
    for text in [
        "+++", "+++\n", "---\na", "`", "```", "[](", "](", "<", "{{", "{%", "\\", "$", "一](", "<!--", "> ", "](一(",
        "一]: ", "][",
    ] {
        let _ = stretches("a.md", text);
        let _ = stretches("a.toml", text);
    }
}
