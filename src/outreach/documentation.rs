//! The pages of the documentation that list the kinds and their fields: `docs/outreach-kinds.md` and its Chinese edition,
//! made of the tables in [`kinds`](super::kinds) and of what is said here of each field.

use std::fmt::Write;
use std::path::PathBuf;

use super::fields::{Field, Type, describe};
use super::kinds::{COMMON, EVERYWHERE, KINDS, Kind, On};
use crate::diagnostic::{Language, Text};
use crate::text;

/// What each field is for, in English and Chinese. A name is written as in the tables, after that of its kind where
/// another kind means something else by it.
const ABOUT: &[(&str, &str, &str)] = &[
    ("kind", "what the page is: the name of a kind below", "这一页是什么：下面某一种的名字"),
    ("publish_at", "before this time the page is not in the site", "到这时才上线"),
    ("expires", "after it the page is no longer in the site", "过了这时就下线"),
    (
        "urgent_until",
        "until then the page is shown at the top of every page",
        "应急科普：到这时为止，每一页最上面都显示",
    ),
    ("pick", "the week whose pick it is", "作为哪一周的推荐"),
    ("check", "what `kepu check` shall heed", "对 `kepu check` 的说明"),
    ("check.allow", "findings that are right as they are", "予以许可的检查结果"),
    ("check.allow[].rule", "the code of the rule: \"link/orphan\"", "规则的代号，如 \"link/orphan\""),
    (
        "check.allow[].path",
        "only in this file or at this address; `*` is any text",
        "只限这个文件或网址；`*` 代表任意文字",
    ),
    ("check.allow[].text", "only where the message or what is marked holds this", "只限消息或标出的内容里有这些字的"),
    ("check.allow[].reason", "why", "理由"),
    ("keywords", "for search engines; keywords of the page's meta tags", "关键词，写进网页的 meta 标签"),
    ("source", "who published it first; else `source` of the site", "来源；不写则用网站设置里的 `source`"),
    (
        "cover",
        "the name of a picture beside the page, 16:9, for cards",
        "题图：与本页放在一起的图片文件名，16:9，用在卡片上",
    ),
    ("cover_alt", "what the picture shows, for those who do not see it", "题图上有什么，读给看不见图的人"),
    ("audio", "the name of a recording beside the page", "播报录音：与本页放在一起的文件名"),
    ("copy_text", "a text to pass on; else the title and the beginning", "供读者复制转发的文字；不写则用标题和开头"),
    ("licence", "how it may be used", "转载要求"),
    ("author", "who wrote it", "作者"),
    ("editor", "who edited it", "编辑"),
    ("review", "who looked through it", "审核记录"),
    ("review.collector", "who wrote it down", "采写人"),
    ("review.source", "where it is from", "稿件从哪里来"),
    ("review.checked_by", "who checked it", "审校人"),
    ("review.approved_by", "who let it go out; shown under the text", "审核人，显示在文章末尾"),
    ("review.approved_on", "when", "审核日期"),
    ("pinyin", "pinyin over every character of the text", "正文全文注音"),
    ("glossary", "`false`: no terms are marked in this text", "写 `false`，本文里不标出名词解释"),
    ("attachments", "files beside the page to download", "附件：与本页放在一起、供下载的文件"),
    ("attachments[].file", "the name of the file", "文件名"),
    ("attachments[].title", "what readers see", "显示的名称"),
    ("category", "what sort of activity it is", "活动的类别"),
    ("when", "when it was", "哪天办的，知道多少写多少"),
    ("until", "its last day", "办到哪天"),
    ("place", "where", "地点"),
    ("places", "where, if it was at several places; shown in place of `place`", "有几个地点时写这一项，代替 `place`"),
    ("township", "the 苏木 or 镇; shown where `place` is not given", "苏木、镇；没有写 `place` 时显示它"),
    ("audience", "for whom", "面向哪些人"),
    ("figures", "what is counted; the names are those of `[outreach.figures]`", "数字，名字见 `[outreach.figures]`"),
    ("partners", "with whom", "合作单位"),
    ("organiser", "who holds it", "主办单位"),
    ("part_of", "the activity that this one is counted in", "属于哪一项更大的活动；数字算在那里面，不重复计"),
    ("announcement", "the page that announced it", "它的活动预告"),
    ("vehicle", "what is on tour", "巡展的车或展览，如“科普大篷车”"),
    ("stops", "where it stops", "一路到的各站"),
    ("stops[].place", "where", "地点"),
    ("stops[].when", "when", "哪天"),
    ("stops[].until", "its last day there", "到哪天为止"),
    ("stops[].note", "what was there", "说明"),
    (
        "stops[].figures",
        "what is counted; added up where the tour has no figures of its own",
        "这一站的数字；总数没有写时，由各站相加",
    ),
    ("announcement.begin", "when it begins", "开始时间"),
    ("announcement.end", "when it ends", "结束时间"),
    ("address", "where exactly", "详细地址"),
    ("ages", "for which ages", "适合的年龄"),
    ("capacity", "for how many", "名额"),
    ("signup", "how to sign up", "怎样报名"),
    ("signup_url", "where to sign up", "报名的网址"),
    ("signup_until", "until when", "报名截止时间"),
    ("phone", "of an office: a mobile number is an error", "办公电话；写手机号码是错误"),
    ("free", "costs nothing", "是否免费"),
    ("cancelled", "does not take place; leave the page where it is", "活动取消了；网页不要删"),
    ("level", "how deep it goes: `easy`, `standard`, `deep`", "深浅：`easy` 浅显，`standard` 标准，`deep` 深入"),
    ("series", "the same for one article at several levels", "同一件事写了几种深浅时，各篇写一样的名字"),
    ("learning.audience", "for whom", "适合谁读"),
    ("reviewed_by", "an expert who read it", "审读的专家或单位"),
    ("sources", "what it rests on", "参考资料，只写确实查过的"),
    ("sources[].title", "of the book or page", "名称"),
    ("sources[].url", "where it is", "网址"),
    ("sources[].publisher", "who published it", "发布的单位"),
    ("sources[].year", "when", "年份"),
    ("related", "pages to read next", "相关的页面"),
    ("quiz", "questions to readers", "考考自己"),
    ("quiz[].question", "the question", "问题"),
    ("quiz[].answers", "answers to choose from", "供选择的答案"),
    ("quiz[].right", "which of them is right; the first is 1", "第几个答案对，从 1 数起"),
    ("quiz[].reason", "why", "为什么"),
    (
        "verdict",
        "what is true of the claim: `true`, `false`, `doubtful`",
        "查证结论：`true` 真的，`false` 假的，`doubtful` 存疑",
    ),
    ("claim", "what people say", "流传的说法"),
    ("materials", "what is needed", "要用的材料"),
    ("steps", "what to do", "做法，一步一条"),
    ("minutes", "how long it takes", "要多少分钟"),
    ("safety", "what to beware of", "安全提醒"),
    ("number", "of the document", "文号"),
    ("issued_by", "the offices", "发布单位"),
    (
        "state",
        "no longer valid: `withdrawn`, `void`, `revised`",
        "不再有效：`withdrawn` 已撤回，`void` 已失效，`revised` 已修订",
    ),
    ("replaced_by", "the notice in its place", "代替它的通知"),
    ("year", "which year it reports of", "哪一年的报告"),
    (
        "annual-report.figures",
        "as the report has them; compared with the records of the year",
        "报告里写的数字，会和当年的活动记录核对",
    ),
    ("fields", "what they know about", "领域"),
    ("unit", "where they work", "单位"),
    ("talks", "what they talk about", "可以讲的题目"),
    ("languages", "in which languages", "用哪些语言讲"),
    ("group", "a group, not one person; the table `experts` is shown", "是专家团，不是一个人；会显示 `experts` 表"),
    ("members", "how many they are", "人数"),
    ("ask", "the page that says how to ask for a talk", "说明怎样请专家的页面"),
    ("halls", "the halls", "展厅"),
    ("halls[].name", "of the hall", "名称"),
    ("halls[].about", "what is in it", "看什么"),
    ("halls[].exhibits", "how many exhibits", "展品件数"),
    (
        "exhibits",
        "the table of exhibits: \"exhibits\" is `data/exhibits.csv`",
        "展品表的名字：\"exhibits\" 就是 `data/exhibits.csv`",
    ),
    ("hours", "when it is open", "开放时间"),
    ("hours[].days", "on which days", "星期几，从周一到周日"),
    ("hours[].open", "from", "几点开门"),
    ("hours[].close", "to", "几点关门"),
    ("closed", "when it is closed all the same", "临时闭馆"),
    ("closed[].from", "the first day", "第一天"),
    ("closed[].to", "the last day", "最后一天"),
    ("closed[].reason", "why", "原因"),
    ("booking", "how groups book a visit", "集体参观怎样预约"),
    ("map_url", "the place on a map service", "高德、百度、腾讯等地图上的链接"),
    ("museum.figures", "for templates; not added to those of the year", "供模板使用的数字，不加进当年的统计"),
    ("table", "the table that is shown, else \"stations\"", "显示哪个表；不写则是 \"stations\""),
    ("total", "how many there are, while the table has samples", "表里还有样例时，写实际的总数"),
    ("parts", "the parts", "各部分"),
    ("parts[].title", "of the part", "标题"),
    ("parts[].about", "what it is about", "这一部分讲什么"),
    ("parts[].pages", "its pages, in order", "有哪些页面，按顺序写"),
    ("collection.begin", "when the theme begins", "专题从哪天开始"),
    ("collection.end", "when it ends", "到哪天结束"),
    ("column_type", "what inspections call such a column; a meta tag", "栏目类别，写进网页的 meta 标签"),
    (
        "update_within",
        "how often there must be something new: \"14d\", `d`, `w`, `m`, `y`, or \"none\"",
        "多久必须更新一次：如 \"14d\"，单位 `d` 天、`w` 周、`m` 月、`y` 年；不要求则写 \"none\"",
    ),
];

