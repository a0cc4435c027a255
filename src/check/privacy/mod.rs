//! Rules about what the site tells of people: numbers and lists in texts and files, and what cameras write into photos.
//!
//! What such a number is, is known to [`crate::personal`], and what office files hold to [`crate::attachment`]. No
//! message shows a number whole; [`super::found`] covers them in excerpts.

mod files;
mod minors;
mod photos;
mod rules;
mod texts;

#[cfg(test)]
mod tests;

use super::{Context, Group, finding};
use crate::diagnostic::{Diagnostic, Text};
use crate::personal::{self, Finding, Kind, People};
use crate::text;

pub const GROUP: Group = Group {
    rules: rules::RULES,
    page: Some(texts::of_page),
    file: Some(files::of_file),
    source: Some(texts::of_source),
    site: Some(minors::of_site),
};

/// The numbers of a text that are nobody's office.
fn numbers(context: &Context, text: &str) -> Vec<Finding> {
    let offices = &context.site.config.check.privacy.numbers;
    let mut found = personal::numbers(text);
    found.retain(|finding| !offices.contains(&finding.number));
    found
}

/// What is wrong with a number, without its place.
fn number(of: &Finding, within: &Text) -> Diagnostic {
    let masked = personal::masked(of.kind, &of.number);
    let Text { en, zh } = within;
    let (code, message) = match of.kind {
        Kind::Identity => {
            ("privacy/identity-number", text!("`{masked}` is an identity number{en}", "{zh}`{masked}` 是身份证号码"))
        }
        Kind::Mobile => {
            ("privacy/mobile-number", text!("`{masked}` is a mobile number{en}", "{zh}`{masked}` 是手机号码"))
        }
        Kind::Bank => {
            ("privacy/bank-card", text!("`{masked}` is the number of a bank card{en}", "{zh}`{masked}` 是银行卡号"))
        }
    };
    finding(code, message).help(match of.kind {
        Kind::Mobile => text!(
            "write the telephone of the office, or mask it: `{masked}`; a mobile that is the office's own goes into `numbers` of `[check.privacy]` in kepu.toml",
            "请改写办公电话，或隐去中间四位：`{masked}`；若确是单位公开的号码，请写进 kepu.toml 的 `[check.privacy]` 的 `numbers`"
        ),
        Kind::Identity | Kind::Bank => text!("leave it out, or mask it: `{masked}`", "请删去，或隐去中间数字：`{masked}`"),
    })
}

/// What is wrong with a list of people, without its place.
fn list(of: &People, within: &Text) -> Diagnostic {
    let rows = of.rows;
    let Text { en, zh } = within;
    finding(
        "privacy/people-list",
        text!(
            "a list of people with telephones or identity numbers and homes ({rows} filled in){en}",
            "{zh}列出了姓名、联系方式或身份证号、住址（{rows} 人）"
        ),
    )
    .help(text!(
        "leave out columns that nobody needs; addresses end with the township, numbers are masked (`138****1234`)",
        "请删去不必公开的栏；住址只写到乡镇（苏木、街道），号码隐去中间数字（`138****1234`）"
    ))
}
