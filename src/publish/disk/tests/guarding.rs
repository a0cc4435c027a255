//! Which folders may be an output.

use std::os::unix::fs::symlink;

use super::super::guard::guard_home;
use super::*;

/// Made once for the whole table: a site, its sources, and links to and from everywhere.
fn site() -> Site {
    let site = Site::new();
    for folder in
        ["content/a", "templates", "sub/folder", "themes/t", "site", ".git", "../shared/articles", "../home/docs"]
    {
        fs::create_dir_all(site.path(folder)).unwrap();
    }
    site.put("file.txt", "");
    symlink("content", site.path("to-content")).unwrap();
    symlink("../shared/articles", site.path("data")).unwrap();
    symlink("..", site.path("up")).unwrap();
    symlink("nowhere", site.path("dangling")).unwrap();
    symlink("loop", site.path("loop")).unwrap();
    symlink("../elsewhere", site.path("outside")).unwrap();
    fs::create_dir(site.path("../elsewhere")).unwrap();
    symlink("site/content", site.path("../content-from-outside")).unwrap();
    site
}

fn judge(site: &Site, output: &str) -> Result<Output> {
    let sources = ["content", "templates", "static", "sass", "themes", "site", ".git", "src", "data", "not/yet"];
    let sources: Vec<PathBuf> = sources.map(PathBuf::from).into();
    let home = site.path("../home");
    guard_home(&site.root, Path::new(output), &sources, Some(&home))
}

#[test]
fn accepted() {
    let site = site();
    for (output, shown) in [
        ("public", "public"),
        ("public/", "public"),
        ("./public//", "public"),
        ("sub/folder/out", "sub/folder/out"),
        ("sub", "sub"),
        ("content2", "content2"),
        ("contents/x", "contents/x"),
        ("content/../public", "public"),
        ("not/../public", "public"),
        ("no/such/folder", "no/such/folder"),
        ("not", "../"),
        ("科普", "科普"),
        (".public", ".public"),
        ("outside/x", "../"),
        ("outside", "../"),
        ("../docs", "../"),
        ("../home/docs", "../"),
        ("../home/new", "../"),
        ("up/docs", "../"),
        ("../site/public", "public"),
    ] {
        if output == "not" {
            assert_eq!(code(judge(&site, output)), "publish/output", "it contains not/yet");
            continue;
        }
        let found = judge(&site, output).unwrap_or_else(|error| panic!("{output}: {}", error.message.en));
        if shown != "../" {
            assert_eq!(found.shown(), shown, "{output}");
            assert_eq!(found.path(), site.path(shown), "{output}");
        } else {
            assert!(!found.path().starts_with(&site.root), "{output}");
        }
    }
    let elsewhere = TempDir::new().unwrap();
    assert!(judge(&site, elsewhere.path().join("x").to_str().unwrap()).is_ok());
}

#[test]
fn refused() {
    let site = site();
    let absolute = |path: &str| site.path(path).to_str().unwrap().to_owned();
    for (output, why) in [
        ("/", "a folder of the system"),
        ("//", "a folder of the system"),
        ("/..", "a folder of the system"),
        ("/usr", "a folder of the system"),
        ("/tmp/", "a folder of the system"),
        ("../../../../../../../../../..", "a folder of the system"),
        ("", "site's own folder"),
        (".", "site's own folder"),
        ("..", "lies inside it"),
        ("up", "lies inside it"),
        ("public/..", "site's own folder"),
        ("up/site", "site's own folder"),
        ("../home", "home folder"),
        ("../home/docs/..", "home folder"),
        ("content", "holds sources"),
        ("content/", "holds sources"),
        ("./content", "holds sources"),
        ("public/../content", "holds sources"),
        ("to-content", "holds sources"),
        ("up/site/content", "holds sources"),
        ("../content-from-outside", "holds sources"),
        ("../content-from-outside/new", "inside `content`"),
        ("content/a", "inside `content`"),
        ("content/new/er", "inside `content`"),
        ("to-content/new", "inside `content`"),
        ("static", "holds sources"),
        ("sass/out", "inside `sass`"),
        ("themes/t", "inside `themes`"),
        ("site", "holds sources"),
        (".git", "holds sources"),
        (".git/x", "inside `.git`"),
        (".kepu", "holds sources"),
        (".kepu/outputs", "inside `.kepu`"),
        ("data", "holds sources"),
        ("../shared/articles/x", "which holds sources"),
        ("../shared", "it contains"),
        ("not", "it contains `not/yet`"),
        ("file.txt", "it is a file"),
        ("file.txt/x", "Not a directory"),
        ("dangling", "No such file"),
        ("dangling/x", "No such file"),
        ("loop", "symbolic links"),
        ("a\0b", "NUL"),
        (&absolute(""), "site's own folder"),
        (&absolute("content"), "holds sources"),
        (&absolute("up/site/to-content/x"), "inside `content`"),
    ] {
        let refused = error(judge(&site, output));
        assert_eq!(refused.code, "publish/output", "{output:?}");
        let english = said(&refused, Language::En).to_lowercase();
        assert!(english.contains(&why.to_lowercase()), "{output:?}: {english}");
        assert!(refused.help.is_some());
    }
    let long = "x".repeat(300);
    assert_eq!(code(judge(&site, &long)), "publish/output");
    assert_eq!(code(guard(&site.path("no-root"), Path::new("public"), &[])), "publish/output");
}

#[test]
fn what_is_said() {
    let refused = error(judge(&site(), "content"));
    assert_eq!(
        said(&refused, Language::Zh),
        "`content` 不能用作输出文件夹：`content` 存放着网站的源文件
note: 每次生成网站时，输出文件夹里的全部内容都会被替换
help: 请另选一个专用的文件夹，例如 `public`：用配置项 `output_dir` 或参数 `--output-dir` 指定"
    );
}

#[test]
fn one_folder_mounted_in_two_places() {
    let site = Site::new();
    if std::env::var_os("KEPU_TEST_WITHOUT_MOUNTS").is_some() {
        return;
    }
    site.put("content/article.md", "");
    fs::create_dir(site.path("bound")).unwrap();
    let bound = Mount(site.path("bound"));
    let mount = std::process::Command::new("mount").arg("--bind").arg(site.path("content")).arg(&bound.0).status();
    assert!(mount.unwrap().success());
    assert_eq!(code(guard(&site.root, Path::new("bound"), &["content".into()])), "publish/output");
    assert_eq!(code(guard(&site.root, Path::new("bound/x"), &["content".into()])), "publish/output");
}

#[test]
fn a_content_folder_that_is_the_site_leaves_no_place() {
    let site = Site::new();
    fs::remove_dir(site.path("content")).unwrap();
    symlink(".", site.path("content")).unwrap();
    assert_eq!(code(guard(&site.root, Path::new("public"), &["content".into()])), "publish/output");
    // While the root handed in as the folder of the configuration is a slip that must not cost the user.
    assert!(guard(&site.root, Path::new("public"), &[".".into(), site.root.clone()]).is_ok());
}
