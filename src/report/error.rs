//! What can go wrong when results are written, and what to do about it.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

/// Why results could not be written. The folder is as it was before.
#[derive(Debug, Error)]
pub enum ReportError {
    /// The user's: a file stands where a folder must be, or a folder where a file must be.
    #[error("cannot write {}: {found} is in the way; move it away or choose another folder with --out", path.display())]
    InTheWay {
        /// What should have been written or created.
        path: PathBuf,
        /// What stands there: `a file` or `a folder`.
        found: &'static str,
    },
    /// The machine's: no permission, no space, a read-only disk.
    #[error("cannot write {}: {source}; {}", path.display(), what_to_do(source))]
    Write {
        /// What should have been written or created.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// Ours: a chart that cannot be drawn is a bug.
    #[error("cannot draw chart {name}: {reason}; this is a bug, --no-charts goes around it")]
    Chart {
        /// Queue and kind.
        name: String,
        /// What the drawing library said.
        reason: String,
    },
}

fn what_to_do(fault: &io::Error) -> &'static str {
    match fault.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "make room on the disk or choose another folder with --out"
        }
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            "choose a folder that you may write to with --out"
        }
        _ => "check the folder or choose another one with --out",
    }
}
