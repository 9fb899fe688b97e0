//! Why there is no drain time to name.

use crate::study::StudyError;

/// Why there is no drain time to name.
#[derive(Debug, thiserror::Error)]
pub enum DrainError {
    /// No queue has consumers.
    #[error("no queue has consumers that could drain it")]
    NobodyConsumes,
    /// The engine could not run it.
    #[error(transparent)]
    Study(#[from] StudyError),
}

impl DrainError {
    /// What to do about it.
    pub fn help(&self) -> &'static str {
        match self {
            DrainError::NobodyConsumes => "name a consumer group: `consumers: {workers: {from: orders, replicas: 4}}`",
            DrainError::Study(_) => "change the scenario accordingly",
        }
    }
}
