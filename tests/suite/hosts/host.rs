//! Every kind of host under one roof: servers, a network in front of them, readers, and a target for `kepu deploy`.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;
use std::time::SystemTime;

use super::machine::{Machine, PASSWORD, USER};
use super::proxy::Network;
use super::reader::{Seen, walk};
use super::site::Files;
use super::{ftp, git, s3, ssh, web};
use crate::support::{Run, SiteTest, tree};

/// The kinds of hosts, and how the site gets to its readers there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// A folder that is switched by a link.
    Folder,
    /// A folder whose files are replaced one by one.
    FolderInPlace,
    Sftp,
    SftpInPlace,
    Ftp,
    Ftps,
    /// TLS from the first byte.
    FtpsImplicit,
    Dav,
    S3,
    Git,
    /// A branch that is reached over SSH.
    GitSsh,
}

impl Kind {
    /// Whether readers see a new edition all at once.
    pub fn switches(self) -> bool {
        matches!(self, Self::Folder | Self::Sftp | Self::Git | Self::GitSsh)
    }

    /// Whether a network is between kepu and the host.
    pub fn is_far(self) -> bool {
        !matches!(self, Self::Folder | Self::FolderInPlace | Self::Git | Self::GitSsh)
    }
}

/// A host with an empty place for a site.
pub struct Host {
    pub kind: Kind,
    pub machine: Machine,
    /// What the network does is up to the test; there is none where nothing is far.
    pub network: Option<Network>,
    /// The table `[deploy.host]`.
    pub target: String,
    pub secrets: Vec<(&'static str, String)>,
    /// The folder that readers see.
    pub web: PathBuf,
    readers: SocketAddr,
}

impl Host {
    pub fn new(kind: Kind) -> Self {
        Self::on(Machine::new(), kind)
    }

    /// A host on a machine that has no servers yet.
    pub fn on(mut machine: Machine, kind: Kind) -> Self {
        let front = machine.front_address();
        let password = vec![("KEPU_HOST_PASSWORD", PASSWORD.to_owned())];
        let mut web = machine.web().join("site");
        let (target, secrets, ports) = match kind {
            Kind::Folder => (format!("kind = \"folder\"\npath = {web:?}\nswitch = \"link\"\n"), vec![], vec![]),
            Kind::FolderInPlace => {
                (format!("kind = \"folder\"\npath = {web:?}\nswitch = \"in-place\"\n"), vec![], vec![])
            }
            Kind::Sftp | Kind::SftpInPlace => {
                let server = ssh::start(&mut machine);
                let switch = if kind == Kind::Sftp { "link" } else { "in-place" };
                let target = format!(
                    "kind = \"sftp\"\nhost = \"{front}\"\nport = {}\nuser = \"{USER}\"\npath = \"/web/site\"\nkey = {:?}\n\
                     known_hosts = {:?}\nswitch = \"{switch}\"\n",
                    ssh::PORT,
                    server.key,
                    server.known_hosts
                );
                (target, vec![], vec![ssh::PORT])
            }
            Kind::Ftp | Kind::Ftps | Kind::FtpsImplicit => {
                let tls = match kind {
                    Kind::Ftps => format!("tls = \"explicit\"\nca = {:?}\n", ftp::start_with_tls(&mut machine)),
                    Kind::FtpsImplicit => {
                        format!("tls = \"implicit\"\nca = {:?}\n", ftp::start_with_implicit_tls(&mut machine))
                    }
                    _ => {
                        ftp::start(&mut machine);
                        "tls = \"none\"\n".to_owned()
                    }
                };
                let target = format!(
                    "kind = \"ftp\"\nhost = \"{front}\"\nport = {}\nuser = \"{USER}\"\npath = \"/web/site\"\n{tls}",
                    ftp::PORT
                );
                (target, password, ftp::PASSIVE.chain([ftp::PORT]).collect())
            }
            Kind::Dav => {
                web::start_dav(&mut machine);
                let url = format!("http://{front}:{}/site/", web::DAV);
                (format!("kind = \"webdav\"\nurl = \"{url}\"\nuser = \"{USER}\"\n"), password, vec![web::DAV])
            }
            Kind::S3 => {
                web = s3::start(&mut machine);
                let target = format!(
                    "kind = \"s3\"\nendpoint = \"http://{front}:{}\"\nregion = \"{}\"\nbucket = \"{}\"\naddressing = \"path\"\n",
                    s3::PORT,
                    s3::REGION,
                    s3::BUCKET
                );
                let secrets = vec![
                    ("KEPU_HOST_ACCESS_KEY_ID", USER.to_owned()),
                    ("KEPU_HOST_SECRET_ACCESS_KEY", PASSWORD.to_owned()),
                ];
                (target, secrets, vec![s3::PORT])
            }
            Kind::Git | Kind::GitSsh => {
                let (mut url, mut secrets) = (format!("file://{}", git::create(&machine).display()), vec![]);
                if kind == Kind::GitSsh {
                    let server = ssh::start_with_shell(&mut machine);
                    secrets.push(("GIT_SSH_COMMAND", server.command()));
                    url = format!("ssh://{USER}@{}:{}/run/home/site.git", machine.address(), ssh::PORT);
                }
                let (branch, author) = (git::BRANCH, "Test <test@example.com>");
                (
                    format!("kind = \"git\"\nurl = \"{url}\"\nbranch = \"{branch}\"\nauthor = \"{author}\"\n"),
                    secrets,
                    vec![],
                )
            }
        };
        if !kind.switches() && kind != Kind::S3 {
            machine.folder_of_user("home/web/site");
        }
        let network = kind.is_far().then(|| Network::before(&machine, ports));
        let readers = web::start(&mut machine, &web);
        Self { kind, machine, network, target, secrets, web, readers }
    }

