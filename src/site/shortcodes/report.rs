//! What is wrong with calls of shortcodes.

use crate::diagnostic::{Diagnostic, Place, Text, did_you_mean};
use crate::shortcode::{Call, Problem, ProblemKind, Syntax, parse};
use crate::template::Engine;
use crate::text;

use super::Definitions;
use super::expand::Body;

/// Shortcodes that came with Zola until 0.16, with what their files may hold today.
const FORMER: [(&str, &str); 4] = [
    ("youtube", r#"<iframe src="https://www.youtube-nocookie.com/embed/{{ id }}" allowfullscreen></iframe>"#),
    ("vimeo", r#"<iframe src="https://player.vimeo.com/video/{{ id }}" allowfullscreen></iframe>"#),
    ("streamable", r#"<iframe src="https://streamable.com/e/{{ id }}" allowfullscreen></iframe>"#),
    ("gist", r#"<script src="{{ url }}.js"></script>"#),
];

pub fn problem(problem: &Problem, body: &Body) -> Diagnostic {
    let (code, message, help) = match problem.kind {
        ProblemKind::NotClosed(name) => (
            "shortcode/not-closed",
            text!("the shortcode `{name}` has no `{{% end %}}`", "短代码 `{name}` 缺少 `{{% end %}}`"),
            text!(
                "add `{{% end %}}` after its body; without a body write `{{{{ {name}() }}}}`; to show the call itself write `{{%/* {name}() */%}} … {{%/* end */%}}`",
                "请在内容之后写上 `{{% end %}}`；没有内容时写 `{{{{ {name}() }}}}`；要原样显示，请写 `{{%/* {name}() */%}} … {{%/* end */%}}`"
            ),
        ),
        ProblemKind::EscapeNotClosed(name) => (
            "shortcode/not-closed",
            text!("`{{%/* {name}() */%}}` has no `{{%/* end */%}}`", "`{{%/* {name}() */%}}` 缺少 `{{%/* end */%}}`"),
            text!("add `{{%/* end */%}}`", "请补上 `{{%/* end */%}}`"),
        ),
        ProblemKind::NothingToClose => (
            "shortcode/nothing-to-close",
            text!("this closes no shortcode", "这里没有可以结束的短代码"),
            text!(
                "remove it, or look for the tag that should open it; `{{% name() %}}` needs its round brackets",
                "请删去，或检查开头的标签；`{{% name() %}}` 里的圆括号不能少"
            ),
        ),
        ProblemKind::TooDeep => (
            "shortcode/too-deep",
            text!("shortcodes are nested too deeply", "短代码嵌套过深"),
            text!("close the outer ones with `{{% end %}}` first", "请先用 `{{% end %}}` 结束外层的短代码"),
        ),
        ProblemKind::IntegerTooLarge => (
            "shortcode/integer",
            text!("this number is too large", "这个数字太大"),
            text!("write it as a string, in quotes", "请加上引号，写成字符串"),
        ),
    };
    Diagnostic::error(code, message).at(Place::span(body.file, body.text, problem.span.clone())).help(help)
}

/// A call of a shortcode that does not exist.
pub fn unknown(call: &Call, body: &Body, definitions: &Definitions, engine: &Engine) -> Diagnostic {
    let name = call.name;
    let at = call.tag.start + body.text[call.tag.clone()].find(name).unwrap_or(0);
    let diagnostic =
        Diagnostic::error("shortcode/unknown", text!("there is no shortcode `{name}`", "没有短代码 `{name}`"))
            .at(Place::span(body.file, body.text, at..at + name.len()));
    diagnostic.help(advice(name, definitions, engine).unwrap_or_else(|| {
        text!(
            "add `templates/shortcodes/{name}.html`; to show the call itself write `{{{{/* {name}() */}}}}`",
            "请添加 `templates/shortcodes/{name}.html`；要原样显示，请写 `{{{{/* {name}() */}}}}`"
        )
    }))
}

/// What to do about a name that is no shortcode, where something tells.
fn advice(name: &str, definitions: &Definitions, engine: &Engine) -> Option<Text> {
    if engine.has_component(name) {
        return Some(text!(
            "there is a component of this name: write `{{{{ <{name} … /> }}}}`, as since Zola 0.23",
            "有同名的组件（component）：请改用 Zola 0.23 的写法 `{{{{ <{name} … /> }}}}`"
        ));
    }
    if let Some(near) = did_you_mean(name, definitions.names()) {
        return Some(text!("did you mean `{near}`?", "您是不是要写 `{near}`？"));
    }
    let (_, content) = FORMER.iter().find(|(former, _)| *former == name)?;
    Some(text!(
        "`{name}` was a shortcode of Zola up to 0.16; add a file `templates/shortcodes/{name}.html` with `{content}`",
        "`{name}` 是 Zola 0.16 及以前自带的短代码；请添加文件 `templates/shortcodes/{name}.html`，内容为 `{content}`"
    ))
}

/// What to do about an error in a body that is a template, if its place is a call of a shortcode that does not exist.
pub fn advice_at(error: &Diagnostic, body: &Body, definitions: &Definitions, engine: &Engine) -> Option<Text> {
    let place = error.place.as_ref().filter(|place| place.file == body.file)?;
    let (_, span) = place.excerpt.as_ref()?;
    let parsed = parse(body.text, body.start, Syntax::All);
    let call = parsed.calls().find(|call| call.tag.contains(&span.start))?;
    advice(call.name, definitions, engine).or_else(|| {
        let name = call.name;
        body.text[call.tag.clone()].starts_with("{%").then(|| {
            text!(
                "this is a shortcode of Zola up to 0.22: add `templates/shortcodes/{name}.html`, or write a component",
                "这是 Zola 0.22 及以前的短代码写法：请添加 `templates/shortcodes/{name}.html`，或改用组件（component）"
            )
        })
    })
}

/// Says of an error in a shortcode's template which call led there.
pub fn called(error: Diagnostic, call: &Call, body: &Body) -> Diagnostic {
    let name = call.name;
    let place = Place::span(body.file, body.text, call.tag.clone());
    if error.place.is_none() {
        return error.at(place);
    }
    let locus = match (place.line_column(), body.file) {
        (_, "") => return error,
        (Some((line, column)), file) => format!("{file}:{line}:{column}"),
        (None, file) => file.to_owned(),
    };
    error.note(text!("in the shortcode `{name}`, called at {locus}", "位于短代码 `{name}`，调用处：{locus}"))
}
