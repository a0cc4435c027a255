//! What stands around a number and tells that it is no number of a person.

use std::ops::Range;

use super::digits::{after, before, digit};

/// A text and what was found out about it once.
pub struct Context<'a> {
    pub text: &'a str,
    /// Addresses of files and pages, whose digits are nobody's.
    addresses: LazyAddresses<'a>,
}

type LazyAddresses<'a> = std::cell::LazyCell<Vec<Range<usize>>, Box<dyn FnOnce() -> Vec<Range<usize>> + 'a>>;

/// What a number is called that is not a telephone or a card. The word stands right before it.
const LABELS: &[&str] = &[
    "编号",
    "编码",
    "代码",
    "单号",
    "流水号",
    "流水",
    "条码",
    "条形码",
    "登记号",
    "登录号",
    "档案号",
    "序列号",
    "序列",
    "交易号",
    "票号",
    "票据号",
    "批号",
    "批次",
    "批次号",
    "设备号",
    "产品号",
    "合同号",
    "受理号",
    "项目号",
    "资产号",
    "馆藏号",
    "标本号",
    "户号",
    "表号",
    "群号",
    "会议号",
    "文号",
    "证书号",
    "订单",
    "运单",
    "工单",
    "时间戳",
    "校验值",
    "索引号",
    "学号",
    "考号",
    "准考证号",
    "书号",
    "专利号",
    "QQ",
    "ISBN",
    "ISSN",
    "SN",
    "S/N",
    "IMEI",
    "DOI",
    "UUID",
    "MD5",
    "order",
    "serial",
    "sku",
    "timestamp",
    "isbn",
    "hash",
    "uid",
];

/// Ends of words that name a count or a certificate (字节数, 浏览量, 总值, 金额, 登记证), where they stand in the same cell.
const COUNTS: &[char] = &['数', '量', '值', '额', '价', '率', '证', '第'];

/// What a telephone is called; what stands behind its number is the next word then, and no unit (`电话138…个人`).
const CALLED: &[&str] =
    &["电话", "手机", "手机号", "手机号码", "电话号码", "联系方式", "微信", "微信号", "致电", "拨打"];

/// Accounts that many people name after their own mobile number, with letters before it.
const ACCOUNTS: &[&str] =
    &["微信", "微信号", "抖音号", "抖音", "快手号", "快手", "支付宝", "支付宝账号", "账号", "帐号", "邮箱", "电子邮箱"];

/// Units: what has one behind it was counted.
const UNITS: &[&str] = &[
    "元", "万", "亿", "美元", "欧元", "日元", "人", "人次", "次", "公斤", "千克", "克", "吨", "斤", "公里", "千米",
    "米", "光年", "年", "岁", "字节", "个", "户", "亩", "公顷", "平方", "立方", "度", "°", "%", "％", "kg", "km", "KB",
    "MB", "GB", "KiB", "MiB", "bytes", "bit", "bps", "Hz", "kHz", "MHz", "比特", "赫兹", "条", "株", "颗", "粒", "秒",
    "倍", "e-", "e+", "E-", "E+", "×10",
];

/// Words of Latin letters that may touch a number.
const TOUCHING: &[&str] = &[
    "tel",
    "phone",
    "telephone",
    "mobile",
    "mob",
    "cell",
    "call",
    "wechat",
    "weixin",
    "wx",
    "vx",
    "v",
    "t",
    "m",
    "p",
    "no",
    "card",
];

/// Keys of an address whose value is a telephone.
const KEYS: &[&str] =
    &["phone", "tel", "mobile", "telephone", "cell", "sjh", "shouji", "dianhua", "lxdh", "sms", "card"];

impl<'a> Context<'a> {
    pub fn new(text: &'a str) -> Self {
        Self { text, addresses: LazyAddresses::new(Box::new(|| addresses(text))) }
    }

    /// Whether the digits in `span` stand where a telephone or a card may stand: not in an address or among letters, not
    /// called by another name, not a sum.
    pub fn may_be_a_number_of_a_person(&self, span: &Range<usize>) -> bool {
        let text = self.text;
        !self.is_in_address(span)
            && !self.is_among_letters(span)
            && !is_part_of_decimal(text, span)
            && (self.is_called(span.start) || !has_unit(text, span.end))
            && !matches!(before(text, span.start).find(|c| *c != ' '), Some('¥' | '￥' | '$' | '€' | '№'))
            && !self.is_labelled(span.start)
    }

