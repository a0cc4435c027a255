use std::sync::Arc;

use super::*;
use crate::config::{Differences, for_test};
use crate::text;

/// One page, rendered with `options` behind `base_url` in the configuration.
struct Page {
    config: Config,
    insert_anchor: InsertAnchor,
}

fn page(options: &str) -> Page {
    let config = Arc::unwrap_or_clone(for_test(options));
    Page { insert_anchor: config.markdown.insert_anchor_links, config }
}

impl Page {
    fn kepu(mut self) -> Self {
        self.config.differences = Differences::all();
        self
    }

    fn rendered(&self, text: &str) -> (Rendered, Vec<Diagnostic>) {
        let file = format!("+++\n+++\n{text}");
        let context = Context {
            config: &self.config,
            highlighter: &Highlighter::new(&self.config, std::path::Path::new("/nowhere")),
            file: "content/moon.md",
            content_path: "moon.md",
            source: Some((&file, 8)),
            insertions: None,
            before_0_23: false,
            permalink: "https://example.com/moon/",
            insert_anchor: self.insert_anchor,
            resolve: &|path| (path == "sun.md").then(|| "https://example.com/sun/".to_owned()),
            anchor_link: &|id, _| Ok(format!("<a class=\"me\" href=\"#{id}\">§</a>")),
            summary_cutoff: &|_| Ok("…".to_owned()),
        };
        let mut diagnostics = Vec::new();
        (render(text, &context, &mut diagnostics), diagnostics)
    }

    fn html(&self, text: &str) -> String {
        self.rendered(text).0.body
    }

    /// Severity, code, line, column and marked text of everything that was reported.
    fn reports(&self, text: &str) -> Vec<String> {
        let (_, diagnostics) = self.rendered(text);
        let show = |d: &Diagnostic| {
            let place = d.place.as_ref().unwrap();
            let (line, column) = place.line_column().unwrap();
            let (file, span) = place.excerpt.clone().unwrap();
            format!("{:?} {} {line}:{column} {}", d.severity, d.code, &file[span])
        };
        diagnostics.iter().map(show).collect()
    }
}

#[test]
fn headings_get_unique_ids_around_explicit_ones() {
    let (rendered, _) = page("").rendered("# 月相\n## 月相\n## *Sun* {#yue-xiang-1 .a .b}\n");
    assert_eq!(
        rendered.body,
        "<h1 id=\"yue-xiang\">月相</h1>\n<h2 id=\"yue-xiang-2\">月相</h2>\n\
         <h2 id=\"yue-xiang-1\" class=\"a b\"><em>Sun</em></h2>\n"
    );
    let children: Vec<&str> = rendered.toc[0].children.iter().map(|h| h.title.as_str()).collect();
    assert_eq!(children, ["月相", "Sun"]);
}

#[test]
fn marks_inside_heading_attributes_are_not_markdown() {
    assert_eq!(page("").html("# `__init__` {#__init__}\n"), "<h1 id=\"__init__\"><code>__init__</code></h1>\n");
    let smart = page("[markdown]\nsmart_punctuation = true");
    assert_eq!(smart.html("# a--b ## {#a--b}\n"), "<h1 id=\"a--b\">a–b</h1>\n");
}

#[test]
fn two_headings_with_one_id_are_warned_of() {
    assert_eq!(page("").reports("# a {#x}\n\n# b {#x}\n"), ["Warning markdown/duplicate-id 5:6 #x"]);
}

#[test]
fn anchor_links_go_where_the_site_wants_them() {
    let html = |place: &str| page(&format!("[markdown]\ninsert_anchor_links = \"{place}\"")).html("# a\n");
    assert_eq!(html("left"), "<h1 id=\"a\"><a class=\"me\" href=\"#a\">§</a>a</h1>\n");
    assert_eq!(html("right"), "<h1 id=\"a\">a<a class=\"me\" href=\"#a\">§</a></h1>\n");
    assert_eq!(html("heading"), "<h1 id=\"a\"><a class=\"me\" href=\"#a\">a</a></h1>\n");
}

