//! `forebay decide`: one scaling decision without a simulation.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use clap::Args;
use forebay::study::dry_run::{self, Fault};
use serde_json::{Value, json};

use super::input::{self, Format, Problem};
use super::{Answer, terminal};

/// Answer one decision of an autoscaler without a simulation
///
/// What would the HPA, or a step of KEDA, do now? State and metrics go in as JSON, replicas and reasons come out: the
/// arithmetic line by line, and which rule held the size back. A dry run for a real cluster, where nothing is touched.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  forebay decide question.json
  forebay decide --format json questions.json
  echo '{\"current_replicas\": 3, \"spec\": {\"min\": 1, \"max\": 20},
    \"metric\": {\"kind\": \"external\", \"target_average_value\": 50,
    \"values\": [900]}}' | forebay decide -

One object or an array of them. An HPA has `current_replicas`, `spec` {min, max,
behavior}, `metric` (one or several: kind, target_value or target_average_value,
value, values or error), and optionally `history`, `status_replicas`,
`ready_replicas`, `tolerance`, `first_sync`. A step of KEDA has `kind`
(operator_poll, rabbitmq, kafka, job_create, ...) and `input`.

Exit codes: 0 answered, 2 at least one fault.")]
pub struct Decide {
    /// JSON file with one question or an array of them; `-` is standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// How answers and faults are printed; json goes to standard output
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

impl Decide {
    /// Does it.
    ///
    /// # Errors
    /// The file cannot be read, or standard output cannot be written.
    pub fn answer(&self) -> Result<Answer, Problem> {
        let text = read(&self.file)?;
        match dry_run::answer(&text) {
            Ok(answers) => self.say(&text, &answers)?,
            Err(faults) => {
                self.refuse(&faults)?;
                return Ok(Answer::Unknown);
            }
        }
        Ok(Answer::Yes)
    }

    fn say(&self, text: &[u8], answers: &[dry_run::Answer]) -> Result<(), Problem> {
        match self.format {
            Format::Table => {
                let told: Vec<String> = answers.iter().map(paragraph).collect();
                terminal::say(&told.join("\n"))
            }
            Format::Json => {
                // An array is answered by an array, even one of a single question.
                let several = text.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'[');
                let values: Vec<Value> = answers.iter().map(dry_run::Answer::to_json).collect();
                if several { input::say_json(&Value::Array(values)) } else { input::say_each(values) }
            }
        }
    }

    fn refuse(&self, faults: &[Fault]) -> Result<(), Problem> {
        match self.format {
            Format::Table => {
                for fault in faults {
                    let help = fault.help.as_ref().map_or(String::new(), |help| format!("\n  = help: {help}"));
                    terminal::complain(&format!("{fault}{help}"));
                }
                Ok(())
            }
            Format::Json => {
                let faults: Vec<Value> = faults.iter().map(Fault::to_json).collect();
                input::say_json(&json!({ "faults": faults }))
            }
        }
    }
}

/// Name and answer, and below it the reasons.
fn paragraph(answer: &dry_run::Answer) -> String {
    let what = match (&answer.result, answer.replicas) {
        (Some(result), _) => result.to_string(),
        (None, Some(1)) => "1 replica".to_owned(),
        (None, replicas) => format!("{} replicas", replicas.unwrap_or_default()),
    };
    let lines = answer.reasons.iter().map(|reason| format!("\n  {reason}"));
    format!("{}: {what}{}", answer.name, lines.collect::<String>())
}

fn read(file: &Path) -> Result<Vec<u8>, Problem> {
    // One byte more than is read tells that there is more.
    let most = dry_run::MAX_BYTES as u64 + 1;
    let mut text = Vec::new();
    let read = if file.as_os_str() == "-" {
        io::stdin().lock().take(most).read_to_end(&mut text)
    } else {
        File::open(file).and_then(|file| file.take(most).read_to_end(&mut text))
    };
    match read {
        Ok(_) => Ok(text),
        Err(error) => Err(Problem::new(
            format!("{} cannot be read: {error}", file.display()),
            "name a JSON file with one question or an array of them, or `-` for standard input",
        )),
    }
}
