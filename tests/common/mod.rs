//! What the statistical tests share: oracles, scenarios as text, runs, and the criterion that they are judged by.

#![allow(dead_code)] // No test uses all of it.
#![allow(clippy::unwrap_used, clippy::print_stdout)] // It may panic, and figures are shown with --nocapture.

pub mod judge;
pub mod network;
pub mod oracle;
pub mod setting;
pub mod transient;
pub mod watch;

use std::path::Path;

use forebay::model::Model;
use forebay::scenario::{Limits, Source, load};

/// The model of a scenario text; its CSV files lie in `folder`.
pub fn model(text: String, folder: &Path) -> Model {
    let source = Source { folder: folder.to_owned(), ..Source::from_text("test.yaml", text) };
    load(&source, &[], &Limits::default()).unwrap_or_else(|faults| panic!("{faults:?}")).model
}