#[test]
fn links_lead_to_pages_files_and_places_on_the_page() {
    let (rendered, _) = page("").rendered("[a](@/sun.md#b) [c](d.pdf) [e](#f) [g](../h) <i@j.k>");
    assert_eq!(
        rendered.body,
        "<p><a href=\"https://example.com/sun/#b\">a</a> <a href=\"https://example.com/moon/d.pdf\">c</a> \
         <a href=\"https://example.com/moon/#f\">e</a> <a href=\"../h\">g</a> <a href=\"mailto:i@j.k\">i@j.k</a></p>\n"
    );
    let links: Vec<_> = rendered.internal_links.iter().map(|l| (l.path.as_str(), l.anchor.as_deref())).collect();
    assert_eq!(links, [("sun.md", Some("b")), ("moon.md", Some("f"))]);
    assert_eq!(rendered.internal_links[0].span, Some(12..22));
}

#[test]
fn external_links_carry_the_configured_attributes() {
    let page = page("[markdown]\nexternal_links_class = \"out\"\nexternal_links_target_blank = true");
    let (rendered, _) = page.rendered("[a](https://b.c?d&e \"<f>\")");
    assert_eq!(
        rendered.body,
        "<p><a class=\"out\" rel=\"noopener external\" target=\"_blank\" title=\"&lt;f&gt;\" href=\"https://b.c?d&amp;e\">a</a></p>\n"
    );
    assert_eq!(rendered.external_links[0].url, "https://b.c?d&e");
}

#[test]
fn every_broken_link_is_reported_where_it_stands() {
    let text = "月 [a](@/no.md)\n> - b\n>   [c](@/%E6%9C%88.md)\n\n[](<>)\n";
    let reports = page("").reports(text);
    assert_eq!(
        reports,
        [
            "Error markdown/broken-link 3:7 @/no.md",
            "Error markdown/broken-link 5:9 @/%E6%9C%88.md",
            "Error markdown/empty-link 7:1 [](<>)"
        ]
    );
    let warned = page("[link_checker]\ninternal_level = \"warn\"").reports("[a](@/no.md)");
    assert_eq!(warned, ["Warning markdown/broken-link 3:5 @/no.md"]);
}

#[test]
fn a_file_full_of_errors_is_reported_in_part() {
    let (_, diagnostics) = page("").rendered(&"[a](@/no.md)\n\n".repeat(60));
    assert_eq!(diagnostics.len(), 51);
    assert_eq!(diagnostics[50].message.en, "there are 10 more problems in this file");
    assert!(diagnostics[50].is_error());
}

#[test]
fn images_beside_the_page_are_found_and_loaded_late() {
    let page = page("[markdown]\nlazy_async_image = true");
    assert_eq!(
        page.html("![a *b* `c`](图.png \"d\")"),
        "<p><img src=\"https://example.com/moon/%E5%9B%BE.png\" alt=\"a b c\" title=\"d\" loading=\"lazy\" decoding=\"async\" /></p>\n"
    );
}

#[test]
fn an_image_inside_an_alternative_text_is_harmless() {
    assert_eq!(page("").html("![a ![b](/c) d](/e)"), "<p><img src=\"/e\" alt=\"a b d\" /></p>\n");
}

#[test]
fn a_summary_closes_its_tags_and_loses_footnotes() {
    let (rendered, _) = page("").rendered("a[^1] **b <!-- more --> c**\n\n[^1]: d");
    assert_eq!(rendered.summary.as_deref(), Some("<p>a <strong>b…</strong></p>\n"));
    assert!(rendered.body.contains("<strong>b <span id=\"continue-reading\"></span> c</strong>"));
}

#[test]
fn a_summary_between_paragraphs_has_no_cut_off() {
    let (rendered, _) = page("").rendered("a\n\n<!-- more -->\n\nb");
    assert_eq!(rendered.summary.as_deref(), Some("<p>a</p>"));
    assert_eq!(page("").rendered("a").0.summary, None);
}

#[test]
fn text_on_the_line_of_a_marker_is_kept() {
    assert!(page("").html("a\n\n<!-- more --> b\n").contains("<span id=\"continue-reading\"></span> b"));
}

#[test]
fn footnotes_stand_where_they_are_written() {
    assert_eq!(
        page("").html("[^b]: c\n\nd[^b]"),
        "<div class=\"footnote-definition\" id=\"b\"><sup class=\"footnote-definition-label\">1</sup>\n<p>c</p>\n</div>\n\
         <p>d<sup class=\"footnote-reference\"><a href=\"#b\">1</a></sup></p>\n"
    );
}

