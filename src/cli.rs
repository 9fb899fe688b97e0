//! The command line: one clap tree, one file per verb, exit codes.
//!
//! The verbs only read, call the library and print; whatever they find out, another program gets from the library.

mod check;
mod compare;
mod completions;
mod decide;
mod drain;
mod explain;
mod export;
mod headroom;
mod init;
mod input;
mod interrupt;
mod machine;
mod man;
mod plan;
mod progress;
mod review;
mod run;
mod schema;
mod strategy;
mod study;
mod sweep;
mod terminal;

pub use interrupt::{INTERRUPTED, interrupt};
pub use terminal::complain;

use clap::{Parser, Subcommand};

use input::Problem;

/// Simulate message queues: how deep, how late, how long until they are empty.
///
/// A scenario is a short text file: who publishes how fast, which queues there are, who consumes, and what was
/// promised. forebay answers how deep each queue gets, how late its messages are, when the backlog is gone, and whether
/// the promises hold.
#[derive(Debug, Parser)]
#[command(
    name = "forebay",
    version,
    max_term_width = 80,
    arg_required_else_help = true,
    after_help = "\
Examples:
  forebay init                            write a starter scenario to edit
  forebay run scenario.yaml               answer it; files in output/NAME/
  forebay compare scenario.yaml           its scaling strategies side by side
  forebay plan scenario.yaml              how many consumers are enough
  forebay sweep scenario.yaml --vary consumers.workers.replicas=1..20
                                          what each number would do
  forebay review scenario.yaml            one page to send to whoever decides
  forebay headroom scenario.yaml          how much more load it bears
  forebay check scenarios/*.yaml          only look for faults
  forebay help run                        everything about one verb

Exit codes:
  0  answered
  1  answered \"no\": a promise is broken (--gate), a plan is infeasible
  2  could not answer: faults in a scenario, files, wrong usage"
)]
pub struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Run(run::Run),
    Compare(compare::Compare),
    Plan(plan::Plan),
    Sweep(sweep::Sweep),
    Review(review::Review),
    Headroom(headroom::HeadroomVerb),
    Drain(drain::DrainVerb),
    Check(check::Check),
    Decide(decide::Decide),
    Explain(explain::Explain),
    Export(export::Export),
    Init(init::Init),
    Schema(schema::Schema),
    Completions(completions::Completions),
    Man(man::Man),
}

/// What the exit code says. In ascending order of precedence over several promises and scenarios: one that is broken
/// is broken, whatever else could not be tested.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Answer {
    /// Answered.
    Yes,
    /// Could not answer, and why has been said.
    Unknown,
    /// Answered: no.
    No,
}

impl Answer {
    /// The code that the process ends with.
    pub fn exit_code(self) -> i32 {
        match self {
            Answer::Yes => 0,
            Answer::No => 1,
            Answer::Unknown => 2,
        }
    }
}

impl Cli {
    /// Does what was asked.
    ///
    /// # Errors
    /// What could not be read or written; faults in scenarios are printed, not returned.
    pub fn answer(self) -> Result<Answer, Problem> {
        match self.verb {
            Verb::Run(run) => run.answer(),
            Verb::Compare(compare) => compare.answer(),
            Verb::Plan(plan) => plan.answer(),
            Verb::Sweep(sweep) => sweep.answer(),
            Verb::Review(review) => review.answer(),
            Verb::Headroom(headroom) => headroom.answer(),
            Verb::Drain(drain) => drain.answer(),
            Verb::Check(check) => check.answer(),
            Verb::Decide(decide) => decide.answer(),
            Verb::Explain(explain) => explain.answer(),
            Verb::Export(export) => export.answer(),
            Verb::Init(init) => init.answer(),
            Verb::Schema(schema) => schema.answer(),
            Verb::Completions(completions) => completions.answer(),
            Verb::Man(man) => man.answer(),
        }
    }
}
