//! What the system refused, said so that a person knows what to do.

use std::io::{Error, ErrorKind};

use crate::diagnostic::Diagnostic;
use crate::text;

/// A diagnostic for an operation that `error` ended; `path` is the file or folder to name.
pub(super) fn failed(path: &str, error: &Error) -> Box<Diagnostic> {
    let path = shorten(path);
    let diagnostic = match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Diagnostic::error(
            "publish/disk-full",
            text!("there is no room left on the disk to write `{path}`", "磁盘空间不足，无法写入 `{path}`"),
        )
        .help(text!(
            "free some space (a build needs room for the new site beside the old one), then build again",
            "请先腾出磁盘空间（生成时新旧两份网站会同时存在），然后重新生成"
        )),
        ErrorKind::ReadOnlyFilesystem => Diagnostic::error(
            "publish/read-only",
            text!("cannot write `{path}`: the disk is read-only", "无法写入 `{path}`：该磁盘是只读的"),
        )
        .help(choose_another()),
        ErrorKind::PermissionDenied => Diagnostic::error(
            "publish/permission",
            text!("not allowed to write `{path}`: {error}", "没有权限写入 `{path}`：{error}"),
        )
        .help(text!(
            "give your user the right to write in that folder, or choose another one with `--output-dir`",
            "请让当前用户能写入该文件夹，或用 `--output-dir` 另选一个文件夹"
        )),
        ErrorKind::InvalidFilename => Diagnostic::error(
            "publish/name-too-long",
            text!(
                "the name `{path}` is too long for this system, or has characters that it does not allow",
                "名称 `{path}` 过长，或含有本系统不允许的字符"
            ),
        )
        .help(text!(
            "a file or folder name may have 255 bytes (85 Chinese characters); set a shorter `slug` or `path`, or rename the file",
            "文件或文件夹的名称最多 255 字节（85 个汉字）；请设置较短的 `slug` 或 `path`，或给文件改名"
        )),
        _ => Diagnostic::error("publish/io", text!("cannot write `{path}`: {error}", "无法写入 `{path}`：{error}")),
    };
    Box::new(diagnostic)
}

/// A file to be published that cannot be read.
pub(super) fn unreadable(source: &str, error: &Error) -> Box<Diagnostic> {
    let source = shorten(source);
    Box::new(Diagnostic::error(
        "publish/source",
        text!("cannot read `{source}`, which belongs to the site: {error}", "无法读取网站的文件 `{source}`：{error}"),
    ))
}

/// An output that the system will not let anybody rename.
pub(super) fn mount_point(shown: &str) -> Box<Diagnostic> {
    Box::new(
        Diagnostic::error(
            "publish/mount-point",
            text!(
                "the output folder `{shown}` is a mount point (a disk, share or container volume), so it cannot be swapped as a whole",
                "输出文件夹 `{shown}` 是一个挂载点（磁盘、共享文件夹或容器卷），无法整体替换"
            ),
        )
        .help(text!(
            "use a folder inside it, for example `--output-dir {shown}/site`",
            "请使用其中的子文件夹，例如 `--output-dir {shown}/site`"
        )),
    )
}

/// An output from a lower layer of an overlay: such a folder can be deleted, but not renamed.
/// <https://docs.kernel.org/filesystems/overlayfs.html#renaming-directories>
pub(super) fn image_layer(shown: &str) -> Box<Diagnostic> {
    Box::new(
        Diagnostic::error(
            "publish/image-layer",
            text!(
                "the output folder `{shown}` is part of a container image, so it cannot be swapped as a whole",
                "输出文件夹 `{shown}` 属于容器镜像，无法整体替换"
            ),
        )
        .help(text!(
            "delete it and build again; better, leave it out of the image with `.dockerignore`",
            "请删除它后重新生成；更好的办法是用 `.dockerignore` 把它排除在镜像之外"
        )),
    )
}

pub(super) fn choose_another() -> crate::diagnostic::Text {
    text!("choose another folder with `--output-dir`", "请用 `--output-dir` 另选一个文件夹")
}

/// A path that fits a line; names of thousands of characters are among what is reported here.
fn shorten(path: &str) -> String {
    const LONGEST: usize = 160;
    let length = path.chars().count();
    if length <= LONGEST {
        return path.to_owned();
    }
    let start: String = path.chars().take(LONGEST / 2).collect();
    let end: String = path.chars().skip(length - LONGEST / 2).collect();
    format!("{start}…{end}")
}