    fn is_in_address(&self, span: &Range<usize>) -> bool {
        let Some(address) = self.addresses.iter().find(|address| address.contains(&span.start)) else { return false };
        let lead = self.text[address.start..span.start].trim_end_matches("%20").trim_end_matches(['+', ' ']);
        let lead = lead.strip_suffix("%2B").unwrap_or(lead).trim_end_matches('+');
        let Some(key) = lead.strip_suffix(['=', ':']) else { return true };
        let key = key.rsplit(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default().to_ascii_lowercase();
        !KEYS.contains(&key.as_str())
    }

    /// `a138…` and `138…f` are parts of some code; `Tel138…` is not.
    fn is_among_letters(&self, span: &Range<usize>) -> bool {
        if after(self.text, span.end).next().is_some_and(|c| c.is_ascii_alphabetic()) {
            return true;
        }
        let word: String = before(self.text, span.start).take_while(char::is_ascii_alphanumeric).take(16).collect();
        let word: String = word.chars().rev().collect::<String>().to_ascii_lowercase();
        !word.is_empty() && !TOUCHING.contains(&word.as_str()) && !self.is_account(span, &word)
    }

    /// `微信号 zs138…` and `zs138…@163.com`: initials and a mobile number.
    fn is_account(&self, span: &Range<usize>, letters: &str) -> bool {
        let is_short = letters.len() <= 6 && letters.bytes().all(|byte| byte.is_ascii_alphabetic());
        let named = || self.ends_with_one(span.start - letters.len(), ACCOUNTS);
        is_short && (after(self.text, span.end).next() == Some('@') || named())
    }

    /// Whether a number is called a telephone right before it.
    pub fn is_called(&self, at: usize) -> bool {
        self.ends_with_one(at, CALLED)
    }

    fn ends_with_one(&self, at: usize, words: &[&str]) -> bool {
        let before = self.words_before(at);
        words.iter().any(|word| before.ends_with(word))
    }

    /// Up to twelve characters before a place, with signs and spaces that may part a word from its number taken away.
    pub fn words_before(&self, at: usize) -> &'a str {
        let text = self.text;
        let start = text[..at].char_indices().rev().take(16).last().map_or(at, |(start, _)| start);
        text[start..at].trim_end_matches(|c: char| {
            c.is_whitespace()
                || matches!(c, ':' | '：' | '=' | '#' | '"' | '\'' | '“' | '「' | '*' | '`' | '为' | '是' | '.')
        })
    }

    fn is_labelled(&self, at: usize) -> bool {
        let words = self.words_before(at);
        let between = &self.text[..at];
        let is_counted = words.ends_with(COUNTS) && !between.trim_end_matches(' ').ends_with(['\n', '\t', '\r']);
        is_counted && !words.ends_with("身份证")
            || LABELS.iter().any(|label| {
                let Some(lead) = words.len().checked_sub(label.len()) else { return false };
                words.is_char_boundary(lead)
                && words[lead..].eq_ignore_ascii_case(label)
                // `Tissn` is no ISSN.
                && !(label.is_ascii() && before(words, lead).next().is_some_and(|c| c.is_ascii_alphanumeric()))
            })
    }
}

/// `0.138…` and `138….50`, but not `138….` at the end of a sentence.
fn is_part_of_decimal(text: &str, span: &Range<usize>) -> bool {
    let mut lead = before(text, span.start);
    let mut rest = after(text, span.end);
    let is_digit = |c: char| digit(c).is_some();
    // Enumerations (`1.138…`) are let through by whoever asks; a longer number before the dot is none, nor is `0.138…`.
    let whole: String = before(text, span.start).skip(1).take_while(|c| is_digit(*c)).take(2).collect();
    if matches!(before(text, span.start).next(), Some('.' | '．')) && matches!(whole.as_str(), "0" | "０") {
        return true;
    }
    let leading = matches!(lead.next(), Some('.' | '．'))
        && lead.next().is_some_and(is_digit)
        && !lead.find(|c| !is_digit(*c)).is_none_or(|c| matches!(c, '\n' | '\r' | '\t'));
    leading || (matches!(rest.next(), Some('.' | '．')) && rest.next().is_some_and(is_digit))
}

fn has_unit(text: &str, at: usize) -> bool {
    let rest = text[at..].trim_start_matches([' ', '\u{a0}', '多', '余']);
    UNITS.iter().any(|unit| rest.starts_with(unit))
}

/// Where addresses stand: what has a scheme, the targets of Markdown links, and the values of `src` and `href`.
fn addresses(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let ends = |c: char| !c.is_ascii_graphic() || matches!(c, '"' | '\'' | '<' | '>' | ')' | '`' | '|' | '\\');
    let mut from = |start: usize| {
        let end = text[start..].find(ends).map_or(text.len(), |end| start + end);
        found.push(start..end);
    };
    for (at, _) in text.match_indices("://") {
        let scheme = text[..at]
            .rfind(|c: char| !c.is_ascii_alphanumeric())
            .map_or(0, |before| before + text[before..].chars().next().map_or(1, char::len_utf8));
        from(scheme);
    }
    for mark in ["](", "src=\"", "href=\"", "src='", "href='", "src=", "href="] {
        for (at, _) in text.match_indices(mark) {
            from(at + mark.len());
        }
    }
    found.retain(|range| !range.is_empty());
    found
}
