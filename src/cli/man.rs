//! `forebay man`: manual pages from the same clap tree as `--help`.

use std::path::{Path, PathBuf};
use std::{fs, io};

use clap::{Args, Command, CommandFactory};
use clap_mangen::Man as Page;

use super::input::Problem;
use super::{Answer, Cli, terminal};

/// Print the manual page, or write one page per verb
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  forebay man | man -l -
  forebay man --out ~/.local/share/man/man1")]
pub struct Man {
    /// Write forebay.1, forebay-run.1 and so on into this folder instead
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

impl Man {
    /// Does it.
    ///
    /// # Errors
    /// The pages or standard output cannot be written.
    pub fn answer(&self) -> Result<Answer, Problem> {
        // `forebay help run` shows what `--help` shows: it needs no page.
        let mut command = Cli::command().disable_help_subcommand(true);
        command.build();
        match &self.out {
            None => terminal::say(&roff(&command)?)?,
            Some(folder) => {
                fs::create_dir_all(folder).map_err(|error| unwritable(folder, &error))?;
                write_pages(&command, folder)?;
            }
        }
        Ok(Answer::Yes)
    }
}

fn write_pages(command: &Command, folder: &Path) -> Result<(), Problem> {
    let name = command.get_display_name().unwrap_or_else(|| command.get_name());
    let file = folder.join(format!("{name}.1"));
    fs::write(&file, roff(command)?).map_err(|error| unwritable(&file, &error))?;
    let mut verbs = command.get_subcommands();
    verbs.try_for_each(|verb| write_pages(verb, folder))
}

fn roff(command: &Command) -> Result<String, Problem> {
    let mut page = Vec::new();
    let source = concat!("forebay ", env!("CARGO_PKG_VERSION"));
    let rendered = Page::new(command.clone()).source(source).manual("forebay manual").render(&mut page);
    rendered.map_err(|error| Problem::new(format!("the page cannot be made: {error}"), "report this as a bug"))?;
    let page = String::from_utf8_lossy(&page);
    // What clap calls extra are the examples and exit codes at the end of each help, aligned by hand.
    Ok(page.replace(".SH EXTRA\n", ".SH EXAMPLES\n.nf\n").replace("\n.SH VERSION", "\n.fi\n.SH VERSION"))
}

fn unwritable(place: &Path, error: &io::Error) -> Problem {
    let help = "name a folder that you may write to with `--out`";
    Problem::new(format!("{} cannot be written: {error}", place.display()), help)
}
