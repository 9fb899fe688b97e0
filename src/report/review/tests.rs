//! What every review must hold, whatever the scenario says.

use super::*;
