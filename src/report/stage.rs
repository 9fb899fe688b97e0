//! A folder that changes all at once or not at all.
//!
//! New files are written into a hidden folder inside the target, where a rename cannot cross file systems. When all of
//! them are there, what they replace is kept in the same hidden folder until the last rename has succeeded, and put
//! back if one of them fails.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::ReportError;

/// Hidden folders are called this and the process's number.
const PREFIX: &str = ".forebay-writing-";
/// Subfolder of the target whose unclaimed files may be ours.
const CHARTS: &str = "charts";

/// The folder in which this process prepares what will replace files of `target`. It is gone after
/// [`write()`](super::write()); who ends the process in the middle of it should remove it.
pub fn hidden_folder(target: &Path) -> PathBuf {
    target.join(format!("{PREFIX}{}", std::process::id()))
}

/// Files on their way into a folder. Dropped before [`Stage::replace`] has succeeded, it leaves no trace.
pub(super) struct Stage {
    target: PathBuf,
    hidden: PathBuf,
    /// Folders that did not exist before, outermost first.
    created: Vec<PathBuf>,
    /// Names relative to the target, in the order of renaming.
    names: Vec<String>,
    /// Files of an earlier run that go.
    left_out: Vec<String>,
    done: bool,
}

impl Stage {
    /// Creates the target folder, if need be, and the hidden one inside.
    pub fn open(target: &Path) -> Result<Self, ReportError> {
        let hidden = hidden_folder(target);
        let mut stage = Self {
            target: target.to_owned(),
            hidden,
            created: Vec::new(),
            names: Vec::new(),
            left_out: Vec::new(),
            done: false,
        };
        stage.create_target()?;
        stage.remove_leftovers();
        let (new, old) = (stage.hidden.join("new"), stage.hidden.join("old"));
        for folder in [new.join(CHARTS), old.join(CHARTS)] {
            fs::create_dir_all(&folder).map_err(|source| ReportError::Write { path: folder, source })?;
        }
        Ok(stage)
    }

    fn create_target(&mut self) -> Result<(), ReportError> {
        let mut missing: Vec<&Path> = self.target.ancestors().take_while(|path| !is_there(path)).collect();
        missing.reverse();
        for path in missing.into_iter().filter(|path| !path.as_os_str().is_empty()) {
            fs::create_dir(path).map_err(|source| fault(path, source))?;
            self.created.push(path.to_owned());
        }
        if self.target.is_dir() || self.target.as_os_str().is_empty() {
            Ok(())
        } else {
            Err(ReportError::InTheWay { path: self.target.clone(), found: "a file" })
        }
    }

    /// Removes hidden folders of processes that were killed while they wrote. Where the system does not say which
    /// processes live, only our own number is known to be free.
    fn remove_leftovers(&self) {
        let Ok(entries) = fs::read_dir(&self.target) else { return };
        for entry in entries.flatten() {
            let name = entry.file_name();
            let Some(process) = name.to_str().and_then(|name| name.strip_prefix(PREFIX)) else { continue };
            let processes = Path::new("/proc");
            let dead = processes.join("self").exists() && !processes.join(process).exists();
            if dead || entry.path() == self.hidden {
                // A leftover that cannot be removed harms nobody but the reader of a directory listing.
                let _ = fs::remove_dir_all(entry.path());
            }
        }
    }

    /// Writes a new file into the hidden folder.
    pub fn add(&mut self, name: &str, contents: &[u8]) -> Result<(), ReportError> {
        let place = self.hidden.join("new").join(name);
        fs::write(&place, contents).map_err(|source| ReportError::Write { path: self.target.join(name), source })?;
        self.names.push(name.to_owned());
        Ok(())
    }

    /// A file that an earlier run may have left has no place beside the new ones.
    pub fn leave_out(&mut self, name: &str) {
        self.left_out.push(name.to_owned());
    }

    /// Renames all files into place, in the order in which they were added, and removes charts for which `stale_if`
    /// holds and that are not among them. The last file is renamed after that.
    pub fn replace(mut self, stale_if: impl Fn(&str) -> bool) -> Result<Vec<PathBuf>, ReportError> {
        let mut undo = Undo { target: self.target.clone(), old: self.hidden.join("old"), changed: Vec::new() };
        match self.rename_all(&stale_if, &mut undo) {
            Ok(()) => {
                self.done = true;
                // An empty folder of charts is what `--no-charts` leaves of an earlier run.
                let _ = fs::remove_dir(self.target.join(CHARTS));
                Ok(self.names.iter().map(|name| self.target.join(name)).collect())
            }
            Err(fault) => {
                undo.restore();
                Err(fault)
            }
        }
    }

