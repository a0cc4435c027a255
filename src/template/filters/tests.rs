use std::sync::LazyLock;

use tera::{Context, Tera, Value};

use super::*;

const NOW: &str = "2026-08-05T10:00:00.120Z";

static TERA: LazyLock<Tera> = LazyLock::new(|| {
    let mut tera = Tera::default();
    register(&mut tera, "en", NOW.parse().unwrap());
    tera
});

fn render_with(template: &str, context: &Context) -> Result<String, String> {
    TERA.render_str(template, context, false).map_err(|error| error.to_string())
}

fn render(template: &str) -> String {
    render_with(template, &Context::new()).unwrap()
}

fn error(template: &str) -> String {
    render_with(template, &Context::new()).unwrap_err()
}

fn date(value: impl Into<Value>, arguments: &str) -> String {
    let mut context = Context::new();
    context.insert_value("d", value.into());
    render_with(&format!("{{{{ d | date({arguments}) }}}}"), &context).unwrap()
}

#[test]
fn every_listed_name_is_registered() {
    for name in FILTERS.iter().chain(ENGINE_FILTERS) {
        // Unknown names are found when a template is read, wrong arguments when it is rendered.
        let mut tera = TERA.clone();
        tera.add_raw_template("a", &format!("{{{{ 1 | {name} }}}}")).unwrap();
    }
    for name in TESTS.iter().chain(ENGINE_TESTS) {
        TERA.clone().add_raw_template("a", &format!("{{% if 1 is {name} %}}{{% endif %}}")).unwrap();
    }
    for name in FUNCTIONS.iter().chain(ENGINE_FUNCTIONS) {
        TERA.clone().add_raw_template("a", &format!("{{{{ {name}() }}}}")).unwrap();
    }
    assert!(TERA.clone().add_raw_template("a", "{{ 1 | nonesuch }}").is_err());
}

