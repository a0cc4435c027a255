//! The expected values are what Zola (branch `next`, f69ca4f6) makes of the same text with
//! `load_data(…) | json_encode`, in the order of the text.

use super::*;

/// The value as JSON, which shows order and types.
fn json(format: Format, text: &str) -> String {
    serde_json::to_string(&parse(format, text).unwrap()).unwrap()
}

fn error(format: Format, text: &str) -> String {
    parse(format, text).unwrap_err().to_string()
}

#[test]
fn formats_by_name_and_by_extension() {
    assert_eq!(Format::from_name("YML"), Ok(Format::Yaml));
    assert_eq!(Format::from_path(Path::new("a/b.Csv")), Format::Csv);
    // As in Zola, `.bib` files need `format="bibtex"`.
    assert_eq!(Format::from_path(Path::new("a.bib")), Format::Plain);
    assert_eq!(Format::from_path(Path::new("toml")), Format::Plain);
    let unknown = Format::from_name("jsno").unwrap_err();
    assert_eq!(unknown.en, "unknown data format `jsno`; did you mean `json`?");
    assert_eq!(unknown.zh, "未知的数据格式 `jsno`；是 `json` 吗？");
    let unknown = Format::from_name("protobuf").unwrap_err();
    assert_eq!(unknown.en, "unknown data format `protobuf`; known are toml, json, csv, bibtex, yaml, yml, xml, plain");
}

#[test]
fn plain_text_is_only_freed_of_its_mark() {
    assert_eq!(parse(Format::Plain, "\u{feff}a\n").unwrap(), Value::from("a\n"));
    assert_eq!(json(Format::Json, "\u{feff}[1]"), "[1]");
}