/// Kinds that no archetype of the theme tells of: the name, and what it is, in Chinese.
const SECTIONS: [(&str, &str); 2] =
    [("column", "栏目：普通的栏目，写在它的 `_index.md` 里"), ("picks", "每周推荐：它的订阅源列出各周推荐的页面")];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// What is said of a field; where a kind means something of its own by it, that.
fn about(kind: &str, name: &str) -> Option<&'static (&'static str, &'static str, &'static str)> {
    let own = format!("{kind}.{name}");
    let learning = format!("learning.{name}");
    let of = |wanted: &str| ABOUT.iter().find(|(name, ..)| *name == wanted);
    let is_learning = matches!(kind, "article" | "sheet");
    of(&own).or_else(|| of(&learning).filter(|_| is_learning)).or_else(|| of(name))
}

/// What `kepu new` says of a kind, and the Chinese word that makes one: `("通知公告", Some("通知"))`.
fn archetype(kind: &Kind) -> (String, Option<String>) {
    if let Some((_, about)) = SECTIONS.iter().find(|(name, _)| *name == kind.name) {
        return ((*about).to_owned(), None);
    }
    let file = root().join(format!("themes/outreach/archetypes/{}.md", kind.name));
    let text = std::fs::read_to_string(file).expect("an archetype");
    let value = |key: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(&format!("#: {key} = "))).expect("a line for kepu");
        format!("value = {line}").parse::<toml::Table>().expect("TOML").remove("value").expect("a value")
    };
    let names = value("names");
    let name = names.as_array().and_then(|names| names.first()).and_then(|name| name.as_str());
    (value("about").as_str().expect("a text").to_owned(), name.map(str::to_owned))
}

