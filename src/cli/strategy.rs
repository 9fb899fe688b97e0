//! `--strategy`: one of the scenario's named strategies at work.

use super::input::{Checked, Problem};

/// Puts the named strategy to work, if one is named.
///
/// # Errors
/// The scenario has no such strategy.
pub fn put_to_work(scenario: &mut Checked, name: Option<&str>) -> Result<(), Problem> {
    let Some(name) = name else { return Ok(()) };
    let strategies = &scenario.model.strategies;
    let Some(place) = strategies.iter().position(|strategy| strategy.name == name) else {
        let names: Vec<&str> = strategies.iter().map(|strategy| strategy.name.as_str()).collect();
        let help = match names.as_slice() {
            [] => "add some under `strategies`, or leave `--strategy` out".to_owned(),
            names => format!("its strategies are {}", names.join(", ")),
        };
        return Err(Problem::new(format!("{} has no strategy {name:?}", scenario.file), help));
    };
    scenario.model = scenario.model.with_strategy(place);
    Ok(())
}
