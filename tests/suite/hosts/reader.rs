//! What readers see of a site at a host, and whether they can use it.

use std::net::SocketAddr;

use super::machine::get;
use super::site::{Files, assets};

/// Which edition readers see.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Seen {
    Old,
    New,
    /// Some pages are old and some are new.
    Both,
}

/// The answer for a file of a site; none if there is no such file.
pub fn fetch(host: SocketAddr, path: &str) -> Option<Vec<u8>> {
    let encoded = percent_encoding::utf8_percent_encode(path, percent_encoding::NON_ALPHANUMERIC).to_string();
    let (status, _, body) = get(host, &format!("/{}", encoded.replace("%2F", "/")));
    match status {
        200 => Some(body),
        404 => None,
        other => panic!("{path}: {other}"),
    }
}

/// A reader walks through the site: every page must be wholly of one edition, and so must all that it shows.
///
/// `at_once`: the host changes editions in one step, so that all pages are of one edition, and with them all files.
/// Otherwise an old page may find a changed style sheet of the same name; a new page must find the new one.
pub fn walk(host: SocketAddr, old: &Files, new: &Files, at_once: bool) -> Result<Seen, String> {
    let (mut olds, mut news) = (0, 0);
    let all: std::collections::BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    for path in all {
        let (in_old, in_new) = (old.get(path), new.get(path));
        if in_old == in_new {
            if fetch(host, path).as_ref() != in_old {
                return Err(format!("{path}, which is the same in both editions, has changed"));
            }
            continue;
        }
        let found = fetch(host, path);
        let is_new = match found.as_ref() {
            found if found == in_old => false,
            found if found == in_new => true,
            Some(bytes) => return Err(format!("{path} is neither old nor new: {} bytes", bytes.len())),
            None => return Err(format!("{path} is gone")),
        };
        let page = path.ends_with(".html");
        if page || at_once {
            *(if is_new { &mut news } else { &mut olds }) += 1;
        }
        let Some(html) = found.filter(|_| page) else { continue };
        let (mine, other) = if is_new { (new, old) } else { (old, new) };
        for asset in assets(path, &String::from_utf8_lossy(&html)) {
            let due = mine.get(&asset).ok_or_else(|| format!("{path} shows {asset}, which was never built"))?;
            let Some(found) = fetch(host, &asset) else {
                return Err(format!("{path} (new: {is_new}) shows {asset}, which is not there"));
            };
            let of_next_edition = !is_new && !at_once && other.get(&asset) == Some(&found);
            if &found != due && !of_next_edition {
                return Err(format!("{path} (new: {is_new}) shows another {asset} than it was made for"));
            }
        }
    }
    match (olds, news) {
        (_, 0) => Ok(Seen::Old),
        (0, _) => Ok(Seen::New),
        _ if at_once => Err(format!("{olds} files are old and {news} are new")),
        _ => Ok(Seen::Both),
    }
}