#[test]
fn toml_keeps_order_and_makes_dates_strings() {
    let text = r#"
title = "x"
f = 1.0
n = 5
d = 2024-05-06
dt = 2024-05-06T07:08:09.120Z
lt = 07:08:09
ldt = 2024-05-06T07:08:09
[t]
d = 2024-01-02T03:04:05+08:00
[[a]]
d = 2024-01-02
x = 1
"#;
    let expected = concat!(
        r#"{"title":"x","f":1.0,"n":5,"d":"2024-05-06","dt":"2024-05-06T07:08:09.12Z","lt":"07:08:09","#,
        r#""ldt":"2024-05-06T07:08:09","t":{"d":"2024-01-02T03:04:05+08:00"},"a":[{"d":"2024-01-02","x":1}]}"#
    );
    assert_eq!(json(Format::Toml, text), expected);
    // Zola leaves a map of the parser's own here.
    assert_eq!(json(Format::Toml, "d = [2024-05-06, 2024-05-07]"), r#"{"d":["2024-05-06","2024-05-07"]}"#);
}

#[test]
fn json_keeps_order_and_kinds_of_numbers() {
    let text = r#"{"z":1,"a":[1,-2,1.0,1e3,null,true,18446744073709551615],"m":{"b":"é\u00e9"}}"#;
    let expected = r#"{"z":1,"a":[1,-2,1.0,1000.0,null,true,18446744073709551615],"m":{"b":"éé"}}"#;
    assert_eq!(json(Format::Json, text), expected);
}

#[test]
fn csv_is_headers_and_records() {
    let text = "Number, Title\n1,\"Guten, berg\"\n2, Printing\n\n3,\"a \"\"q\"\"\nb\"\n";
    let expected =
        r#"{"headers":["Number"," Title"],"records":[["1","Guten, berg"],["2"," Printing"],["3","a \"q\"\nb"]]}"#;
    assert_eq!(json(Format::Csv, text), expected);
    assert_eq!(json(Format::Csv, ""), r#"{"headers":[],"records":[]}"#);
}

#[test]
fn xml_is_a_map_from_its_root() {
    let text = r#"<?xml version="1.0"?>
<!-- c -->
<root xmlns:x="urn:x" id="007">
  <headers>Number</headers><headers>Title</headers>
  <empty/><only a="1"/><t a="b">text <b>bold</b></t>
  <neg>-5</neg><pos>+5</pos><f>1.50</f><z>00.5</z><e>1e5</e><inf>inf</inf><nan>NaN</nan><b>true</b><B>True</B>
  <x:p x:q="r">v</x:p>
  <mix>  <i>1</i> tail <i>2</i></mix>
  <cd><![CDATA[ <raw> ]]></cd>
  <item>1</item><other>2</other><item>3</item>
</root>"#;
    let expected = concat!(
        r##"{"root":{"@id":7,"headers":["Number","Title"],"empty":{},"only":{"@a":1},"t":{"@a":"b","#text":"text"},"##,
        r##""neg":-5.0,"pos":5,"f":1.5,"z":"00.5","e":100000.0,"inf":"inf","nan":"NaN","b":true,"B":"True","##,
        r##""p":{"@q":"r","#text":"v"},"mix":{"i":[1,2]},"cd":"<raw>","item":[1,3],"other":2}}"##
    );
    assert_eq!(json(Format::Xml, text), expected);
}

#[test]
fn bibtex_is_four_lists() {
    let text = r#"% preamble comment
@preamble{"A bibtex preamble" # " another"}
@Comment{
   Here is {a} comment.
}
Another comment!
@string ( me = "Charles" )
@string{ gh = {https://g.h/} }
@Article { key1 ,
  author = me,
  Title = {The {Big} one},
  note = "GH: " # gh # " end ",
  month = jan, year = 2004,
  missing = nowhere
}
@misc{k2, a = "x {"} y",}
"#;
    let expected = concat!(
        r#"{"preambles":["A bibtex preamble another"],"#,
        r#""comments":["% preamble comment","Here is {a} comment.","Another comment!"],"#,
        r#""variables":{"me":"Charles","gh":"https://g.h/"},"#,
        r#""bibliographies":[{"entry_type":"Article","citation_key":"key1 ","tags":{"author":"Charles","#,
        r#""title":"The {Big} one","note":"GH: https://g.h/ end ","month":"January","year":"2004"}},"#,
        r#"{"entry_type":"misc","citation_key":"k2","tags":{"a":"x {\"} y"}}]}"#
    );
    assert_eq!(json(Format::Bibtex, text), expected);
}

#[test]
fn bibtex_variables_may_use_each_other_but_not_themselves() {
    let text = "@string{c = b # \"c\"} @string{b = a # {b}} @string{a = \"a\"} @string{x = y} @string{y = x}";
    let variables = parse(Format::Bibtex, text).unwrap();
    let variables = variables.get_from_path("variables").unwrap();
    assert_eq!(serde_json::to_string(variables).unwrap(), r#"{"c":"abc","b":"ab","a":"a"}"#);
    // Doubling ends at a limit.
    let mut text = "@string{v0 = \"0123456789\"}".to_owned();
    for i in 1..64 {
        text += &format!("@string{{v{i} = v{} # v{}}}", i - 1, i - 1);
    }
    assert!(json(Format::Bibtex, &text).len() < 1 << 20);
}

#[test]
fn yaml_follows_the_core_schema() {
    let text = r#"
str: hi
yes_: [yes, no, on, off, y, n, Yes, TRUE, True, false]
nums: [1, -2, +3, 0x1F, 0o17, 0b11, 007, 1_000, 1.0, .5, 1., 1e3, -0x1F, -0, 0755.5, 08, 0x1_F, 1e]
nulls: [~, null, Null, NULL, "", '~', nUll]
dates: [2024-01-02, 2024-01-02T03:04:05Z, 12:30, 1:2]
anchor: &a {x: 1, y: [2]}
alias: *a
merge:
  <<: *a
  z: 3
1: one
true: yes
lit: |
  a
   b
fold: >-
  c
  d
strtag: !!str 5
inttag: !!int "7"
ver: 1.10
nokey:
"#;
    let expected = concat!(
        r#"{"str":"hi","yes_":["yes","no","on","off","y","n","Yes",true,true,false],"#,
        r#""nums":[1,-2,3,31,15,3,"007","1_000",1.0,0.5,1.0,1000.0,-31,0,755.5,"08","0x1_F","1e"],"#,
        r#""nulls":[null,null,null,null,"","~","nUll"],"#,
        r#""dates":["2024-01-02","2024-01-02T03:04:05Z","12:30","1:2"],"#,
        r#""anchor":{"x":1,"y":[2]},"alias":{"x":1,"y":[2]},"merge":{"<<":{"x":1,"y":[2]},"z":3},"#,
        r#""1":"one","true":"yes","lit":"a\n b\n","fold":"c d","strtag":"5","inttag":7,"ver":1.1,"nokey":null}"#
    );
    assert_eq!(json(Format::Yaml, text), expected);
    assert_eq!(json(Format::Yaml, ""), "null");
    let value = parse(Format::Yaml, "[.inf, -.inf, .nan]").unwrap();
    assert_eq!(value.to_string(), "[inf, -inf, NaN]");
    let keys = parse(Format::Yaml, "{1: a, true: b, -3: c}").unwrap();
    assert_eq!(keys.to_string(), r#"{1: "a", true: "b", -3: "c"}"#);
}

#[test]
fn errors_say_where() {
    let key = "expected a key that is a string, an integer or a boolean (quotes make any key a string)";
    for (format, text, expected) in [
        (Format::Toml, "a = 1\nb = [1,\n", "unclosed array, expected `]` (line 2, column 8)"),
        (Format::Toml, "a = 1\na = 2\n", "duplicate key (line 2, column 1)"),
        (Format::Json, "{\"科\": 1,\n \"b\" 2}", "expected `:` (line 2, column 6)"),
        (Format::Json, "{\"科\": }", "expected value (line 1, column 7)"),
        (Format::Json, "[1", "EOF while parsing a list (line 1, column 2)"),
        (Format::Csv, "a,b\n1,2\n3\n", "this row has 1 fields, the rows before it have 2 (line 3, column 1)"),
        (Format::Xml, "<a>\n<b></c></a>", "expected 'b' tag, not 'c' (line 2, column 4)"),
        (Format::Xml, "", "the document does not have a root node (line 1, column 1)"),
        (
            Format::Xml,
            "<!DOCTYPE a [<!ENTITY b 'c'>]><a/>",
            "a document type (`<!DOCTYPE …>`) is not read here; remove it (line 1, column 1)",
        ),
        (Format::Bibtex, "@misc{k, a = {x}\n b = 1}", "expected `}` here (line 2, column 2)"),
        (Format::Bibtex, "@misc{k,\n a = {x", "this `{` is never closed (line 2, column 6)"),
        (Format::Bibtex, "@misc{k, a = \"x\né", "this string is never closed (line 1, column 14)"),
        (Format::Bibtex, "mail me@home", "expected `{` here (line 1, column 13)"),
        (Format::Bibtex, "@preamble{ name }", "there is no `@string` named `name` (line 1, column 1)"),
        (Format::Bibtex, "@misc{k, a = 2004-05}", "put `2004-05` in braces or quotes (line 1, column 14)"),
        (Format::Yaml, "a: 1\nb: [1,\n", "unclosed bracket '[' (line 2, column 4)"),
        (Format::Yaml, "a: 1\nb: 2\na: 3\n", "the key `a` is here twice (line 3, column 1)"),
        (Format::Yaml, "a: *b", "reference to unknown value (line 1, column 4)"),
        (Format::Yaml, "a: &a [*a]", "Recursive reference not allowed here (line 1, column 8)"),
        (Format::Yaml, "a: 1\n---\nb: 2\n", "there is more than one YAML document here (line 3, column 1)"),
        (Format::Yaml, "科: b: c", "mapping values are not allowed in this context (line 1, column 5)"),
        (Format::Yaml, "a:\n\tb: 1", "tabs disallowed within this context (block indentation) (line 2, column 2)"),
        (Format::Yaml, "~: 1", &format!("invalid type: unit value, {key} (line 1, column 1)")),
        (Format::Yaml, "a:\n  1.5: 1", &format!("invalid type: floating point `1.5`, {key} (line 2, column 3)")),
        (Format::Yaml, "a: \"x\n", "unclosed quote (line 1, column 4)"),
        (
            Format::Yaml,
            "a:\n  - 1\n b: 2\n",
            "while parsing a block mapping, did not find expected key (line 3, column 2)",
        ),
    ] {
        assert_eq!(error(format, text), expected, "{text:?}");
    }
}

#[test]
fn an_error_has_a_place_in_its_file() {
    let text = "{\"a\": 1,\n \"科\" 2}";
    let error = parse(Format::Json, text).unwrap_err();
    let place = error.place("data/a.json", text);
    assert_eq!(place.line_column(), error.position);
    assert_eq!(place.excerpt.map(|(text, span)| text[span].to_owned()).as_deref(), Some("2"));
    assert_eq!(error.to_text().zh, "expected `:`（第 2 行第 6 列）");
    let end = ParseError { message: Text::verbatim("x"), position: Some((9, 9)) };
    assert_eq!(end.place("a", "b\n").line_column(), Some((2, 1)));
}

#[test]
fn nesting_and_aliases_have_limits() {
    // The stack of a worker thread is 2 MiB.
    let deep = |open: &str, middle: &str, close: &str, levels: usize| {
        format!("{}{middle}{}", open.repeat(levels), close.repeat(levels))
    };
    for levels in [100_000, 1000] {
        for (format, text) in [
            (Format::Json, deep("[", "", "]", levels)),
            (Format::Json, deep("{\"a\":", "1", "}", levels)),
            (Format::Toml, format!("a = {}", deep("[", "", "]", levels))),
            (Format::Toml, format!("[a{}]\n", ".a".repeat(levels))),
            (Format::Yaml, deep("[", "", "]", levels)),
            (Format::Yaml, deep("- ", "1", "", levels)),
            (Format::Xml, deep("<a>", "1", "</a>", levels)),
        ] {
            assert!(parse(format, &text).is_err(), "{format:?} {levels}");
        }
        // These only look deep.
        assert!(parse(Format::Bibtex, &format!("@misc{{k, a = {}}}", deep("{", "x", "}", levels))).is_ok());
    }
    for (format, text) in [
        (Format::Json, deep("[", "", "]", 100)),
        (Format::Yaml, deep("- ", "1", "", 45)),
        (Format::Yaml, deep("{a: ", "1", "}", 45)),
        (Format::Xml, deep("<a>", "1", "</a>", 100)),
    ] {
        assert!(parse(format, &text).is_ok(), "{format:?}");
    }

    let mut bomb = "a0: &a0 [1, 2, 3, 4, 5, 6, 7, 8, 9]\n".to_owned();
    for i in 1..12 {
        bomb += &format!("a{i}: &a{i} [{}]\n", vec![format!("*a{}", i - 1); 9].join(", "));
    }
    assert!(error(Format::Yaml, &bomb).starts_with("the aliases here stand for too much (line "));
    // Many uses of one anchor are no bomb, and neither is a long file.
    let many = format!("a: &a {{x: 1}}\nb:\n{}", "  - *a\n".repeat(2_000));
    assert!(parse(Format::Yaml, &many).is_ok());
    assert!(parse(Format::Yaml, &"- {name: x, year: 1}\n".repeat(2_000)).is_ok());
}
