//! `kepu new`.

use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

use clap::Args;

use crate::archetype::{Archetype, Desk, Wish};
use crate::config::{Mode, find};
use crate::diagnostic::Language;
use crate::outreach::BuildTime;
use crate::site::Request;
use crate::text;

use super::output::Output;

#[derive(Args, Debug)]
pub struct Arguments {
    /// The archetype, or a section; without it all archetypes are listed
    what: Option<String>,

    /// The title of the page
    title: Vec<String>,

    /// The section, in place of the archetype's
    #[arg(long, value_name = "SECTION")]
    to: Option<String>,

    /// The last part of the address, in place of one made of the title
    #[arg(long, value_name = "NAME")]
    slug: Option<String>,

    /// Make a folder for the page, into which pictures can be put
    #[arg(long)]
    folder: bool,

    /// The date of the page, in place of now
    #[arg(long, value_name = "DATE")]
    at: Option<String>,
}

pub fn run(arguments: &Arguments, root: &Path, config: Option<&Path>, output: &Output) -> ExitCode {
    let (found, now) = match super::site_at(root, config, arguments.at.as_deref(), output) {
        Ok(site) => site,
        Err(code) => return code,
    };
    let mut told = Vec::new();
    let Some(desk) = Desk::open(&request(found, now), &mut told) else {
        output.report(told);
        return ExitCode::from(1);
    };
    output.report(told);
    let Some(what) = &arguments.what else {
        list(&desk, output);
        return ExitCode::SUCCESS;
    };
    let title = arguments.title.join(" ");
    let (to, slug) = (arguments.to.as_deref(), arguments.slug.as_deref());
    let made = match desk.make(Wish { what, title: &title, to, slug, folder: arguments.folder }) {
        Ok(made) => made,
        Err(errors) => {
            output.report(errors);
            return ExitCode::from(1);
        }
    };
    // The path alone, so that a script can open an editor.
    let _ = writeln!(std::io::stdout(), "{}", made.file);
    let address = &made.address;
    match &made.archetype {
        Some(name) => output.say(&text!(
            "The page is made as the archetype `{name}` has it. Now write it: put your own text in place of the \
             sample's, and delete the lines that you do not need.",
            "新页面已按样板 `{name}` 建好。接下来打开它，把样板文字改成您的内容，用不着的行可以删去。"
        )),
        None => output.say(&text!("The page is made. Now write it.", "新页面已建好，接下来打开它写正文。")),
    }
    if made.file.ends_with("/index.md") {
        output.say(&text!("Pictures go into the same folder.", "图片放在同一个文件夹里。"));
    }
    output.say(&text!(
        "`kepu serve` shows it at `{address}` while you write.",
        "运行 `kepu serve` 可以边写边看，网址是 `{address}`。"
    ));
    made.notes.iter().for_each(|note| output.say(note));
    ExitCode::SUCCESS
}

fn request(found: find::Found, now: BuildTime) -> Request {
    Request {
        found,
        mode: Mode::Build,
        base_url: None,
        drafts: true,
        minify: false,
        zola_exact: false,
        now,
        remember: false,
        no_cache: false,
    }
}

/// Every archetype with what it is for, and an example.
fn list(desk: &Desk, output: &Output) {
    let all = desk.archetypes();
    let mut out = String::new();
    if all.is_empty() {
        out += text!(
            "This site has no archetypes (`archetypes/*.md`), so a new page has a title and a date.\n\n\
             Example:  kepu new SECTION \"The title\"\n",
            "这个网站没有页面模板（`archetypes/*.md`），新页面只有标题和日期。\n\n例如：kepu new 栏目 \"标题\"\n"
        )
        .get(output.lang);
    } else {
        out += text!("What a new page can be:\n\n", "可以建立的页面：\n\n").get(output.lang);
        let section = |archetype: &Archetype| format!("content/{}", desk.section(archetype));
        let width = |of: &dyn Fn(&Archetype) -> usize| all.iter().map(of).max().unwrap_or_default();
        let (name_width, section_width) = (width(&|a| a.name.chars().count()), width(&|a| section(a).chars().count()));
        for archetype in all {
            let about = archetype.about.as_ref().map_or("", |about| about.get(output.lang));
            let (name, section) = (&archetype.name, section(archetype));
            let line = format!("  {name:name_width$}  {section:section_width$}  {about}");
            out += line.trim_end();
            out.push('\n');
        }
        let first = all.iter().find(|archetype| archetype.name != "default").or(all.first());
        let chinese = |a: &&Archetype| a.names.iter().find(|name| !name.is_ascii()).cloned();
        let name = first.and_then(|a| chinese(&a).filter(|_| output.lang == Language::Zh).or(Some(a.name.clone())));
        let name = name.unwrap_or_default();
        out += text!(
            "\nExample:  kepu new {name} \"The title\"\n\
             A section is enough where one kind of page goes there. `--to SECTION` puts the page elsewhere, `--folder`\n\
             makes a folder for pictures.\n",
            "\n例如：kepu new {name} \"标题\"\n\
             只放一种页面的栏目，写栏目的文件夹名也行。`--to 栏目` 放到别处，`--folder` 建成可以放图片的文件夹。\n"
        )
        .get(output.lang);
    }
    let _ = write!(std::io::stdout(), "{out}");
}
