//! The `forebay` command: parse, answer, exit.
//!
//! Whatever it finds out is found out by the library of the same name; this crate reads arguments, shows progress,
//! prints (`cli`) and turns the answer into an exit code.

mod cli;

use std::process;

use clap::Parser;

fn main() {
    let exit_code = match answer() {
        Ok(answer) => answer.exit_code(),
        Err(error) => {
            cli::complain(&format!("{error:#}"));
            cli::Answer::Unknown.exit_code()
        }
    };
    process::exit(exit_code)
}

fn answer() -> anyhow::Result<cli::Answer> {
    let command = cli::Cli::parse();
    ctrlc::set_handler(|| {
        cli::interrupt();
        process::exit(cli::INTERRUPTED)
    })?;
    Ok(command.answer()?)
}
