//! `forebay completions`: what makes the shell's tab key know the verbs and flags.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::input::Problem;
use super::{Answer, Cli, terminal};

/// Print completions for a shell
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  bash   forebay completions bash >> ~/.bash_completion
  zsh    forebay completions zsh > ~/.zfunc/_forebay
  fish   forebay completions fish > ~/.config/fish/completions/forebay.fish")]
pub struct Completions {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

impl Completions {
    /// Does it.
    ///
    /// # Errors
    /// Standard output cannot be written.
    pub fn answer(&self) -> Result<Answer, Problem> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "forebay", &mut script);
        terminal::say(&String::from_utf8_lossy(&script))?;
        Ok(Answer::Yes)
    }
}
