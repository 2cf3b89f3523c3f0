//! Decides whether a loaded aircraft may fly: not too heavy, and with its centre of gravity inside its limits.

use std::fmt;

use freight::Item;
use hangar_fleet::Aircraft;
use hangar_units::{Kilograms, Millimetres};

/// A loaded aircraft that may fly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Balance {
    /// Aircraft and load together.
    pub weight: Kilograms,
    /// From the nose.
    pub centre: Millimetres,
}

/// Why a loaded aircraft stays on the ground.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The hold has no such station.
    NoSuchStation(usize),
    /// By how much it exceeds the weight at take-off.
    TooHeavy(Kilograms),
    /// The centre lies before the forward limit.
    NoseHeavy(Millimetres),
    /// The centre lies behind the aft limit.
    TailHeavy(Millimetres),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSuchStation(station) => write!(f, "there is no station {station}"),
            Self::TooHeavy(excess) => write!(f, "too heavy by {excess}"),
            Self::NoseHeavy(centre) => write!(f, "nose-heavy: the centre is at {centre}"),
            Self::TailHeavy(centre) => write!(f, "tail-heavy: the centre is at {centre}"),
        }
    }
}

impl std::error::Error for Refusal {}

/// The balance of `aircraft` with these items on board.
///
/// # Errors
///
/// The first reason not to fly, in the order of [`Refusal`].
pub fn balance(aircraft: &Aircraft, items: &[Item]) -> Result<Balance, Refusal> {
    let mut moment = aircraft.empty * aircraft.empty_arm;
    for item in items {
        moment = moment + item.weight * arm(aircraft, item.station)?;
    }
    let weight = aircraft.empty + freight::weight(items);
    if weight > aircraft.max {
        return Err(Refusal::TooHeavy(Kilograms(weight.0 - aircraft.max.0)));
    }
    let centre = moment / weight;
    match centre {
        _ if centre < aircraft.forward => Err(Refusal::NoseHeavy(centre)),
        _ if centre > aircraft.aft => Err(Refusal::TailHeavy(centre)),
        _ => Ok(Balance { weight, centre }),
    }
}

fn arm(aircraft: &Aircraft, station: usize) -> Result<Millimetres, Refusal> {
    station
        .checked_sub(1)
        .and_then(|index| aircraft.stations.get(index).copied())
        .ok_or(Refusal::NoSuchStation(station))
}

#[cfg(feature = "json")]
impl Balance {
    /// For other programs, weights in kilograms and places in millimetres.
    #[must_use]
    pub fn to_json(&self) -> String {
        use hangar_json::{Value, object};
        object(&[
            ("weight", Value::Number(self.weight.0.into())),
            ("centre", Value::Number(self.centre.0.into())),
        ])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kestrel(list: &str) -> Result<Balance, Refusal> {
        let aircraft = hangar_fleet::find("kestrel").unwrap();
        balance(aircraft, &freight::read(list).unwrap())
    }

    #[test]
    fn an_even_load_flies() {
        let flies = Balance {
            weight: Kilograms(5200),
            centre: Millimetres(5430),
        };
        assert_eq!(kestrel("engine 500 1\ntools 500 3"), Ok(flies));
    }

    #[test]
    fn each_reason_to_stay_is_told_apart() {
        let refusals = [
            ("mail 10 4", Refusal::NoSuchStation(4)),
            ("mail 10 0", Refusal::NoSuchStation(0)),
            ("lead 2801 2", Refusal::TooHeavy(Kilograms(1))),
            ("engine 1400 1", Refusal::NoseHeavy(Millimetres(5062))),
            ("engine 2800 3", Refusal::TailHeavy(Millimetres(5990))),
        ];
        for (list, refusal) in refusals {
            assert_eq!(kestrel(list), Err(refusal), "{list}");
        }
    }

    #[cfg(feature = "json")]
    #[test]
    fn a_balance_is_written_as_json() {
        let json = kestrel("").unwrap().to_json();
        assert_eq!(json, r#"{"weight":4200,"centre":5450}"#);
    }
}