    fn rename_all(&mut self, stale_if: &dyn Fn(&str) -> bool, undo: &mut Undo) -> Result<(), ReportError> {
        let Some((last, before)) = self.names.split_last() else { return Ok(()) };
        let charts = self.target.join(CHARTS);
        let with_charts = before.iter().any(|name| name.starts_with(CHARTS));
        if with_charts && !charts.is_dir() {
            if is_there(&charts) {
                return Err(ReportError::InTheWay { path: charts, found: "a file" });
            }
            fs::create_dir(&charts).map_err(|source| ReportError::Write { path: charts.clone(), source })?;
            self.created.push(charts.clone());
        }
        for name in before {
            self.rename(name, undo)?;
        }
        for name in self.stale_charts(stale_if) {
            undo.set_aside(&name).map_err(|source| ReportError::Write { path: self.target.join(&name), source })?;
        }
        for name in self.left_out.iter().filter(|name| self.target.join(name).is_file()) {
            undo.set_aside(name).map_err(|source| ReportError::Write { path: self.target.join(name), source })?;
        }
        self.rename(last, undo)
    }

    fn rename(&self, name: &str, undo: &mut Undo) -> Result<(), ReportError> {
        let place = self.target.join(name);
        if place.is_dir() {
            return Err(ReportError::InTheWay { path: place, found: "a folder" });
        }
        let kept = undo.keep(name);
        kept.and_then(|()| fs::rename(self.hidden.join("new").join(name), &place))
            .map_err(|source| ReportError::Write { path: place, source })
    }

    /// Charts of an earlier run that this one does not write, in order of name.
    fn stale_charts(&self, stale_if: &dyn Fn(&str) -> bool) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.target.join(CHARTS)) else { return Vec::new() };
        let mut stale: Vec<String> = entries
            .flatten()
            .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_file()))
            .filter_map(|entry| entry.file_name().into_string().ok())
            .filter(|name| stale_if(name))
            .map(|name| format!("{CHARTS}/{name}"))
            .filter(|name| !self.names.contains(name))
            .collect();
        stale.sort();
        stale
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        // Removing our own hidden folder can only fail if somebody else removed it or the disk is gone.
        let _ = fs::remove_dir_all(&self.hidden);
        if !self.done {
            for folder in self.created.iter().rev() {
                let _ = fs::remove_dir(folder);
            }
        }
    }
}

/// What must be put back if a rename fails.
struct Undo {
    target: PathBuf,
    old: PathBuf,
    /// Changed names, and whether an older file of that name is kept.
    changed: Vec<(String, bool)>,
}

impl Undo {
    /// Keeps a second name for the file that is about to be replaced, if there is one.
    fn keep(&mut self, name: &str) -> io::Result<()> {
        let (place, kept) = (self.target.join(name), self.old.join(name));
        let existed = is_there(&place);
        if existed {
            // Not every file system has hard links.
            fs::hard_link(&place, &kept).or_else(|_| fs::copy(&place, &kept).map(|_| ()))?;
        }
        self.changed.push((name.to_owned(), existed));
        Ok(())
    }

    /// Takes a file away.
    fn set_aside(&mut self, name: &str) -> io::Result<()> {
        fs::rename(self.target.join(name), self.old.join(name))?;
        self.changed.push((name.to_owned(), true));
        Ok(())
    }

    fn restore(&self) {
        for (name, existed) in self.changed.iter().rev() {
            let (place, kept) = (self.target.join(name), self.old.join(name));
            // What cannot be put back either was never replaced or is beyond us: the caller reports the first fault.
            let _ = if *existed { fs::rename(kept, place) } else { fs::remove_file(place) };
        }
    }
}

/// A file in place of one of the folders is the user's to move; the rest is the operating system's.
pub(super) fn fault(path: &Path, source: io::Error) -> ReportError {
    match path.ancestors().find(|ancestor| ancestor.is_file()) {
        Some(file) => ReportError::InTheWay { path: file.to_owned(), found: "a file" },
        None => ReportError::Write { path: path.to_owned(), source },
    }
}

