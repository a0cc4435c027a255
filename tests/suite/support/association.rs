//! Three sites of the theme `outreach`, each built.

use std::fmt::Write;
use std::io::Write as _;
use std::path::Path;
use std::process::Stdio;

use super::{SiteTest, kepu, tree};

/// The day on which the sites are built: some events are past, one is on, some come.
pub const DAY: &str = "2026-11-25";

impl SiteTest {
    /// The association's own: `content/`, `site/` and `themes/` of the repository.
    pub fn association() -> Self {
        let site = Self::empty();
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        for folder in ["content", "site", "themes"] {
            for (path, bytes) in tree(&root.join(folder)) {
                site.write(&format!("{folder}/{path}"), bytes);
            }
        }
        site
    }

    /// One with every kind of page and every field, and as many stations as the banner has.
    pub fn full() -> Self {
        let site = Self::txtar(include_str!("../theme/full.txtar"));
        let mut table = String::from("name,township,type,address,opening,contact,services,sample\n");
        let towns = ["大沁他拉镇", "八仙筒镇", "青龙山镇", "新镇", "治安镇", "东明镇", "固日班花苏木", "明仁苏木"];
        for number in 0..415 {
            // A quarter of them in one town.
            let town = if number % 4 == 0 { towns[0] } else { towns[number % towns.len()] };
            let kind = ["嘎查村", "社区", "学校"][number % 3];
            let _ = writeln!(
                table,
                "示例嘎查村科普e站第{number}号站点,{town},{kind},示例嘎查村党群服务中心一楼东侧活动室,\
                 工作日白天和农闲时节,由嘎查村委会安排,科普视频、图书、讲座、农技咨询、健康讲座,是"
            );
        }
        // One pixel.
        let png = [
            0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 0x0d, 0x49, 0x48, 0x44, 0x52, 0, 0, 0, 1, 0, 0, 0,
            1, 8, 2, 0, 0, 0, 0x90, 0x77, 0x53, 0xde, 0, 0, 0, 0x0c, 0x49, 0x44, 0x41, 0x54, 8, 0xd7, 0x63, 0xf8, 0xcf,
            0xc0, 0, 0, 3, 1, 1, 0, 0x18, 0xdd, 0x8d, 0xb0, 0, 0, 0, 0, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82,
        ];
        site.file("data/stations.csv", table).file("content/science/article/cover.png", png)
    }

    /// What `kepu init` makes.
    pub fn starter() -> Self {
        let site = Self::empty();
        let mut child = site
            .kepu(&["--lang", "zh", "init"])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("kepu runs");
        let mut answers = child.stdin.take().expect("standard input");
        answers.write_all("https://kx.example\nn\nn\n是\n".as_bytes()).expect("answers");
        drop(answers);
        assert!(child.wait().expect("kepu ends").success());
        site
    }

    /// Builds for an address on [`DAY`]; the output is in `public`.
    #[track_caller]
    pub fn built_for(self, address: &str) -> Self {
        let arguments = ["build", "--at", DAY, "--base-url", address];
        let built = kepu().current_dir(self.root()).args(arguments).output().expect("kepu runs");
        assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
        self
    }
}

/// The paths of the pages in an output folder, `/news/`. Redirects are none.
pub fn pages(output: &Path) -> Vec<String> {
    let is_page = |(path, bytes): &(String, Vec<u8>)| {
        path.ends_with(".html") && !String::from_utf8_lossy(bytes).contains("http-equiv=\"refresh\"")
    };
    let pages = tree(output).into_iter().filter(is_page);
    pages.map(|(path, _)| format!("/{}", path.strip_suffix("index.html").unwrap_or(&path))).collect()
}
