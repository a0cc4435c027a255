use super::*;

/// The pieces in short: text as it is, calls as `name/nth(arguments)`, with their body in brackets.
fn short(text: &str, syntax: Syntax) -> String {
    fn print(text: &str, pieces: &[Piece], out: &mut String) {
        for piece in pieces {
            match piece {
                Piece::Text(range) => out.push_str(&text[range.clone()]),
                Piece::Call(call) => {
                    let arguments: Vec<String> =
                        call.arguments.iter().map(|(key, value)| format!("{key}={}", literal(value))).collect();
                    *out += &format!("<{}/{}({})", call.name, call.nth, arguments.join(" "));
                    if let Some(body) = &call.body {
                        out.push('[');
                        print(text, body, out);
                        out.push(']');
                    }
                    out.push('>');
                }
            }
        }
    }
    fn literal(value: &Literal) -> String {
        match value {
            Literal::Bool(value) => value.to_string(),
            Literal::Integer(value) => value.to_string(),
            Literal::Float(value) => format!("{value:?}"),
            Literal::String(value) => format!("“{value}”"),
            Literal::Array(values) => format!("[{}]", values.iter().map(literal).collect::<Vec<_>>().join(" ")),
        }
    }
    let parsed = parse(text, 0, syntax);
    let mut out = String::new();
    match parsed.problems.as_slice() {
        [] => print(text, &parsed.pieces, &mut out),
        problems => {
            for problem in problems {
                out += &format!("{:?} {}; ", problem.kind, &text[problem.span.clone()]);
            }
        }
    }
    out
}

fn all(text: &str) -> String {
    short(text, Syntax::All)
}

#[test]
fn arguments_of_every_kind() {
    assert_eq!(
        all("a {{ x(s=\"it's\", t='\"', u=`{{ y() }}`, i=-12, f=0.50, b=true, l=[1, [\"a\",], []]) }} b"),
        "a <x/1(s=“it's” t=“\"” u=“{{ y() }}” i=-12 f=0.5 b=true l=[1 [“a”] []])> b"
    );
    assert_eq!(all("{{x()}}{{ x ( a = 1\n, b=\t2 ) }}"), "<x/1()><x/2(a=1 b=2)>");
    assert_eq!(all("{{ x(a=1 b=2c=3) }}"), "<x/1(a=1 b=2 c=3)>", "commas may be left out");
    assert_eq!(all("{{{ x() }}}"), "{<x/1()>}");
}

#[test]
fn what_is_no_call_is_text() {
    for text in [
        "{{ x }}",
        "{{ x.y() }}",
        "{{- x() -}}",
        "{{ x(1) }}",
        "{{ x(a=) }}",
        "{{ x(a=1,) }}",
        "{{ x(,a=1) }}",
        "{{ x(a=01) }}",
        "{{ x(a=1.) }}",
        "{{ x(a=+1) }}",
        "{{ x(a=\"b') }}",
        "{{ x(a=[1 2]) }}",
        "{{ x(a=[,]) }}",
        "{{ x(a=b) }}",
        "{{ 月(a=1) }}",
        "{{ x(月=1) }}",
        "{{ x() }",
        "{{ x() | upper }}",
        "{% if a %}{% endif %}",
        "{% x %}",
        "{{ <x a=1 /> }}",
        "{% ende %}",
        "{{",
        "{%",
        "{{/* x */}}",
    ] {
        assert_eq!(all(text), text);
    }
    let deep = format!("{{{{ x(a={}{}) }}}}", "[".repeat(5000), "]".repeat(5000));
    assert_eq!(all(&deep), deep);
}

#[test]
fn bodies_are_trimmed_and_nest() {
    assert_eq!(all("{% x() %}\n a {{ y() }} {% x() %}b{% end %}\n\n{% end %}."), "<x/1()[a <y/1()> <x/2()[b]>]>.");
    assert_eq!(all("{% x() %}{%end%}{% y() %} {% end %}"), "<x/1()[]><y/1()[]>");
}

