//! Disks that are full, read-only or forbidden.

use std::os::unix::process::CommandExt;

use super::*;

/// Fills a disk of 200 kB until a build of it fails, at every size that a file may have; the old output stays.
#[test]
fn a_full_disk() {
    for exchange in [true, false] {
        let mut site = Site::new();
        let Some(disk) = Mount::new(site.root.with_file_name("disk"), "size=200k") else { return };
        site = Site { exchange, _temp: site._temp.take(), ..Site::at(disk.0.join("site")) };
        site.build(&["index.html", "a/b.html"], "old").unwrap();
        let before = tree(&site.root);

        let staged = site.begin().unwrap();
        let full = (0..100).find_map(|number| staged.write(&format!("{number}.html"), &[b'x'; 10_000]).err()).unwrap();
        assert_eq!(full.code, "publish/disk-full");
        assert!(full.message.en.contains("public/"), "{}", full.message.en);
        drop(staged);
        assert_eq!(tree(&site.root), before);

        site.put("../big", &"x".repeat(100_000));
        let staged = site.begin().unwrap();
        let copied =
            (0..9).find_map(|number| staged.copy(&number.to_string(), &disk.0.join("big"), false).err()).unwrap();
        assert_eq!(copied.code, "publish/disk-full");
        drop(staged);
        fs::remove_file(disk.0.join("big")).unwrap();

        // Full at the very end: the record finds no room either. Then: full before the beginning.
        let staged = site.begin().unwrap();
        staged.write("new.html", b"new").unwrap();
        fill(&disk.0);
        assert_eq!(code(staged.commit(&BTreeSet::new())), "publish/disk-full");
        assert_eq!(code(site.build(&["new.html"], "new")), "publish/disk-full");
        fs::remove_file(disk.0.join("filler")).unwrap();
        assert_eq!(tree(&site.root), before);

        site.build(&["index.html"], "new").unwrap();
        assert_eq!(paths(&site.files()), ["public/", "public/index.html"]);
    }
}

fn fill(disk: &Path) {
    use std::io::Write;
    let mut file = fs::File::create(disk.join("filler")).unwrap();
    while file.write_all(&[0; 512]).is_ok() {}
}

#[test]
fn a_disk_without_room_for_names() {
    let site = Site::new();
    let Some(disk) = Mount::new(site.root.with_file_name("disk"), "size=1m,nr_inodes=20") else { return };
    let small = Site::at(disk.0.join("site"));
    small.build(&["index.html"], "old").unwrap();
    let before = tree(&small.root);
    let staged = small.begin().unwrap();
    let full = (0..100).find_map(|number| staged.write(&format!("{number}/index.html"), b"").err()).unwrap();
    assert_eq!(full.code, "publish/disk-full");
    drop(staged);
    assert_eq!(tree(&small.root), before);
}

#[test]
fn a_read_only_disk() {
    let site = Site::new();
    let Some(disk) = Mount::new(site.root.with_file_name("disk"), "size=200k") else { return };
    site.build_at("../disk/public", &["index.html"], "old").unwrap();
    let before = tree(&disk.0);
    disk.remount("ro");
    assert_eq!(code(site.begin_at("../disk/public")), "publish/read-only");
    assert_eq!(code(site.begin_at("../disk/new/public")), "publish/read-only");
    assert_eq!(tree(&disk.0), before);
}

#[test]
fn a_read_only_site_is_built_elsewhere() {
    let site = Site::new();
    let Some(disk) = Mount::new(site.root.with_file_name("disk"), "size=200k") else { return };
    let read_only = Site::at(disk.0.join("site"));
    disk.remount("ro");
    let output = site.path("../out");
    let output = output.to_str().unwrap();
    assert_eq!(read_only.build_at(output, &["index.html"], "1").unwrap(), ["publish/not-recorded"]);
    assert_eq!(code(read_only.begin_at(output)), "publish/foreign-files");
}

#[test]
fn a_mount_point() {
    let site = Site::new();
    let Some(disk) = Mount::new(site.path("public"), "size=200k") else { return };
    let refused = error(site.begin());
    assert_eq!(refused.code, "publish/mount-point");
    assert!(refused.help.unwrap().en.contains("`--output-dir public/site`"));
    site.build_at("public/site", &["index.html"], "1").unwrap();
    assert_eq!(paths(&tree(&disk.0)), ["site/", "site/index.html"]);
}

#[test]
fn a_mount_point_that_the_beginning_did_not_see() {
    // Mounted in the middle of a build; and a folder of the same disk mounted on itself, which has no device of its own.
    for options in [["-t", "tmpfs", "none"].as_slice(), &["--bind", "other"]] {
        let site = Site::new();
        if std::env::var_os("KEPU_TEST_WITHOUT_MOUNTS").is_some() {
            return;
        }
        site.build(&["index.html"], "1").unwrap();
        fs::create_dir(site.path("other")).unwrap();
        let staged = site.begin().unwrap();
        staged.write("index.html", b"2").unwrap();
        let mounted = Mount(site.path("public"));
        let mut mount = std::process::Command::new("mount");
        mount.current_dir(&site.root).args(options).arg(&mounted.0);
        assert!(mount.status().unwrap().success());
        assert_eq!(
            staged.not_swapped(&staged.swap(staged.tree.folder(), true).unwrap_err()).code,
            "publish/mount-point"
        );
        assert_eq!(code(staged.commit(&BTreeSet::new())), "publish/mount-point");
        assert_eq!(code(site.begin()), "publish/mount-point");
        drop(mounted);
        assert_eq!(site.files()["public/index.html"], "index.html 1");
        site.build(&["index.html"], "3").unwrap();
    }
}