#[test]
fn footnotes_at_the_bottom_are_ordered_by_reference_and_lead_back() {
    let page = page("[markdown]\nbottom_footnotes = true");
    let html = page.html("[^unused]: x\n[^b]: B\n[^a]: A\n\n1[^a] 2[^b] 3[^a]");
    let list = html.split_once("<section").unwrap().1;
    assert_eq!(
        list,
        " class=\"footnotes\">\n<ol class=\"footnotes-list\">\n\
         <li id=\"fn-a\">\n<p>A <a href=\"#fr-a-1\">↩</a> <a href=\"#fr-a-2\">↩2</a></p>\n</li>\n\
         <li id=\"fn-b\">\n<p>B <a href=\"#fr-b-1\">↩</a></p>\n</li>\n</ol>\n</section>\n"
    );
}

#[test]
fn a_footnote_may_refer_to_another() {
    let html = page("[markdown]\nbottom_footnotes = true").html("a[^1]\n\n[^1]: b[^2]\n\n[^2]: c");
    assert!(html.contains("<p>b<sup class=\"footnote-reference\" id=\"fr-2-1\"><a href=\"#fn-2\">[2]</a></sup> <a href=\"#fr-1-1\">↩</a></p>"));
    assert!(html.contains("<li id=\"fn-2\">\n<p>c <a href=\"#fr-2-1\">↩</a></p>"));
}

#[test]
fn a_footnote_may_be_defined_inside_another() {
    let html = page("[markdown]\nbottom_footnotes = true").html("a[^1]\n\n[^1]: b[^2]\n\n    [^2]: c\n");
    assert!(html.contains("<li id=\"fn-1\">\n<p>b<sup"), "{html}");
    assert!(html.contains("<li id=\"fn-2\">\n<p>c <a href=\"#fr-2-1\">↩</a></p>"), "{html}");
}

#[test]
fn a_tilde_inside_a_word_is_a_tilde() {
    assert_eq!(
        page("").html("3~5天，2~3人 ~~旧~~新 ~a~ \\~b~"),
        "<p>3~5天，2~3人 <del>旧</del>新 <del>a</del> ~b~</p>\n"
    );
}

#[test]
fn definitions_are_loose_where_a_blank_line_is() {
    let page = page("[markdown]\ndefinition_list = true");
    assert_eq!(
        page.html("月\n: a\n: b\n\n日\n: c"),
        "<dl>\n<dt>月</dt>\n<dd>a</dd>\n<dd>b</dd>\n<dt>日</dt>\n<dd>c</dd>\n</dl>\n"
    );
    assert_eq!(page.html("月\n\n: a"), "<dl>\n<dt>月</dt>\n<dd>\n<p>a</p>\n</dd>\n</dl>\n");
}

#[test]
fn alerts_are_quotes_with_a_class() {
    let page = page("[markdown]\ngithub_alerts = true");
    assert_eq!(page.html("> [!Tip]\n> a"), "<blockquote class=\"markdown-alert-tip\">\n<p>a</p>\n</blockquote>\n");
    assert_eq!(page.html("> [!TIP] a\n"), "<blockquote>\n<p>[!TIP] a</p>\n</blockquote>\n");
}

#[test]
fn only_written_boxes_make_tasks() {
    assert_eq!(
        page("").html("- [x] a\n- \\[ ] b\n"),
        "<ul>\n<li><input disabled=\"\" type=\"checkbox\" checked=\"\"/>\na</li>\n<li>[ ] b</li>\n</ul>\n"
    );
}

#[test]
fn cells_carry_their_alignment() {
    assert_eq!(
        page("").html("|a|b|\n|:-:|-|\n|c|\n"),
        "<table><thead><tr><th style=\"text-align: center\">a</th><th>b</th></tr></thead><tbody>\n\
         <tr><td style=\"text-align: center\">c</td><td></td></tr>\n</tbody></table>\n"
    );
}

#[test]
fn quotes_and_dashes_become_typographic_outside_code() {
    let page = page("[markdown]\nsmart_punctuation = true");
    assert_eq!(
        page.html("\"a 'b'\" it's \\\"c\\\" -- d... `\"--\"` *\"e\"*"),
        "<p>“a ‘b’” it’s \"c\" – d… <code>\"--\"</code> <em>“e”</em></p>\n"
    );
}

#[test]
fn emoji_are_replaced_outside_code() {
    let page = page("[markdown]\nrender_emoji = true");
    assert_eq!(page.html("# :tada:\n`:tada:`"), "<h1 id=\"tada\">🎉</h1>\n<p><code>:tada:</code></p>\n");
}

