//! Smaller HTML that means the same.

use std::thread;

use super::nesting;
use crate::diagnostic::Text;
use crate::text;

/// Minifies a page the way Zola does: whitespace, comments, quotes and closing tags that HTML does not need go, and
/// CSS is minified too; JavaScript and the tags of `<html>` and `<head>` stay.
///
/// Errors: tags or CSS nested thousands of levels deep, or something that the minifier trips over. The page is fine as
/// it is then.
pub fn html(html: &str) -> Result<String, Text> {
    /// minify-html and lightningcss call themselves for every level of nesting. The worst (`@media` in `@media`) takes
    /// 32 KiB a level in a debug build; the reserve is for nesting that [`nesting`] does not see, in strings say.
    /// Memory that is not touched costs nothing.
    const LEVEL: usize = 48 << 10;
    const RESERVE: usize = 16 << 20;
    const DEEPEST: usize = 10_000;

    let depth = nesting(html);
    if depth > DEEPEST {
        return Err(text!(
            "the HTML cannot be minified: it is nested more than {DEEPEST} levels deep",
            "无法压缩 HTML：嵌套超过 {DEEPEST} 层"
        ));
    }
    let minified = thread::scope(|scope| {
        let worker = thread::Builder::new().stack_size(RESERVE + depth * LEVEL);
        // A thread also stops panics: lightningcss overflows a counter at 128 nested rules in debug builds.
        worker
            .spawn_scoped(scope, || minify_html::minify(html.as_bytes(), &settings()))?
            .join()
            .map_err(|_| std::io::Error::other("the minifier failed"))
    });
    let cannot = |error: String| text!("the HTML cannot be minified: {error}", "无法压缩 HTML：{error}");
    let minified = minified.map_err(|error| cannot(error.to_string()))?;
    String::from_utf8(minified).map_err(|error| cannot(error.to_string()))
}

fn settings() -> minify_html::Cfg {
    minify_html::Cfg {
        keep_html_and_head_opening_tags: true,
        minify_css: true,
        minify_js: false,
        ..minify_html::Cfg::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drops_what_html_does_not_need() {
        let page = "<!doctype html>\n<html>\n<head>\n  <meta charset=\"utf-8\">\n</head>\n<body>\n\n  <p class=\"a\">中文\n  \
                    段落</p>\n  <!-- note -->\n  text\n</body>\n</html>\n";
        assert_eq!(
            html(page).unwrap(),
            "<!doctype html><html><head><meta charset=utf-8><body><p class=a>中文 段落</p> text"
        );
    }

    #[test]
    fn keeps_preformatted_text_and_scripts() {
        let page = "<pre><code>a {\n    b\n}\n</code></pre>";
        assert_eq!(html(page).unwrap(), page);
        let script = "<script>\n  let a  =  1;\n</script>";
        assert!(html(script).unwrap().contains("let a  =  1;"));
        let data = "<script type=application/ld+json>{ \"a\":  1 }</script>";
        assert!(html(data).unwrap().contains("{ \"a\":  1 }"));
    }

    #[test]
    fn minifies_css() {
        assert_eq!(html("<style>\n p { color: white; }\n</style>").unwrap(), "<style>p{color:#fff}</style>");
        // What is no CSS stays.
        assert_eq!(html("<style>p {{</style>").unwrap(), "<style>p {{</style>");
    }

    #[test]
    fn deep_nesting_is_minified_or_refused() {
        let deep = |depth: usize| format!("{}{}", "<div>".repeat(depth), "</div>".repeat(depth));
        assert_eq!(html(&deep(5000)).unwrap(), deep(5000));
        for open in ["<div>", "<b>", "<style>", "<p><x>", "</p><div>"] {
            let _ = html(&open.repeat(9000));
        }
        assert!(html(&deep(200_000)).unwrap_err().en.contains("nested"));
        let css = |open: &str, close: &str, depth| {
            format!("<style>{}a{{b:c}}{}</style>", open.repeat(depth), close.repeat(depth))
        };
        for depth in [100, 2000, 200_000] {
            let _ = html(&css("@media print{", "}", depth));
            let _ = html(&css(":not(", ")", depth));
            let _ = html(&css("a{b:calc(", ")}", depth));
        }
    }

    #[test]
    fn odd_pages_do_no_harm() {
        for page in ["", "<", "</", "<!", "<!--", "<?", "<a", "<a b", "<a b=", "<a b='", "&", "&#", "&#x110000;", "\0"]
        {
            for page in [page.to_owned(), format!("<p>{page}"), format!("<svg>{page}</svg>"), format!("{page}>")] {
                assert!(html(&page).is_ok(), "{page:?}");
            }
        }
    }
}
