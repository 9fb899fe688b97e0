//! `forebay init`: a scenario to start from.

use std::path::{Path, PathBuf};
use std::{fs, process};

use clap::Args;
use forebay::scenario;

use super::input::Problem;
use super::{Answer, terminal};

/// Write a commented scenario to start from
///
/// The scenario runs as it is and explains itself; change its numbers to yours.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  forebay init                 write scenario.yaml
  forebay init orders.yaml     write orders.yaml
  forebay init - | less        only look at it")]
pub struct Init {
    /// The file to write; `-` prints it instead
    #[arg(value_name = "FILE", default_value = "scenario.yaml")]
    file: PathBuf,

    /// Overwrite the file if it exists
    #[arg(long)]
    force: bool,
}

impl Init {
    /// Does it.
    ///
    /// # Errors
    /// The file exists and may not be overwritten, or it cannot be written.
    pub fn answer(&self) -> Result<Answer, Problem> {
        if self.file.as_os_str() == "-" {
            terminal::say(scenario::starter())?;
            return Ok(Answer::Yes);
        }
        let file = self.file.display();
        if self.file.is_dir() {
            return Err(Problem::new(format!("{file} is a directory"), "name the file to write in it"));
        }
        if !self.force && self.file.symlink_metadata().is_ok() {
            let help = "name another file, or overwrite it with `--force`";
            return Err(Problem::new(format!("{file} exists already"), help));
        }
        write_whole(&self.file, scenario::starter())?;
        terminal::remark(&format!("wrote {file}; answer it with `forebay run {file}`"));
        Ok(Answer::Yes)
    }
}

/// Writes a text beside its place and moves it there, so that nobody ever sees half of it.
fn write_whole(file: &Path, text: &str) -> Result<(), Problem> {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let beside = file.with_file_name(format!(".{name}.tmp-{}", process::id()));
    fs::write(&beside, text).and_then(|()| fs::rename(&beside, file)).map_err(|error| {
        let _ = fs::remove_file(&beside);
        let help = "name a file in a folder that exists and that you may write to";
        Problem::new(format!("{} cannot be written: {error}", file.display()), help)
    })
}