/// A page that lists the fields.
fn page(lang: Language) -> String {
    let mut out = String::new();
    let intro = text!(
        "# Kinds of pages and their fields\n\n中文：[outreach-kinds.zh-CN.md](outreach-kinds.zh-CN.md)\n\nMade from the tables in \
         `src/outreach/kinds.rs`, against which kepu checks `[extra]`. What an outreach site is:\n[outreach.md](outreach.md).\n",
        "# 页面的种类和字段\n\nEnglish: [outreach-kinds.md](outreach-kinds.md)\n\n字段写在页面开头的 `[extra]` 里：\n\n    \
         [extra]\n    kind = \"activity\"               # 种类\n    category = \"volunteer\"          # 字段\n    when = 2026-08-15\n\n\
         `kepu new` 建的页面已经写好种类和常用的字段。下面是全部种类和字段，由 `src/outreach/kinds.rs` 里的表生成，kepu 就按这些表检查。\
         科普网站是什么：[outreach.zh-CN.md](outreach.zh-CN.md)。\n\n\
         名字里有点的，是表里的字段：`review.approved_by` 写成 `review = {{ approved_by = \"…\" }}`。名字里有 `[]` 的，可以写好几个，\
         每个以双方括号开头：\n\n    [[extra.quiz]]\n    question = \"问题？\"          # 即 quiz[].question\n"
    );
    out += intro.get(lang);
    let mut group = |kind: &str, title: &Text, note: &Text, fields: &[&[Field]]| {
        let _ = writeln!(out, "\n## {}\n\n{}", title.get(lang), note.get(lang));
        let fields: Vec<&Field> = fields.iter().flat_map(|fields| fields.iter()).collect();
        if !fields.is_empty() {
            out += text!(
                "\n| field | | what for | what to write |\n| --- | --- | --- | --- |\n",
                "\n| 字段 | | 用途 | 写法 |\n| --- | --- | --- | --- |\n"
            )
            .get(lang);
            rows(&mut out, lang, kind, "", fields.into_iter());
        }
    };
    group(
        "",
        &text!("On every page and section", "每一页、每个栏目都可以写"),
        &text!("With or without a kind.", "有没有 `kind` 都可以。"),
        &[EVERYWHERE],
    );
    let common = text!("Beside those above.", "在上面那些以外，有 `kind` 的都可以写。");
    group("", &text!("On every kind", "每一种都可以写"), &common, &[COMMON]);
    for kind in KINDS {
        let on = match kind.on {
            On::Page => text!("Pages.", "用于页面。"),
            On::Section => text!("Sections.", "用于栏目。"),
            On::Both => text!("Pages and sections.", "用于页面和栏目。"),
        };
        let (name, (about, word)) = (kind.name, archetype(kind));
        let (title, about) = about.split_once('：').unwrap_or((&about, ""));
        let about = if about.is_empty() { String::new() } else { format!("{about}。") };
        let new = word.map(|word| format!("新建：`kepu new {word} \"标题\"`。")).unwrap_or_default();
        let nothing = if kind.fields[2..].is_empty() { "没有另外的字段。" } else { "" };
        let note = Text { en: on.en, zh: format!("{about}{}{new}{nothing}", on.zh) };
        group(name, &text!("`{name}`", "`{name}` {title}"), &note, &kind.fields[2..]);
    }
    out
}

