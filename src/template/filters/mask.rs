//! The filter `mask`: numbers and addresses of people in the formats of public notices.

use tera::{Kwargs, State, TeraResult, Value};

use crate::personal::{self, Kind};
use crate::template;
use crate::text;

/// Covers the middle of every identity number, mobile number and bank card in a text. With `kind`, the value is one
/// `"phone"`, `"id"` or `"card"`, whatever it looks like, or an `"address"`, which ends with the township.
///
/// ```
/// # let mut tera = tera::Tera::default();
/// # kepu::template::filters::register(&mut tera, "zh", jiff::Timestamp::UNIX_EPOCH);
/// let mut say = |text: &str| tera.render_str(text, &tera::Context::new(), false).unwrap();
/// assert_eq!(say(r#"{{ "电话 138 0000 1234" | mask }}"#), "电话 138****1234");
/// assert_eq!(say(r#"{{ "350000000000000123" | mask(kind="id") }}"#), "35*************123");
/// assert_eq!(say(r#"{{ "科左后旗甘旗卡镇建国路 12 号" | mask(kind="address") }}"#), "科左后旗甘旗卡镇");
/// ```
pub fn mask(value: Value, kwargs: Kwargs, _: &State) -> TeraResult<String> {
    // Tables hold telephones as numbers.
    let of = match value.as_str() {
        Some(text) => text.to_owned(),
        None => value.to_string(),
    };
    let digits = || of.chars().filter(|c| c.is_ascii_alphanumeric()).collect::<String>();
    Ok(match kwargs.get::<&str>("kind")? {
        None => personal::mask_text(&of),
        Some("phone") => personal::masked(Kind::Mobile, &digits()),
        Some("id") => personal::masked(Kind::Identity, &digits()),
        Some("card") => personal::masked(Kind::Bank, &digits()),
        Some("address") => personal::mask_address(&of),
        Some(kind) => {
            return Err(template::error(text!(
                "`mask`: there is no kind `{kind}`, only phone, id, card and address",
                "`mask`：没有 `{kind}` 这一类，只有 phone、id、card 和 address"
            )));
        }
    })
}