#[test]
fn stars_show_a_call() {
    assert_eq!(all("`{{/* x(a=1) */}}`"), "`{{ x(a=1) }}`");
    assert_eq!(
        all("{%/* x() */%} {{ y() }} {{/* z() */}} {%/* end */%}"),
        "{% x() %} {{ y() }} {{/* z() */}} {% end %}"
    );
    assert_eq!(
        all("{% x() %} {{/* y() */}} {%/* a() */%}{% b() %}1{% end %}{%/* end */%} {% end %}"),
        "<x/1()[{{ y() }} {% a() %}{% b() %}1{% end %}{% end %}]>"
    );
}

#[test]
fn what_makes_no_sense_is_reported() {
    assert_eq!(all("a {% x() %} b"), "NotClosed(\"x\") {% x() %}; ");
    assert_eq!(all("{% x() %}{% y() %}"), "NotClosed(\"x\") {% x() %}; NotClosed(\"y\") {% y() %}; ");
    assert_eq!(all("{% end %}"), "NothingToClose {% end %}; ");
    assert_eq!(all("{%/* x() */%}"), "EscapeNotClosed(\"x\") {%/* x() */%}; ");
    assert_eq!(all("{%/* x() */%}{% end %}"), "NothingToClose {% end %}; ");
    assert_eq!(all("{{ x(a=99999999999999999999) }}"), "IntegerTooLarge 99999999999999999999; ");
    assert!(all(&"{% x() %}".repeat(101)).contains("TooDeep"));
}

#[test]
fn in_templates_only_known_names_are_calls() {
    let known = |text| short(text, Syntax::Known(&|name| name == "x"));
    assert_eq!(
        known("{{ x() }} {{ y() }} {% y() %} {{ x() }} {% end %}"),
        "<x/1()> {{ y() }} {% y() %} <x/2()> {% end %}"
    );
    assert_eq!(
        known("{% raw %}{{ x() }}{% endraw %}{# {{ x() }} #}{{ x() }}"),
        "{% raw %}{{ x() }}{% endraw %}{# {{ x() }} #}<x/1()>"
    );
    assert_eq!(known("{%- raw -%} {% x() %}"), "{%- raw -%} {% x() %}");
    assert_eq!(known("{% end %}{{/* x() */}}"), "{% end %}{{/* x() */}}");
    assert_eq!(known("{% y() %}{% x() %}1{% end %}"), "{% y() %}<x/1()[1]>");
}

#[test]
fn every_call_is_listed() {
    let parsed = parse("{% a() %}{{ b() }}{% end %}{{ c() }}", 0, Syntax::All);
    assert_eq!(parsed.calls().map(|call| call.name).collect::<Vec<_>>(), ["a", "b", "c"]);
}

/// Texts made of the signs that matter, by a generator that always makes the same ones.
#[test]
fn any_text_is_parsed_and_text_without_calls_stays() {
    const PARTS: [&str; 26] = [
        "{{",
        "}}",
        "{%",
        "%}",
        "/*",
        "*/",
        "x",
        "end",
        "(",
        ")",
        "=",
        ",",
        "\"",
        "'",
        "`",
        "[",
        "]",
        " ",
        "\n",
        "1",
        "-0.5",
        "true",
        "月",
        "{% x() %}",
        "{% end %}",
        "{%/* end */%}",
    ];
    let mut seed = 1u64;
    let mut next = |below: usize| {
        seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (seed >> 33) as usize % below
    };
    for _ in 0..50_000 {
        let text: String = (0..next(24)).map(|_| PARTS[next(PARTS.len())]).collect();
        for syntax in [Syntax::All, Syntax::Known(&|name| name == "x")] {
            let parsed = parse(&text, 0, syntax);
            if !parsed.problems.is_empty() {
                continue;
            }
            // Pieces are in order, on boundaries, and nothing but calls and stars is left out.
            let mut at = 0;
            for piece in &parsed.pieces {
                let span = match piece {
                    Piece::Text(range) => range,
                    Piece::Call(call) => &call.span,
                };
                assert!(span.start >= at && text.is_char_boundary(span.start) && span.end <= text.len(), "{text}");
                assert!(matches!(&text[at..span.start], "" | "/*" | "*/"), "{text}");
                at = span.end;
            }
            assert_eq!(at, text.len(), "{text}");
            if parsed.calls().next().is_none() && !text.contains("/*") {
                assert_eq!(short(&text, syntax), text);
            }
        }
    }
}