    /// Readers are served again after the servers of the machine have been stopped.
    pub fn serve_again(&mut self) {
        self.readers = web::start(&mut self.machine, &self.web);
    }

    /// `kepu deploy` of a site to this host with these arguments.
    pub fn command(&self, site: &SiteTest, arguments: &[&str]) -> Command {
        site.write("kepu.toml", format!("[deploy.host]\n{}", self.target));
        let mut command = site.kepu(&["deploy", "host", "--at", "2026-09-20"]);
        command.args(arguments).env("HOME", self.machine.root()).env("KEPU_TEST_DEPLOY_RETRY", "5");
        command.envs(self.secrets.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Deploys a site.
    pub fn deploy(&self, site: &SiteTest, arguments: &[&str]) -> Run {
        Run::new(self.command(site, arguments).output().expect("kepu runs"), site.root())
    }

    /// What readers see, if it is in order.
    pub fn walk(&self, old: &Files, new: &Files) -> Result<Seen, String> {
        self.refresh();
        walk(self.readers, old, new, self.kind.switches())
    }

    /// The address for readers, after what the host does by itself with a new site.
    pub fn readers(&self) -> SocketAddr {
        self.refresh();
        self.readers
    }

    pub fn is_branch(&self) -> bool {
        matches!(self.kind, Kind::Git | Kind::GitSsh)
    }

    fn refresh(&self) {
        if self.is_branch() {
            git::show(&self.repository(), &self.web);
        }
    }

    /// The files that readers could ask for, without kepu's own.
    pub fn files(&self) -> Files {
        self.refresh();
        let mut files = tree(&self.web);
        files.retain(|path, _| !path.starts_with(".kepu-deploy/") && (!self.is_branch() || path != ".nojekyll"));
        files
    }

    /// What shows that something has changed at the host: names and times of everything there.
    pub fn marks(&self) -> BTreeMap<PathBuf, Option<SystemTime>> {
        let all = walkdir::WalkDir::new(self.machine.path("home")).into_iter().flatten();
        let time = |entry: &walkdir::DirEntry| std::fs::symlink_metadata(entry.path()).and_then(|m| m.modified()).ok();
        all.map(|entry| (entry.path().to_owned(), time(&entry))).collect()
    }

    pub fn repository(&self) -> PathBuf {
        self.machine.path("home/site.git")
    }
}
