//! The rules of this group.

use crate::check::rules::{Default, Rule};

pub const RULES: &[Rule] = &[
    Rule::new(
        "privacy/identity-number",
        Default::Outreach,
        ("Identity numbers", "身份证号码"),
        ("Leave the number out, or mask it.", "请删去号码，或隐去中间数字。"),
    ),
    Rule::new(
        "privacy/mobile-number",
        Default::Outreach,
        ("Mobile numbers", "手机号码"),
        ("Write the telephone of the office.", "请改写办公电话。"),
    ),
    Rule::new(
        "privacy/bank-card",
        Default::Outreach,
        ("Numbers of bank cards", "银行卡号"),
        ("Leave the number out.", "请删去号码。"),
    ),
    Rule::new(
        "privacy/people-list",
        Default::Outreach,
        ("Lists of people with how to reach them and where they live", "人员名单带有联系方式和住址"),
        ("Leave out what nobody needs, mask the rest.", "请删去不必公开的栏，其余做隐去处理。"),
    ),
    Rule::new(
        "privacy/photo-location",
        Default::Outreach,
        ("Photos that tell where they were taken", "照片带有拍摄地点"),
        ("Save the photo without its data, or let the site resize it.", "请去除照片信息后再放入，或由网站缩放输出。"),
    ),
    Rule::new(
        "privacy/photo-owner",
        Default::Warning,
        ("Photos that tell whose camera it was", "照片带有相机序列号或主人姓名"),
        ("Save the photo without its data, or let the site resize it.", "请去除照片信息后再放入，或由网站缩放输出。"),
    ),
    Rule::new(
        "privacy/minors",
        Default::Outreach,
        ("Minors without the consent of their parents", "涉及未成年人而没有写明监护人同意"),
        ("State the consent in the front matter.", "请在文件开头写明同意的依据。"),
    ),
    Rule::new(
        "privacy/unread",
        Default::Warning,
        ("Attachments that could not be looked into", "无法检查内容的附件"),
        ("Look through the file by hand before it goes out.", "发布前请人工核对该文件。"),
    ),
];
