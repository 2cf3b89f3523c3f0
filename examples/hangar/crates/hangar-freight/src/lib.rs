//! Reads what is to be loaded, and where: one item a line, its weight in kilograms, its station in the hold.
//!
//! ```
//! let items = hangar_freight::read("engine 850 2\nmail 120 3\n").unwrap();
//! assert_eq!(hangar_freight::weight(&items), hangar_units::Kilograms(970));
//! ```

use std::fmt;

use hangar_units::Kilograms;

/// One thing to load.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// What it is called.
    pub name: String,
    /// What it weighs.
    pub weight: Kilograms,
    /// Where it goes, counted from 1 at the nose.
    pub station: usize,
}

/// A line that is not an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadLine {
    /// Counted from 1.
    pub line: usize,
}

impl fmt::Display for BadLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: expected `NAME KILOGRAMS STATION`", self.line)
    }
}

impl std::error::Error for BadLine {}

/// The items of a load list; empty lines are skipped.
///
/// # Errors
///
/// The first line that is not an item.
pub fn read(list: &str) -> Result<Vec<Item>, BadLine> {
    list.lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty())
        .map(|(index, line)| item(line).ok_or(BadLine { line: index + 1 }))
        .collect()
}

/// What all items weigh together.
#[must_use]
pub fn weight(items: &[Item]) -> Kilograms {
    items.iter().map(|item| item.weight).sum()
}

fn item(line: &str) -> Option<Item> {
    let columns: Vec<&str> = line.split_whitespace().collect();
    let [name, weight, station] = columns[..] else {
        return None;
    };
    Some(Item {
        name: name.to_owned(),
        weight: Kilograms(weight.parse().ok()?),
        station: station.parse().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_an_item() {
        let engine = Item {
            name: "engine".into(),
            weight: Kilograms(850),
            station: 2,
        };
        assert_eq!(read("\n engine  850 2\n"), Ok(vec![engine]));
    }

    #[test]
    fn the_first_bad_line_is_named() {
        let list = "engine 850 2\nmail light 3\n";
        assert_eq!(read(list), Err(BadLine { line: 2 }));
    }
}
