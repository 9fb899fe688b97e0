//! `forebay schema`: the scenario language for editors.

use clap::Args;
use forebay::scenario;

use super::Answer;
use super::input::{self, Problem};

/// Print the JSON Schema of the scenario language, for editors
///
/// An editor that knows the schema completes keys, explains them and marks mistakes while you type.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  forebay schema > forebay.schema.json

Then begin a scenario with this line, which most editors understand:
  # yaml-language-server: $schema=forebay.schema.json")]
pub struct Schema {}

impl Schema {
    /// Does it.
    ///
    /// # Errors
    /// Standard output cannot be written.
    #[expect(clippy::unused_self, reason = "every verb answers for itself")]
    pub fn answer(&self) -> Result<Answer, Problem> {
        input::say_json(&scenario::schema())?;
        Ok(Answer::Yes)
    }
}
