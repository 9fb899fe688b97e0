//! Plans of small worlds.

use super::*;
