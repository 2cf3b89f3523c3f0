//! The aircraft that Hangar knows, generated from `aircraft.txt` when this crate is built.

use hangar_units::{Kilograms, Kilometres, Millimetres};

/// What loading an aircraft has to respect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Aircraft {
    /// As it stands on the command line.
    pub name: &'static str,
    /// With crew and fuel, without load.
    pub empty: Kilograms,
    /// The centre of the empty aircraft.
    pub empty_arm: Millimetres,
    /// At take-off.
    pub max: Kilograms,
    /// Without landing to refuel.
    pub range: Kilometres,
    /// The foremost place at which the loaded aircraft may have its centre.
    pub forward: Millimetres,
    /// The aftmost place at which the loaded aircraft may have its centre.
    pub aft: Millimetres,
    /// The places in the hold, from the nose; the first one is station 1.
    pub stations: &'static [Millimetres],
}

/// Every aircraft, smallest first.
pub const FLEET: &[Aircraft] = include!(concat!(env!("OUT_DIR"), "/aircraft.rs"));

/// The aircraft of that name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Aircraft> {
    FLEET.iter().find(|aircraft| aircraft.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_aircraft_flies_empty() {
        for aircraft in FLEET {
            assert!(aircraft.empty < aircraft.max, "{}", aircraft.name);
            assert!((aircraft.forward..=aircraft.aft).contains(&aircraft.empty_arm));
        }
    }

    #[test]
    fn an_aircraft_is_found_by_name_or_not_at_all() {
        assert_eq!(find("heron").map(|heron| heron.stations.len()), Some(4));
        assert_eq!(find("dodo"), None);
    }
}
