//! Ctrl-C and termination: the process ends at once, except while files are being written.
//!
//! Results are written into a hidden folder and moved to their place when they are complete. An interruption waits for
//! that to end; should it take too long, the hidden folder is removed and the place stays as it was.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use std::{fs, thread};

use super::terminal;

/// The exit code of an interrupted process: 128 + SIGINT.
pub const INTERRUPTED: i32 = 130;

const PATIENCE: Duration = Duration::from_secs(2);
const PAUSE: Duration = Duration::from_millis(10);

static SHIELD: Shield = Shield::new();

/// Runs `write`, which fills the folder `hidden` inside of `target` first: an interruption lets it finish. Does not
/// return after an interruption, because the process is about to end.
pub fn shielded<T>(target: &Path, hidden: &Path, write: impl FnOnce() -> T) -> T {
    match SHIELD.around(Unfinished::new(target, hidden), write) {
        Some(written) => written,
        None => loop {
            thread::park();
        },
    }
}

/// What happens on Ctrl-C, before the process ends. Afterwards no writing begins.
pub fn interrupt() {
    SHIELD.lower(PATIENCE);
    terminal::complain("interrupted");
}

/// Between one thread that writes and another that wants to end the process.
struct Shield {
    state: Mutex<State>,
}

struct State {
    interrupted: bool,
    unfinished: Option<Unfinished>,
}

impl Shield {
    const fn new() -> Self {
        Self { state: Mutex::new(State { interrupted: false, unfinished: None }) }
    }

    /// What `write` returned, unless there was an interruption before or meanwhile.
    fn around<T>(&self, unfinished: Unfinished, write: impl FnOnce() -> T) -> Option<T> {
        if !self.begin(unfinished) {
            return None;
        }
        let written = write();
        let mut state = self.state();
        state.unfinished = None;
        (!state.interrupted).then_some(written)
    }

    fn begin(&self, unfinished: Unfinished) -> bool {
        let mut state = self.state();
        if !state.interrupted {
            state.unfinished = Some(unfinished);
        }
        !state.interrupted
    }

    fn lower(&self, patience: Duration) {
        self.state().interrupted = true;
        let mut waited = Duration::ZERO;
        while self.state().unfinished.is_some() && waited < patience {
            thread::sleep(PAUSE);
            waited += PAUSE;
        }
        if let Some(unfinished) = &self.state().unfinished {
            unfinished.remove();
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What must go if writing does not come to its end.
struct Unfinished {
    hidden: PathBuf,
    /// Folders that writing will create around it, innermost first.
    around: Vec<PathBuf>,
}

impl Unfinished {
    fn new(target: &Path, hidden: &Path) -> Self {
        let missing = |folder: &&Path| !folder.as_os_str().is_empty() && !folder.exists();
        Self { hidden: hidden.to_owned(), around: target.ancestors().take_while(missing).map(Path::to_owned).collect() }
    }

    /// Nothing can be done about what cannot be removed: the process is about to end.
    fn remove(&self) {
        let _ = fs::remove_dir_all(&self.hidden);
        for folder in &self.around {
            let _ = fs::remove_dir(folder);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn an_interruption_waits_for_what_is_being_written() {
        let (shield, (begun, wait)) = (Shield::new(), mpsc::channel());
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("summary.json");
        let unfinished = || Unfinished::new(folder.path(), &folder.path().join("hidden"));
        thread::scope(|scope| {
            let writer = scope.spawn(|| {
                shield.around(unfinished(), || {
                    begun.send(()).unwrap();
                    thread::sleep(10 * PAUSE);
                    fs::write(&file, "whole").unwrap();
                })
            });
            wait.recv().unwrap();
            shield.lower(Duration::from_secs(60));
            assert!(file.exists(), "it did not wait");
            assert_eq!(writer.join().unwrap(), None, "the writer goes on after the interruption");
        });
        assert_eq!(shield.around(unfinished(), || ()), None, "writing begins after the interruption");
    }

    #[test]
    fn an_interruption_that_waited_too_long_removes_what_is_unfinished() {
        let shield = Shield::new();
        let home = tempfile::tempdir().unwrap();
        let target = home.path().join("output/sale");
        let hidden = target.join("hidden");
        assert!(shield.begin(Unfinished::new(&target, &hidden)));
        fs::create_dir_all(&hidden).unwrap();
        fs::write(hidden.join("timeseries.csv"), "half").unwrap();
        shield.lower(Duration::ZERO);
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0);
    }
}