#[test]
fn line_breaks_between_ideographs_leave_no_space() {
    let text = "月亮\n**绕着**\n地球转。\nMoon\n月\n한국\n어「月」\n“日”[^1]\n月 ᠰᠠᠷᠠ\nᠨᠠᠷᠠ\n\n[^1]: x";
    let html = page("").kepu().html(text);
    let expected = "月亮<strong>绕着</strong>地球转。\nMoon\n月\n한국\n어「月」“日”<sup class=\"footnote-reference\"><a href=\"#1\">1</a></sup>月 ᠰᠠᠷᠠ\nᠨᠠᠷᠠ</p>";
    assert!(html.contains(expected), "{html}");
    assert!(page("").html("月\n亮").contains("月\n亮"));
}

#[test]
fn emphasis_may_end_at_chinese_punctuation() {
    assert_eq!(page("").kepu().html("**注意：**小心"), "<p><strong>注意：</strong>小心</p>\n");
    assert_eq!(page("").kepu().html("改~~（旧）~~新"), "<p>改<del>（旧）</del>新</p>\n");
    assert_eq!(page("").html("**注意：**小心"), "<p>**注意：**小心</p>\n");
}

#[test]
fn code_without_highlighting_names_its_language() {
    assert_eq!(
        page("").html("```rust,linenos\na < b\n```\n"),
        "<pre><code data-lang=\"rust\">a &lt; b\n</code></pre>\n"
    );
    assert_eq!(page("").html("    a\n"), "<pre><code>a\n</code></pre>\n");
}

#[test]
fn highlighted_code_has_line_numbers_and_attributes() {
    let page = page("[markdown.highlighting]\ntheme = \"nord\"");
    let html = page.html("```rust,linenos,linenostart=7,name=\"x\"\nlet a = 1;\n```\n");
    assert!(html.contains("data-name=\"&quot;x&quot;\""), "{html}");
    assert!(html.contains("class=\"giallo-ln\" style=\"color: #4C566A;\">7</span>"), "{html}");
}

#[test]
fn an_unknown_language_is_reported_at_the_fence() {
    let page = page("[markdown.highlighting]\ntheme = \"nord\"");
    assert_eq!(page.reports("a\n\n```nosuch\nb\n```"), ["Warning markdown/code-language 5:4 nosuch"]);
}

#[test]
fn odd_line_numbers_do_no_harm() {
    let page = page("[markdown.highlighting]\ntheme = \"nord\"");
    for option in
        ["linenostart=-5", "linenostart=9223372036854775807", "linenostart=x", "hl_lines=9-1 x", "hide_lines=0-99"]
    {
        assert!(page.html(&format!("```rust,linenos,{option}\na\nb\n```\n")).contains("<pre"), "{option}");
    }
}

#[test]
fn the_inline_filter_drops_the_paragraph() {
    let page = page("");
    let context = Context {
        config: &page.config,
        highlighter: &Highlighter::off(),
        file: "",
        content_path: "",
        source: None,
        insertions: None,
        before_0_23: false,
        permalink: "",
        insert_anchor: InsertAnchor::None,
        resolve: &|_| None,
        anchor_link: &|_, _| Ok(String::new()),
        summary_cutoff: &|_| Ok(String::new()),
    };
    let mut diagnostics = Vec::new();
    assert_eq!(render_inline("*a*", &context, &mut diagnostics), "<em>a</em>");
    assert!(diagnostics.is_empty());
}

#[test]
fn a_template_that_fails_is_one_error_and_no_panic() {
    let page = page("[markdown]\ninsert_anchor_links = \"left\"");
    let context = Context {
        config: &page.config,
        highlighter: &Highlighter::off(),
        file: "content/a.md",
        content_path: "a.md",
        source: None,
        insertions: None,
        before_0_23: false,
        permalink: "",
        insert_anchor: InsertAnchor::Left,
        resolve: &|_| None,
        anchor_link: &|_, _| Err(Box::new(Diagnostic::error("template", text!("no", "不行")))),
        summary_cutoff: &|_| Ok(String::new()),
    };
    let mut diagnostics = Vec::new();
    assert_eq!(render("# a", &context, &mut diagnostics).body, "<h1 id=\"a\">a</h1>\n");
    assert_eq!(diagnostics.len(), 1);
}

#[test]
fn deep_nesting_neither_overflows_nor_hangs() {
    for piece in [">", "[", "*", "![", "- ", "*a ", "`", "<b>", "[^1]", "| ", "1. ", "**a* ", "_a __b "] {
        let (rendered, diagnostics) = page("").rendered(&piece.repeat(20_000));
        assert!(!rendered.body.is_empty() || diagnostics.iter().any(Diagnostic::is_error), "{piece}");
    }
}
