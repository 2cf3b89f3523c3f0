//! Prints a load sheet. Headings are bold, and refusals red, where terminals understand it.

use std::fmt::Write as _;

#[cfg(unix)]
use hangar_ansi::{bold, red};
use hangar_freight::Item;

/// How a sheet is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// For files and pipes.
    Plain,
    /// For people; plain where there is no ANSI.
    Highlighted,
}

/// One line per item, by station, below the title and above the total.
#[must_use]
pub fn load_sheet(title: &str, items: &[Item], style: Style) -> String {
    let mut by_station: Vec<&Item> = items.iter().collect();
    by_station.sort_by_key(|item| item.station);
    let mut sheet = heading(title, style) + "\n";
    for item in by_station {
        let weight = item.weight.to_string();
        writeln!(sheet, "{:>3}  {:<20} {weight:>12}", item.station, item.name).expect("a string takes every text");
    }
    let total = hangar_freight::weight(items).to_string();
    writeln!(sheet, "     {:<20} {total:>12}", "total").expect("a string takes every text");
    sheet
}

/// `text`, set off as a heading.
#[must_use]
pub fn heading(text: &str, style: Style) -> String {
    match style {
        Style::Plain => text.to_owned(),
        Style::Highlighted => bold(text),
    }
}

/// `text`, set off as a reason not to fly.
#[must_use]
pub fn refusal(text: &str, style: Style) -> String {
    match style {
        Style::Plain => text.to_owned(),
        Style::Highlighted => red(text),
    }
}

#[cfg(not(unix))]
fn bold(text: &str) -> String {
    text.to_owned()
}

#[cfg(not(unix))]
fn red(text: &str) -> String {
    text.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_stand_by_station_above_their_total() {
        let items = hangar_freight::read("mail 120 3\nengine 850 2").unwrap();
        let sheet = load_sheet("kestrel", &items, Style::Plain);
        let firsts: Vec<&str> = sheet
            .lines()
            .map(|line| line.split_whitespace().next().unwrap())
            .collect();
        assert_eq!(firsts, ["kestrel", "2", "3", "total"]);
    }

    #[cfg(unix)]
    #[test]
    fn a_plain_refusal_has_no_escape_sequence() {
        assert_eq!(refusal("too heavy", Style::Plain), "too heavy");
        assert!(refusal("too heavy", Style::Highlighted).contains('\x1b'));
    }
}