fn rows<'a>(out: &mut String, lang: Language, kind: &str, above: &str, fields: impl Iterator<Item = &'a Field>) {
    for field in fields {
        let required = text!("required", "必填");
        let required = if field.required { required.get(lang) } else { "" };
        let name = format!("{above}{}", field.name);
        let (_, en, zh) = about(kind, &name).unwrap_or_else(|| panic!("nothing says what `{name}` of `{kind}` is for"));
        let what = text!("{en}", "{zh}");
        let how = describe(field.of).get(lang).trim().replace('|', "\\|");
        let _ = writeln!(out, "| `{name}` | {required} | {} | {how} |", what.get(lang));
        match field.of {
            Type::Table(inner) => rows(out, lang, kind, &format!("{name}."), inner.iter()),
            Type::Tables(inner) => rows(out, lang, kind, &format!("{name}[]."), inner.iter()),
            _ => {}
        }
    }
}

#[test]
fn the_documentation_lists_the_fields_as_they_are() {
    for (lang, name) in [(Language::En, "docs/outreach-kinds.md"), (Language::Zh, "docs/outreach-kinds.zh-CN.md")] {
        let (file, wanted) = (root().join(name), page(lang));
        // As for snapshots: rewritten only when asked for.
        if std::env::var("INSTA_UPDATE").is_ok_and(|update| update == "always") {
            std::fs::write(&file, &wanted).expect("a file");
        }
        let written = std::fs::read_to_string(&file).unwrap_or_default();
        assert!(written == wanted, "{name} is old; run the test with INSTA_UPDATE=always");
    }
}

#[test]
fn nothing_is_said_of_fields_that_do_not_exist() {
    let written = page(Language::En);
    for (name, en, _) in ABOUT {
        let field = name.split_once('.').filter(|(kind, _)| Kind::find(kind).is_some() || *kind == "learning");
        let field = field.map_or(*name, |(_, field)| field);
        let row = written.lines().any(|line| line.starts_with(&format!("| `{field}` |")) && line.contains(en));
        assert!(row, "no kind has `{name}`");
    }
}
