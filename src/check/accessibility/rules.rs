//! The rules of this group.

use crate::check::rules::{Default, Rule};

pub const RULES: &[Rule] = &[
    Rule::new(
        "accessibility/alternative",
        Default::Warning,
        ("Pictures without a text", "图片没有替代文字"),
        ("Say what the picture shows.", "请写明图片内容。"),
    ),
    Rule::new(
        "accessibility/heading-order",
        Default::Warning,
        ("Levels of headings that are left out", "标题跳级"),
        ("Let no level out.", "标题级别请逐级使用。"),
    ),
    Rule::new(
        "accessibility/heading-one",
        Default::Warning,
        ("Several headings of the first level", "一级标题不止一个"),
        ("Start with the second level in the text.", "正文请从二级标题开始。"),
    ),
    Rule::new(
        "accessibility/language",
        Default::Warning,
        ("Pages without a language", "页面没有写明语言"),
        ("Set `lang` on `<html>`.", "请在 `<html>` 上写 `lang`。"),
    ),
    Rule::new(
        "accessibility/mongolian",
        Default::Warning,
        ("Mongolian that is not tagged", "蒙古文没有标明语言"),
        ("Put it into an element with `lang`.", "请放进带有 `lang` 的元素。"),
    ),
    Rule::new(
        "accessibility/label",
        Default::Warning,
        ("Form fields without a label", "表单项没有标签"),
        ("Add a label.", "请加上标签。"),
    ),
    Rule::new(
        "accessibility/link-text",
        Default::Warning,
        ("Links that do not say where they lead", "链接文字没有说明去向"),
        ("Make the name of the target the link.", "请把目标的名称作为链接文字。"),
    ),
    Rule::new(
        "accessibility/same-link-text",
        Default::Off,
        ("Links of one text that lead to different places", "文字相同而去向不同的链接"),
        ("Say in each where it leads.", "请分别写明去向。"),
    ),
    Rule::new(
        "accessibility/button-text",
        Default::Warning,
        ("Buttons without a text", "按钮没有文字"),
        ("Write what the button does.", "请写明按钮的用途。"),
    ),
    Rule::new(
        "accessibility/table-head",
        Default::Warning,
        ("Tables without heads", "表格没有表头"),
        ("Give the columns heads.", "请给各栏加上表头。"),
    ),
    Rule::new(
        "accessibility/duplicate-id",
        Default::Warning,
        ("Ids that several elements have", "重复的 id"),
        ("Give each element its own.", "请各用不同的 id。"),
    ),
    Rule::new(
        "accessibility/contrast",
        Default::Warning,
        ("Text that is hard to read on its ground", "文字与底色对比不足"),
        ("Make the text darker or the ground lighter.", "请加深文字或调浅底色。"),
    ),
    Rule::new(
        "accessibility/autoplay",
        Default::Warning,
        ("Sound and video that start by themselves", "自动播放的音视频"),
        ("Let readers start it.", "请由读者自己开始播放。"),
    ),
    Rule::new(
        "accessibility/captions",
        Default::Warning,
        ("Video without captions", "没有字幕的视频"),
        ("Add captions or a transcript.", "请加上字幕或文字稿。"),
    ),
    Rule::new(
        "accessibility/zoom",
        Default::Warning,
        ("Pages that forbid to zoom", "禁止缩放的页面"),
        ("Let readers zoom.", "请允许读者缩放。"),
    ),
];
