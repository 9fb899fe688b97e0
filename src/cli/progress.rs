//! The progress bar of a long run.
//!
//! Shown only on a terminal, and only once a run has lasted long enough for its reader to wonder.

use std::io::{self, IsTerminal};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use forebay::study;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

const PATIENCE: Duration = Duration::from_millis(500);
const REDRAW: Duration = Duration::from_millis(200);

/// A bar that counts replications, or whatever else takes long.
pub struct Bar {
    line: ProgressBar,
    unveiling: Option<(Sender<()>, JoinHandle<()>)>,
}

impl Bar {
    /// A bar for the scenario `name`; `quiet` keeps it out of sight for good.
    pub fn new(name: &str, quiet: bool) -> Self {
        Self::counting("replications", name, quiet)
    }

    /// A bar that counts `things`, a word without braces.
    pub fn counting(things: &str, name: &str, quiet: bool) -> Self {
        let line = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden()).with_message(name.to_owned());
        let style =
            ProgressStyle::with_template(&format!("{{msg}} {{bar:30}} {{pos}}/{{len}} {things}, {{elapsed}} so far"));
        line.set_style(style.expect("the template is fixed and valid"));
        let unveiling = (!quiet && io::stderr().is_terminal()).then(|| unveil_later(line.clone()));
        Self { line, unveiling }
    }

    /// Takes note of how far the run is; called from several threads.
    pub fn advance(&self, progress: study::Progress) {
        self.reach(u64::from(progress.done), u64::from(progress.planned));
    }

    /// Takes note that so many of all are done; called from several threads.
    pub fn reach(&self, done: u64, planned: u64) {
        self.line.set_length(planned);
        self.line.set_position(done);
    }

    /// A bar for a study of several stages, each of which counts its own replications.
    pub fn of_stages(name: &str, quiet: bool) -> Self {
        let bar = Self::new(name, quiet);
        let style = ProgressStyle::with_template("{msg}{prefix} {bar:20} {pos}/{len} runs, {elapsed} so far");
        bar.line.set_style(style.expect("the template is fixed and valid"));
        bar
    }

    /// Takes note of how far which stage is; called from several threads.
    pub fn advance_stage(&self, progress: study::ReviewProgress) {
        let study::ReviewProgress { stage, number, of, within } = progress;
        self.line.set_prefix(format!(", {number} of {of}: {}", stage.name()));
        self.advance(within);
    }

    /// Wipes the bar away.
    pub fn finish(self) {
        if let Some((ended, thread)) = self.unveiling {
            drop(ended);
            thread.join().expect("the thread only waits and draws");
        }
        self.line.finish_and_clear();
    }
}

fn unveil_later(line: ProgressBar) -> (Sender<()>, JoinHandle<()>) {
    let (ended, end) = mpsc::channel();
    let thread = thread::spawn(move || {
        if end.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
            line.set_draw_target(ProgressDrawTarget::stderr());
            line.enable_steady_tick(REDRAW);
        }
    });
    (ended, thread)
}
