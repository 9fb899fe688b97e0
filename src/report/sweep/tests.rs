//! Tests of the module above, on real sweeps of a small queue.

use super::*;
