//! Time-varying staffing: how many replicas, when, so that waiting is as rare at noon as at midnight.
//!
//! Not here: the offered load itself (`engine::formula`), and strategies that react (`scaling`).

mod outcome;

pub use outcome::{
    AutoscalerSettings, DelayRange, LoadRow, Staffing, StaffingError, StaffingOptions, StaffingOutcome, StaffingRule,
    StaffingTarget,
};