#[test]
fn text_filters() {
    for (template, expected) in [
        ("{{ '科普' | base64_encode }}", "56eR5pmu"),
        ("{{ '56eR5pmu' | base64_decode }}", "科普"),
        (r#"{{ "a1b22" | regex_replace(pattern="[0-9]+", rep="-") }}"#, "a-b-"),
        (r#"{{ "World Hello" | regex_replace(pattern="(?P<a>[^ ]+) (.+)", rep="$2 $a") }}"#, "Hello World"),
        ("{{ '<b>Joel</b><!-- x -->' | striptags }}", "Joel"),
        ("{{ '<p> <a> x </a>\n</p>' | spaceless }}", "<p><a> x </a></p>"),
        ("{{ '/a b/?c=科' | urlencode }}", "/a%20b/%3Fc%3D%E7%A7%91"),
        ("{{ '/a b' | urlencode_strict }}", "%2Fa%20b"),
        (r#"{{ {"b": 1, "a": [true, "x"]} | json_encode }}"#, r#"{"b":1,"a":[true,"x"]}"#),
        (r#"{{ {"b": 1} | json_encode(pretty=true) }}"#, "{\n  \"b\": 1\n}"),
        ("{{ 123456 | filesizeformat }}", "120.56 KiB"),
        ("{{ 123456 | filesizeformat(binary=false) }}", "123.46 kB"),
        (r#"{{ 3.14159 | format(spec=".2") }}"#, "3.14"),
        (r#"{{ 42 | format(spec="05") }}"#, "00042"),
        ("{{ 'Hello, 科普 World!' | slugify }}", "hello-ke-pu-world"),
        (r#"{{ "abc" is matching(pat="^a.c$") }}"#, "true"),
    ] {
        assert_eq!(render(template), expected, "{template}");
    }
    assert!(error("{{ '!' | base64_decode }}").contains("Invalid base64"));
    assert!(error(r#"{{ "a" | regex_replace(pattern="(", rep="") }}"#).contains("Invalid regex"));
}

#[test]
fn numbers_have_the_separators_of_a_language() {
    for (template, expected) in [
        ("{{ 1000000 | num_format }}", "1,000,000"),
        ("{{ -1000 | num_format }}", "-1,000"),
        (r#"{{ 1000000 | num_format(locale="en-IN") }}"#, "10,00,000"),
        (r#"{{ 1000000 | num_format(locale="fr") }}"#, "1\u{202f}000\u{202f}000"),
        (r#"{{ 1000000 | num_format(locale="de") }}"#, "1.000.000"),
        (r#"{{ 1000000 | num_format(locale="zh-CN") }}"#, "1,000,000"),
    ] {
        assert_eq!(render(template), expected, "{template}");
    }
    let invalid = error(r#"{{ 1 | num_format(locale="klingon") }}"#);
    assert!(
        invalid.contains("Filter `num_format` was called with an invalid `locale` argument: `klingon`."),
        "{invalid}"
    );
    let mut context = Context::new();
    context.insert("n", &i128::MIN);
    let longest = render_with("{{ n | num_format }}", &context);
    assert_eq!(longest.as_deref(), Ok("-170,141,183,460,469,231,731,687,303,715,884,105,728"));
    error(r#"{{ 1 | num_format(locale="") }}"#);
    error(r#"{{ "x" | num_format }}"#);
}

#[test]
fn dates_by_strftime() {
    // What jiff's strftime gives in Zola `next`.
    for (value, arguments, expected) in [
        ("2024-05-06", "", "2024-05-06"),
        ("2024-05-06", r#"format="%A %e %B %Y, %j %U %V %u %w %y %C""#, "Monday  6 May 2024, 127 18 19 1 1 24 20"),
        ("2024-05-06", r#"format="%Y-%m-%dT%H:%M:%S%:z %z %Z %s""#, "2024-05-06T00:00:00+00:00 +0000 UTC 1714953600"),
        (
            "2024-05-06T07:08:09",
            r#"format="%I:%M %p %-I %k %l %T %R %D %F""#,
            "07:08 AM 7  7  7 07:08:09 07:08 05/06/24 2024-05-06",
        ),
        ("2024-05-06T07:08:09+08:00", r#"format="%F %T%:z %Z""#, "2024-05-06 07:08:09+08:00 +08"),
        ("2024-05-06T07:08:09Z", r#"format="%F %T%:z %Z""#, "2024-05-06 07:08:09+00:00 UTC"),
        ("2024-05-06T07:08:09.12Z", r#"format="%.f %f %3f %.6f""#, ".12 12 120 .120000"),
        ("2024-05-06T23:08:09Z", r#"format="%F %T%:z %Z", timezone="Asia/Shanghai""#, "2024-05-07 07:08:09+08:00 CST"),
        ("2024-05-06", r#"format="%F %T%:z", timezone="America/New_York""#, "2024-05-06 00:00:00-04:00"),
        ("2024-05-06T01:02:03", r#"format="%F %T%:z", timezone="Asia/Shanghai""#, "2024-05-06 01:02:03+08:00"),
        (
            "2024-05-06T07:08:09.12Z",
            r#"format="%c|%x|%X|%r|%h|%P|%q|%Q|%::z|%G|%g", timezone="Asia/Shanghai""#,
            "2024 M05 6, Mon 15:08:09|2024 M05 6|15:08:09|3:08:09 PM|May|pm|2|Asia/Shanghai|+08:00:00|2024|24",
        ),
        ("2024-05-06T01:02:03+08:00", r#"format="%F %T%:z", timezone="UTC""#, "2024-05-05 17:02:03+00:00"),
    ] {
        assert_eq!(date(value, arguments), expected, "{value} {arguments}");
    }
    assert_eq!(date(1_700_000_000, ""), "2023-11-14");
    assert_eq!(date(-1, r#"format="%F %T""#), "1969-12-31 23:59:59");
    assert_eq!(date(1_700_000_000, r#"format="%F %T", timezone="Asia/Shanghai""#), "2023-11-15 06:13:20");
}

#[test]
fn dates_by_chrono_s_plus() {
    // What chrono gives in Zola 0.22.
    for (value, arguments, expected) in [
        ("2001-07-08T00:34:60.026490+09:30", r#"format="%+""#, "2001-07-08T00:34:59.026490+09:30"),
        ("2024-05-06T07:08:09.5Z", r#"format="%+""#, "2024-05-06T07:08:09.500+00:00"),
        ("2024-05-06T07:08:09.000000001Z", r#"format="%+""#, "2024-05-06T07:08:09.000000001+00:00"),
        ("2024-05-06", r#"format="%+ %%+ %%%+""#, "2024-05-06T00:00:00+00:00 %+ %2024-05-06T00:00:00+00:00"),
        ("2024-05-06T00:00:00Z", r#"format="%+", timezone="Asia/Shanghai""#, "2024-05-06T08:00:00+08:00"),
    ] {
        assert_eq!(date(value, arguments), expected, "{value} {arguments}");
    }
}

#[test]
fn dates_by_locale() {
    let zh = r#"locale="zh_CN", format="y年M月d日 EEEE""#;
    assert_eq!(date("2024-05-06", zh), "2024年5月6日 星期一");
    assert_eq!(date("2024-05-06", r#"locale="fr", format="d MMMM y""#), "6 mai 2024");
    for (template, expected) in [
        (r#"{{ "2024-05-06" | date(locale="fr") }}"#, "requires setting a `format`"),
        (r#"{{ "2024-05-06" | date(locale="fr", format="%+") }}"#, "strftime formats cannot be localized"),
        (r#"{{ "someday" | date }}"#, "cannot be parsed as a valid date"),
        (r#"{{ "someday" | date(format="%+") }}"#, "cannot be parsed as a valid date"),
        (r#"{{ "2024-05-06" | date(format="%!") }}"#, "Invalid date format"),
        (r#"{{ "2024-05-06" | date(timezone="Mars/Base") }}"#, "Unknown timezone"),
        ("{{ 9999999999999999 | date }}", "Invalid timestamp"),
        ("{{ [] | date }}", "expected a string or integer"),
    ] {
        assert!(error(template).contains(expected), "{}", error(template));
    }
}

#[test]
fn dates_before_and_after() {
    for (template, expected) in [
        (r#"{{ "2024-05-06" is before(other="2024-05-07") }}"#, "true"),
        (r#"{{ "2024-05-06" is before(other="2024-05-06") }}"#, "false"),
        (r#"{{ "2024-05-06" is before(other="2024-05-06", inclusive=true) }}"#, "true"),
        (r#"{{ "2024-05-06T10:00:00+08:00" is after(other="2024-05-06T01:00:00Z") }}"#, "true"),
        (r#"{{ now() is after(other="2026-08-05") }}"#, "true"),
    ] {
        assert_eq!(render(template), expected, "{template}");
    }
}

#[test]
fn now_is_when_the_build_is() {
    assert_eq!(render("{{ now() }} {{ now(utc=true) }}"), "2026-08-05T10:00:00.12Z 2026-08-05T10:00:00.12Z");
    assert_eq!(render("{{ now(timestamp=true) }} {{ now(timestamp=false) }}"), "1785924000 2026-08-05T10:00:00.12Z");
    assert_eq!(render(r#"{{ now() | date(format="%Y") }}"#), "2026");
}

#[test]
fn chance_is_the_same_in_every_build() {
    let list = "{{ range(end=20) | shuffle }}";
    let numbers = "{% for i in range(end=20) %}{{ get_random(start=0, end=1000) }} {% endfor %}";
    for template in [list, numbers] {
        assert_eq!(render(template), render(template));
        let mut page = Context::new();
        page.insert("current_path", "/a/");
        assert_ne!(render_with(template, &page).unwrap(), render(template));
    }
    assert_ne!(render(list), render("{{ range(end=20) }}"));
    let mut different: Vec<String> = render(numbers).split_whitespace().map(str::to_owned).collect();
    different.sort();
    different.dedup();
    assert!(different.len() > 10, "{different:?}");
    // A seed means what it means in Zola.
    assert_eq!(render("{{ get_random(start=0, end=10, seed=42) }}"), "9");
    assert_eq!(render("{{ [1, 2, 3, 4, 5] | shuffle(seed=1) }}"), "[1, 3, 4, 2, 5]");
    assert!(error("{{ get_random(start=3, end=3) }}").contains("must be less than"));
    assert_eq!(render("{{ [] | shuffle }}"), "[]");
}
