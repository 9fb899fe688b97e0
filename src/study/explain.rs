//! Why a group had the size that it had: the decision that was in force at an instant, and the next that changed it.
//!
//! Of the first replication, as in `decisions.csv`. Not here: the words (`report`), and how a strategy decides.

use crate::engine::events::{SimulationError, simulate};
use crate::measure::{DecisionLog, DecisionRow};
use crate::model::{GroupId, Model};
use crate::units::{Seconds, show_duration};

/// What was in force at an instant.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    /// The instant that was asked about.
    pub at_s: Seconds,
    /// The last decision up to then, with its reasons.
    pub decision: DecisionRow,
    /// The next decision that changed the wanted number, if there was one before the horizon.
    pub next_change: Option<DecisionRow>,
}

/// Why there is nothing to explain.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Silence {
    /// No strategy scales the group.
    #[error("no strategy scales {0}")]
    NotScaled(String),
    /// The run does not reach that instant.
    #[error("the run ends at {}", show_duration(*horizon_s))]
    BeyondHorizon {
        /// Its horizon.
        horizon_s: Seconds,
    },
    /// Nobody has decided yet.
    #[error("nothing has been decided by then: {}", first(*first_s))]
    NoDecisionYet {
        /// The first decision, if there is one.
        first_s: Option<Seconds>,
    },
    /// The events engine cannot hold the model.
    #[error(transparent)]
    Simulation(#[from] SimulationError),
}

fn first(first_s: Option<Seconds>) -> String {
    first_s.map_or_else(
        || "there is no decision before the horizon".to_owned(),
        |at_s| format!("the first decision that changes something comes at {}", show_duration(at_s)),
    )
}

/// Runs the first replication and explains the size of `group` at `at_s`.
///
/// # Errors
/// [`Silence`] when there is nothing to explain.
pub fn explain(model: &Model, group: GroupId, at_s: Seconds) -> Result<Explanation, Silence> {
    let settings = &model.groups[group];
    if settings.scaling.is_none() {
        return Err(Silence::NotScaled(settings.name.clone()));
    }
    if at_s > model.horizon_s {
        return Err(Silence::BeyondHorizon { horizon_s: model.horizon_s });
    }
    let mut log = DecisionLog::around(model, group, at_s);
    simulate(model, model.seed, 0, &mut log)?;
    let mut rows = log.finish().into_iter().peekable();
    let decision = rows.next_if(|row| row.time_s <= at_s);
    let next_change = rows.next();
    match decision {
        Some(decision) => Ok(Explanation { at_s, decision, next_change }),
        None => Err(Silence::NoDecisionYet { first_s: next_change.map(|row| row.time_s) }),
    }
}
