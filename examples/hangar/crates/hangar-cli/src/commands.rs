//! What the commands do: each returns what is to be printed.

use std::fs;
use std::io::{self, IsTerminal};

use hangar_balance::{Balance, balance};
use hangar_fleet::{Aircraft, FLEET};
use hangar_report::Style;
use hangar_units::{Kilograms, Kilometres};

/// Why a command does not end well.
#[derive(Debug, PartialEq, Eq)]
pub enum Stop {
    /// The aircraft may not fly like this.
    Grounded(String),
    /// The command cannot be understood.
    Misused(String),
}

/// Every aircraft with its payload and range.
pub fn fleet() -> String {
    let line = |aircraft: &Aircraft| {
        let payload = Kilograms(aircraft.max.0 - aircraft.empty.0);
        format!(
            "{:<10} {:>9}  {:>8}\n",
            aircraft.name,
            payload.to_string(),
            aircraft.range.to_string()
        )
    };
    FLEET.iter().map(line).collect()
}

/// The load sheet of the load list in `file`, and the balance.
pub fn check(aircraft: &str, file: &str) -> Result<String, Stop> {
    let aircraft = find(aircraft)?;
    let list = fs::read_to_string(file).map_err(|why| Stop::Misused(format!("{file}: {why}")))?;
    let items = hangar_freight::read(&list).map_err(|bad| Stop::Misused(format!("{file}, {bad}")))?;
    let style = style();
    let sheet = hangar_report::load_sheet(aircraft.name, &items, style);
    match balance(aircraft, &items) {
        Ok(flies) => Ok(sheet + &told(&flies)),
        Err(why) => Err(Stop::Grounded(sheet + &hangar_report::refusal(&why.to_string(), style))),
    }
}

/// Whether every leg is within the aircraft's range.
pub fn route(aircraft: &str, legs: &[&str]) -> Result<String, Stop> {
    let aircraft = find(aircraft)?;
    let legs = legs.iter().copied().map(kilometres).collect::<Result<Vec<_>, _>>()?;
    match hangar_route::first_too_long(&legs, aircraft.range) {
        None => Ok(format!("{} in {} legs", hangar_route::length(&legs), legs.len())),
        Some(leg) => Err(Stop::Grounded(format!("leg {leg} is longer than {}", aircraft.range))),
    }
}

fn find(name: &str) -> Result<&'static Aircraft, Stop> {
    hangar_fleet::find(name).ok_or_else(|| Stop::Misused(format!("there is no aircraft `{name}`")))
}

fn kilometres(text: &str) -> Result<Kilometres, Stop> {
    let number = text
        .parse()
        .map_err(|_| Stop::Misused(format!("`{text}` is no distance")))?;
    Ok(Kilometres(number))
}

fn style() -> Style {
    if io::stdout().is_terminal() {
        Style::Highlighted
    } else {
        Style::Plain
    }
}

#[cfg(not(feature = "json"))]
fn told(flies: &Balance) -> String {
    format!("may fly: {}, centre at {}", flies.weight, flies.centre)
}

#[cfg(feature = "json")]
fn told(flies: &Balance) -> String {
    flies.to_json()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_within_range_is_told_by_its_length() {
        assert_eq!(route("kestrel", &["400", "900"]), Ok("1300 km in 2 legs".to_owned()));
    }

    #[test]
    fn a_leg_beyond_the_range_grounds_and_a_word_is_a_misuse() {
        let grounded = Stop::Grounded("leg 2 is longer than 1800 km".to_owned());
        assert_eq!(route("kestrel", &["400", "1801"]), Err(grounded));
        assert_eq!(
            route("kestrel", &["far"]),
            Err(Stop::Misused("`far` is no distance".to_owned()))
        );
    }

    #[test]
    fn the_fleet_is_listed_with_payload_and_range() {
        assert!(fleet().starts_with("kestrel      2800 kg   1800 km\n"));
    }
}
