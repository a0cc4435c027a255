//! `kepu init`.

use std::io::{BufRead, IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;

use clap::Args;

use crate::diagnostic::{Diagnostic, Language, Result, Text};
use crate::site::theme;
use crate::text;

use super::output::Output;

#[derive(Args, Debug)]
pub struct Arguments {
    /// The folder of the site, made if it does not exist
    #[arg(default_value = ".")]
    name: String,

    /// Use the folder even if it is not empty; nothing in it is overwritten
    #[arg(short, long)]
    force: bool,
}

/// What the questions are about.
struct Answers {
    base_url: String,
    compile_sass: bool,
    search: bool,
    /// Begin with the pages that come with the theme.
    starter: bool,
}

/// The theme that new sites get.
const THEME: &str = "outreach";

pub fn run(arguments: &Arguments, output: &Output) -> ExitCode {
    let folder = Path::new(&arguments.name);
    if !arguments.force && !is_quasi_empty(folder) {
        let shown = folder.display();
        return output.fail(
            Diagnostic::error("init/not-empty", text!("`{shown}` is not an empty folder", "`{shown}` 不是空文件夹"))
                .help(text!(
                    "choose another name, or pass --force: it overwrites nothing",
                    "请换一个名字，或加上 --force（不会覆盖任何文件）"
                )),
        );
    }
    output.say(&text!(
        "A few questions; every answer can be changed later in `zola.toml`.",
        "请回答几个问题；以后都可以在 `zola.toml` 里修改。"
    ));
    let answers = Answers {
        base_url: ask_url(output),
        compile_sass: ask_bool(output, &text!("Compile Sass?", "需要编译 Sass 吗？"), true),
        search: ask_bool(output, &text!("Build a search index?", "需要生成搜索索引吗？"), false),
        // The pages are Chinese.
        starter: theme::starter(THEME).is_some()
            && ask_bool(
                output,
                &text!(
                    "Begin with the pages of a science association, in Chinese, to fill in?",
                    "从科协网站的样板页面开始吗？"
                ),
                output.lang == Language::Zh,
            ),
    };
    match create(folder, &answers, output) {
        Ok(()) => {
            let shown = folder.canonicalize().unwrap_or_else(|_| folder.to_path_buf());
            let shown = shown.display();
            output.say(&text!(
                "Done: `{shown}`. Write pages in `content/`, then run `kepu build` there.",
                "完成：`{shown}`。请在 `content/` 里写页面，再在那里运行 `kepu build`。"
            ));
            ExitCode::SUCCESS
        }
        Err(error) => output.fail(*error),
    }
}

/// Whether the folder does not exist or holds hidden files only.
fn is_quasi_empty(folder: &Path) -> bool {
    match std::fs::read_dir(folder) {
        Ok(entries) => entries.flatten().all(|e| e.file_name().to_string_lossy().starts_with('.')),
        Err(error) => error.kind() == std::io::ErrorKind::NotFound,
    }
}

fn create(folder: &Path, answers: &Answers, output: &Output) -> Result<()> {
    let mut folders = vec!["content", "templates", "static", "themes"];
    if answers.compile_sass {
        folders.push("sass");
    }
    for name in folders {
        let path = folder.join(name);
        std::fs::create_dir_all(&path).map_err(|error| Diagnostic::io(path.display().to_string(), &error))?;
    }
    let language = match output.lang {
        crate::diagnostic::Language::En => "en",
        crate::diagnostic::Language::Zh => "zh",
    };
    if answers.starter
        && let Some(starter) = theme::starter(THEME)
    {
        copy_starter(starter, folder, answers)?;
    }
    let Answers { base_url, compile_sass, search, .. } = answers;
    let base_url = toml::Value::String(base_url.clone());
    // A page without a title is no use to anybody; the author will have a better one.
    let name = folder.canonicalize().ok().and_then(|path| Some(path.file_name()?.to_string_lossy().into_owned()));
    let title = toml::Value::String(name.unwrap_or_default());
    let config = format!(
        "# The address the site will have\n\
         base_url = {base_url}\n\
         title = {title}\n\
         default_language = \"{language}\"\n\
         \n\
         # A theme of `themes/`, or one that comes with kepu\n\
         theme = \"{THEME}\"\n\
         \n\
         # Kinds of terms that pages may carry; `topics` is what the theme's articles have\n\
         taxonomies = [{{ name = \"topics\" }}]\n\
         \n\
         # Whether to compile the files of sass/\n\
         compile_sass = {compile_sass}\n\
         \n\
         # Whether to build a search index for a JavaScript library\n\
         build_search_index = {search}\n\
         \n\
         [markdown.highlighting]\n\
         theme = \"catppuccin-mocha\"\n\
         \n\
         [extra]\n\
         # Your own variables\n"
    );
    // A second configuration would take the place of the author's.
    if !folder.join("config.toml").exists() {
        create_new(&folder.join("zola.toml"), config.as_bytes())?;
    }
    let (title, text) = match output.lang {
        crate::diagnostic::Language::En => ("Home", "Welcome."),
        crate::diagnostic::Language::Zh => ("首页", "欢迎。"),
    };
    let home = format!("+++\ntitle = \"{title}\"\n+++\n\n{text}\n");
    create_new(&folder.join("content/_index.md"), home.as_bytes())?;
    create_new(&folder.join(".gitignore"), b"/public\n/.kepu\n")
}

/// A text of the starter with its dates moved to `day`: a column must not be out of date on its first day.
fn dated(text: &str, day: jiff::civil::Date) -> String {
    text.replace("2026-01-05T", &format!("{day}T"))
        .replace("\"2026-01\"", &format!("\"{}\"", day.strftime("%Y-%m")))
        .replace("2027-09-", &format!("{}-09-", day.year() + 1))
}

/// Writes the files of a starter, the answers in its configuration.
fn copy_starter(starter: &include_dir::Dir, folder: &Path, answers: &Answers) -> Result<()> {
    // The sample pages tell a time of day, which may not have come yet today.
    let today = crate::outreach::china(jiff::Timestamp::now()).date();
    let yesterday = today.yesterday().unwrap_or(today);
    let mut folders = vec![starter];
    while let Some(dir) = folders.pop() {
        folders.extend(dir.dirs());
        for file in dir.files() {
            let relative = file.path().components().skip(2).collect::<std::path::PathBuf>();
            let target = folder.join(&relative);
            if relative == Path::new("zola.toml") {
                let text = file.contents_utf8().unwrap_or_default();
                if !folder.join("config.toml").exists() {
                    create_new(&target, with_answers(text, answers).as_bytes())?;
                }
                continue;
            }
            if let Some(parent) = target.parent() {
                std::fs::create_dir_all(parent)
                    .map_err(|error| Diagnostic::io(parent.display().to_string(), &error))?;
            }
            match file.contents_utf8() {
                Some(text) if relative.starts_with("content") => {
                    create_new(&target, dated(text, yesterday).as_bytes())?
                }
                _ => create_new(&target, file.contents())?,
            }
        }
    }
    Ok(())
}

/// The configuration of a starter with the lines of the answers in place of its own.
fn with_answers(text: &str, answers: &Answers) -> String {
    let lines = [
        ("base_url", toml::Value::String(answers.base_url.clone())),
        ("compile_sass", toml::Value::Boolean(answers.compile_sass)),
        ("build_search_index", toml::Value::Boolean(answers.search)),
    ];
    let answered = |line: &str| {
        let key = line.split('=').next().unwrap_or_default().trim();
        let answer = lines.iter().find(|(name, _)| *name == key && line.contains('='));
        answer.map_or_else(|| line.to_owned(), |(name, value)| format!("{name} = {value}"))
    };
    text.lines().map(|line| answered(line) + "\n").collect()
}

/// Writes a file unless it is there already.
fn create_new(path: &Path, bytes: &[u8]) -> Result<()> {
    let result = std::fs::File::create_new(path).and_then(|mut file| file.write_all(bytes));
    match result {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => {
            Err(Box::new(Diagnostic::io(path.display().to_string(), &error)))
        }
        _ => Ok(()),
    }
}

/// One line of standard input, or nothing where nobody answers.
fn answer(output: &Output, question: &Text, default: &str) -> Option<String> {
    let mut out = std::io::stderr().lock();
    let _ = write!(out, "> {} [{default}] ", question.get(output.lang));
    let _ = out.flush();
    let mut line = String::new();
    let read = std::io::stdin().lock().read_line(&mut line).unwrap_or(0);
    if read == 0 || !std::io::stdin().is_terminal() {
        let _ = writeln!(out);
    }
    let line = line.trim();
    (!line.is_empty()).then(|| line.to_owned())
}

fn ask_url(output: &Output) -> String {
    let question = text!("What is the address of your site?", "网站的网址是什么？");
    loop {
        let Some(url) = answer(output, &question, "https://example.com") else {
            return "https://example.com".to_owned();
        };
        if url::Url::parse(&url).is_ok_and(|u| matches!(u.scheme(), "http" | "https")) {
            return url;
        }
        output.say(&text!(
            "`{url}` is not an address like https://example.com",
            "`{url}` 不是 https://example.com 这样的网址"
        ));
    }
}

fn ask_bool(output: &Output, question: &Text, default: bool) -> bool {
    loop {
        match answer(output, question, if default { "Y/n" } else { "y/N" }).as_deref() {
            None => return default,
            Some("y" | "Y" | "yes" | "true" | "是") => return true,
            Some("n" | "N" | "no" | "false" | "否") => return false,
            Some(other) => {
                output.say(&text!("please answer y or n, not `{other}`", "请回答 y 或 n，而不是 `{other}`"));
            }
        }
    }
}
