//! What tells one state of a file or folder from another without reading it.

use std::fs::Metadata;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use super::{Reader, Writer};

/// The state of a file or folder as the system tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    pub inode: u64,
    pub size: u64,
    /// Nanoseconds since 1970.
    pub modified: i64,
    /// When the system last changed anything about it; 0 where that is not told.
    pub changed: i64,
}

/// Clocks of file systems tick this rarely, in nanoseconds: two states within a tick may look alike. FAT ticks every two
/// seconds; there is nothing that could be relied on.
pub const TICK: i64 = 20_000_000;

impl Stamp {
    /// The stamp of what a path leads to, through links.
    pub fn of(path: &Path) -> Option<Self> {
        std::fs::metadata(path).ok().map(|meta| Self::from(&meta))
    }

    /// The stamp of what is at a path itself.
    pub fn at(path: &Path) -> Option<Self> {
        std::fs::symlink_metadata(path).ok().map(|meta| Self::from(&meta))
    }

    /// Whether it may have changed once more after `time` without looking different.
    pub fn is_fresh_at(&self, time: i64) -> bool {
        self.modified.max(self.changed) + TICK >= time
    }

    /// The same but for the time of the last change of anything, which a new link to a file sets, too.
    pub fn is_same_content(&self, other: &Stamp) -> bool {
        (self.inode, self.size, self.modified) == (other.inode, other.size, other.modified)
    }

    pub fn write(&self, to: &mut Writer) {
        to.number(self.inode);
        to.number(self.size);
        to.signed(self.modified);
        to.signed(self.changed);
    }

    pub fn read(from: &mut Reader) -> Option<Self> {
        Some(Self { inode: from.number()?, size: from.number()?, modified: from.signed()?, changed: from.signed()? })
    }
}

impl From<&Metadata> for Stamp {
    fn from(meta: &Metadata) -> Self {
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt;
            Self {
                inode: meta.ino(),
                size: meta.size(),
                modified: meta.mtime().saturating_mul(1_000_000_000).saturating_add(meta.mtime_nsec()),
                changed: meta.ctime().saturating_mul(1_000_000_000).saturating_add(meta.ctime_nsec()),
            }
        }
        #[cfg(not(unix))]
        Self { inode: 0, size: meta.len(), modified: meta.modified().map_or(0, nanoseconds), changed: 0 }
    }
}

/// Nanoseconds since 1970.
pub fn nanoseconds(time: SystemTime) -> i64 {
    time.duration_since(UNIX_EPOCH).ok().and_then(|since| i64::try_from(since.as_nanos()).ok()).unwrap_or(0)
}