#[test]
fn an_output_in_a_container_image() {
    let site = Site::new();
    let Some(disk) = Mount::new(site.path("../disk"), "size=1m") else { return };
    let image = Site::at(disk.0.join("lower/site"));
    image.build(&["index.html"], "1").unwrap();
    for folder in ["upper", "work", "merged"] {
        fs::create_dir(disk.0.join(folder)).unwrap();
    }
    let merged = Mount(disk.0.join("merged"));
    let layers = "lowerdir=lower,upperdir=upper,workdir=work,redirect_dir=off";
    let mut mount = std::process::Command::new("mount");
    mount.current_dir(&disk.0).args(["-t", "overlay", "-o", layers, "none"]).arg(&merged.0);
    assert!(mount.status().unwrap().success());
    let site = Site::at(merged.0.join("site"));
    let before = tree(&site.root);
    assert_eq!(code(site.build(&["index.html"], "2")), "publish/image-layer");
    assert_eq!(tree(&site.root), before);
    fs::remove_dir_all(site.path("public")).unwrap();
    site.build(&["index.html"], "3").unwrap();
    site.build(&["index.html"], "4").unwrap();
    assert_eq!(site.files()["public/index.html"], "index.html 4");
}

#[test]
fn a_disk_mounted_in_the_output() {
    let mut site = Site::new();
    site.build(&["index.html"], "1").unwrap();
    let Some(disk) = Mount::new(site.path("public/uploads"), "size=200k") else { return };
    fs::write(disk.0.join("photo.jpg"), "precious").unwrap();
    site.options.force = true;
    assert_eq!(code(site.begin()), "publish/mount-inside");
    assert_eq!(site.files()["public/uploads/photo.jpg"], "precious");
}

#[test]
fn an_old_output_that_cannot_be_deleted() {
    let site = Site::new();
    site.build(&["index.html", "a/b.html"], "1").unwrap();
    let staged = site.begin().unwrap();
    staged.write("index.html", b"2").unwrap();
    // Something is mounted inside after the last look at it, which we can only play.
    let trash = site.path(".public.kepu-staging/trash9/x");
    let Some(disk) = Mount::new(trash, "size=200k") else { return };
    let warnings = staged.commit(&BTreeSet::new()).unwrap().warnings;
    assert_eq!(warnings.iter().map(|warning| warning.code).collect::<Vec<_>>(), ["publish/old-output"]);
    assert!(!warnings[0].is_error());
    assert_eq!(site.files()["public/index.html"], "2");
    // It is in nobody's way, and goes when it can.
    assert_eq!(site.build(&["index.html"], "3").unwrap(), ["publish/old-output"]);
    drop(disk);
    assert!(site.build(&["index.html"], "4").unwrap().is_empty());
    assert_eq!(paths(&site.files()), ["public/", "public/index.html"]);
}

#[test]
fn names_that_are_too_long() {
    let site = Site::new();
    let staged = site.begin().unwrap();
    // 85 Chinese characters fit, 86 do not.
    staged.write(&format!("{}/index.html", "科".repeat(85)), b"").unwrap();
    for path in [
        format!("{}/index.html", "科".repeat(86)),
        format!("a/{}.html", "x".repeat(300)),
        "x".repeat(100_000),
        "deep/".repeat(2_000) + "x",
    ] {
        let refused = error(staged.write(&path, b""));
        assert_eq!(refused.code, "publish/name-too-long");
        assert!(refused.message.en.chars().count() < 300, "{}", refused.message.en);
        assert_eq!(code(staged.copy(&path, &std::env::current_exe().unwrap(), true)), "publish/name-too-long");
    }
    staged.commit(&BTreeSet::new()).unwrap();
    // An output of its own with the longest name there is.
    let name = "x".repeat(255);
    for edition in ["1", "2"] {
        site.build_at(&name, &["index.html"], edition).unwrap();
        assert_eq!(site.files()[&format!("{name}/index.html")], format!("index.html {edition}"));
    }
}

/// What is said to a user who may not write. Root may write anywhere, so this runs as `nobody`.
#[test]
fn a_folder_that_may_not_be_written() {
    use std::os::unix::fs::PermissionsExt;
    let site = Site::new();
    site.build_at("html/public", &["index.html"], "old").unwrap();
    let before = tree(&site.root);
    let temp = site.root.parent().unwrap();
    fs::set_permissions(temp, fs::Permissions::from_mode(0o755)).unwrap();
    fs::set_permissions(site.path("html"), fs::Permissions::from_mode(0o555)).unwrap();
    // The test program itself may be where nobody may look.
    let program = temp.join("tests");
    // Not `fs::copy`: what another test starts meanwhile inherits the open file, and a file that is written to cannot be run.
    let copied = std::process::Command::new("cp").arg(std::env::current_exe().unwrap()).arg(&program).status();
    assert!(copied.unwrap().success());
    let this = module_path!().split_once("::").unwrap().1;
    let mut command = std::process::Command::new(program);
    command.args(["--ignored", "--exact", &format!("{this}::as_nobody"), "--nocapture"]);
    command.env("KEPU_TEST_ROOT", &site.root).current_dir("/");
    if is_root() {
        command.uid(65534).gid(65534);
    }
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
    fs::set_permissions(site.path("html"), fs::Permissions::from_mode(0o755)).unwrap();
    assert_eq!(tree(&site.root), before);
}

#[test]
#[ignore = "started by another test as a process of its own"]
fn as_nobody() {
    let Some(root) = std::env::var_os("KEPU_TEST_ROOT") else { return };
    let output = guard(Path::new(&root), Path::new("html/public"), &[]).unwrap();
    let refused = error(Staged::begin(output, Options::default()));
    assert_eq!(refused.code, "publish/permission");
    assert!(refused.message.en.contains("html`: Permission denied"), "{}", refused.message.en);
}
