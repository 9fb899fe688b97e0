//! `--strategy`: one of the scenario's named strategies at work.

use forebay::model::Model;
use forebay::scenario::{Code, Fault, Faults};

use super::input::{Checked, Problem};

/// Puts the named strategy to work, if one is named.
///
/// # Errors
/// The scenario has no such strategy.
pub fn put_to_work(scenario: &mut Checked, name: Option<&str>) -> Result<(), Problem> {
    if name.is_none() {
        return Ok(());
    }
    scenario.model =
        with(&scenario.model, name).map_err(|(what, help)| Problem::new(format!("{} {what}", scenario.file), help))?;
    Ok(())
}

/// A variant of a scenario with the named strategy at work, if one is named.
///
/// # Errors
/// The variant has no such strategy.
pub fn at_work(model: Model, name: Option<&str>) -> Result<Model, Faults> {
    if name.is_none() {
        return Ok(model);
    }
    with(&model, name).map_err(|(what, help)| {
        let fault = Fault::new(Code::UnknownReference, format!("the scenario {what}"));
        Faults(vec![Fault { help: Some(help), ..fault }])
    })
}

/// The model with a strategy at work; otherwise what is wrong with the name, and what to do about it.
fn with(model: &Model, name: Option<&str>) -> Result<Model, (String, String)> {
    let Some(name) = name else { return Ok(model.clone()) };
    if let Some(place) = model.strategies.iter().position(|strategy| strategy.name == name) {
        return Ok(model.with_strategy(place));
    }
    let names: Vec<&str> = model.strategies.iter().map(|strategy| strategy.name.as_str()).collect();
    let help = match names.as_slice() {
        [] => "add some under `strategies`, or leave `--strategy` out".to_owned(),
        names => format!("its strategies are {}", names.join(", ")),
    };
    Err((format!("has no strategy {name:?}"), help))
}