/// Whether anything stands there, a dangling link included.
fn is_there(path: &Path) -> bool {
    path.as_os_str().is_empty() || fs::symlink_metadata(path).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listing(folder: &Path) -> Vec<String> {
        let mut all = Vec::new();
        let mut open = vec![folder.to_owned()];
        while let Some(next) = open.pop() {
            for entry in fs::read_dir(next).unwrap() {
                let path = entry.unwrap().path();
                all.push(path.strip_prefix(folder).unwrap().display().to_string());
                if path.is_dir() {
                    open.push(path);
                }
            }
        }
        all.sort();
        all
    }

    fn stage(folder: &Path, files: &[(&str, &str)]) -> Result<Vec<PathBuf>, ReportError> {
        let mut stage = Stage::open(folder)?;
        for (name, contents) in files {
            stage.add(name, contents.as_bytes())?;
        }
        stage.replace(|name| name.ends_with("-depth.svg"))
    }

    const RUN: [(&str, &str); 3] = [("timeseries.csv", "1"), ("charts/a-depth.svg", "2"), ("summary.json", "3")];

    #[test]
    fn a_new_folder_holds_the_files_and_nothing_else() {
        let home = tempfile::tempdir().unwrap();
        let written = stage(&home.path().join("output/sale"), &RUN).unwrap();
        assert_eq!(written.last().unwrap().file_name().unwrap(), "summary.json");
        let expected = ["output", "output/sale", "output/sale/charts", "output/sale/charts/a-depth.svg"];
        let files = ["output/sale/summary.json", "output/sale/timeseries.csv"];
        assert_eq!(listing(home.path()), [&expected[..], &files[..]].concat());
    }

    #[test]
    fn stale_charts_go_and_other_files_stay() {
        let home = tempfile::tempdir().unwrap();
        stage(home.path(), &[("charts/b-depth.svg", "old"), ("summary.json", "old")]).unwrap();
        fs::write(home.path().join("charts/photo.png"), "mine").unwrap();
        fs::write(home.path().join("notes.txt"), "mine").unwrap();
        stage(home.path(), &RUN).unwrap();
        let left = ["charts", "charts/a-depth.svg", "charts/photo.png", "notes.txt", "summary.json", "timeseries.csv"];
        assert_eq!(listing(home.path()), left);
    }

    #[test]
    fn without_charts_the_empty_folder_of_charts_goes_too() {
        let home = tempfile::tempdir().unwrap();
        stage(home.path(), &RUN).unwrap();
        stage(home.path(), &[("summary.json", "4")]).unwrap();
        assert_eq!(listing(home.path()), ["summary.json", "timeseries.csv"]);
    }

    #[test]
    fn a_fault_at_the_last_rename_puts_everything_back() {
        let home = tempfile::tempdir().unwrap();
        fs::create_dir_all(home.path().join("summary.json/mine")).unwrap();
        fs::create_dir(home.path().join("charts")).unwrap();
        fs::write(home.path().join("charts/z-depth.svg"), "stale").unwrap();
        fs::write(home.path().join("timeseries.csv"), "old").unwrap();
        let before = listing(home.path());
        let fault = stage(home.path(), &RUN).unwrap_err();
        assert!(matches!(&fault, ReportError::InTheWay { found: "a folder", .. }), "{fault}");
        assert_eq!(listing(home.path()), before);
        assert_eq!(fs::read_to_string(home.path().join("timeseries.csv")).unwrap(), "old");
    }

    #[test]
    fn a_file_in_the_way_is_named() {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("output");
        fs::write(&file, "mine").unwrap();
        for target in [file.clone(), file.join("sale"), file.join("deep/sale")] {
            let fault = stage(&target, &RUN).unwrap_err();
            assert!(matches!(&fault, ReportError::InTheWay { path, found: "a file" } if *path == file), "{fault}");
        }
        let other = tempfile::tempdir().unwrap();
        fs::write(other.path().join("charts"), "mine").unwrap();
        let fault = stage(other.path(), &RUN).unwrap_err();
        assert!(fault.to_string().contains("move it away"), "{fault}");
        assert_eq!(
            (listing(home.path()), listing(other.path())),
            (vec!["output".to_owned()], vec!["charts".to_owned()])
        );
    }

    #[test]
    fn a_place_that_cannot_be_written_is_a_fault_and_leaves_nothing() {
        let fault = stage(Path::new("/proc/forebay/sale"), &RUN).unwrap_err();
        assert!(matches!(fault, ReportError::Write { .. }), "{fault}");
    }

    #[test]
    fn an_interruption_before_the_renames_leaves_the_old_files() {
        let home = tempfile::tempdir().unwrap();
        stage(home.path(), &RUN).unwrap();
        let mut interrupted = Stage::open(home.path()).unwrap();
        interrupted.add("timeseries.csv", b"new").unwrap();
        assert_eq!(fs::read_to_string(home.path().join("timeseries.csv")).unwrap(), "1");
        drop(interrupted);
        assert_eq!(listing(home.path()), ["charts", "charts/a-depth.svg", "summary.json", "timeseries.csv"]);
        let unborn = home.path().join("never/was");
        drop(Stage::open(&unborn).unwrap());
        assert!(!home.path().join("never").exists());
    }

    #[test]
    fn the_leftover_of_a_killed_process_is_removed_by_the_next_run() {
        let home = tempfile::tempdir().unwrap();
        // Process numbers end at 2^22 on Linux.
        fs::create_dir_all(home.path().join(format!("{PREFIX}99999999/new"))).unwrap();
        stage(home.path(), &RUN).unwrap();
        let expected = if Path::new("/proc/self").exists() { 4 } else { 6 };
        assert_eq!(listing(home.path()).len(), expected);
    }
}
