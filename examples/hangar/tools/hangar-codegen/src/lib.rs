//! Turns the table of aircraft into Rust source, for the build script of `hangar-fleet`.
//!
//! One aircraft a line, columns separated by blanks, `#` starts a comment:
//!
//! ```text
//! # name   empty kg  at mm  max kg  range km  forward mm  aft mm  stations mm
//! kestrel  4200      5450   7000    1800      5200        5900    3900,5100,6800
//! ```

/// The elements of a slice of `Aircraft`, as Rust source.
///
/// # Errors
///
/// Names the line that has not eight columns, or a column that should be a number and is not.
pub fn aircraft(table: &str) -> Result<String, String> {
    let mut source = String::from("&[\n");
    for (index, line) in table.lines().enumerate() {
        let content = line.split('#').next().unwrap_or_default();
        if !content.trim().is_empty() {
            let element = element(content).map_err(|why| format!("line {}: {why}", index + 1))?;
            source.push_str(&element);
        }
    }
    source.push_str("]\n");
    Ok(source)
}

fn element(line: &str) -> Result<String, String> {
    let columns: Vec<&str> = line.split_whitespace().collect();
    let [name, empty, arm, max, range, forward, aft, stations] = columns[..] else {
        return Err(format!("expected 8 columns, found {}", columns.len()));
    };
    let stations = stations
        .split(',')
        .map(|station| Ok(format!("Millimetres({})", number(station)?)))
        .collect::<Result<Vec<_>, String>>()?
        .join(", ");
    Ok(format!(
        "    Aircraft {{ name: {name:?}, empty: Kilograms({}), empty_arm: Millimetres({}), max: Kilograms({}), \
         range: Kilometres({}), forward: Millimetres({}), aft: Millimetres({}), stations: &[{stations}] }},\n",
        number(empty)?,
        number(arm)?,
        number(max)?,
        number(range)?,
        number(forward)?,
        number(aft)?,
    ))
}

fn number(column: &str) -> Result<u32, String> {
    column.parse().map_err(|_| format!("`{column}` is not a whole number"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_becomes_an_element() {
        let source = aircraft("kestrel 4200 5450 7000 1800 5200 5900 3900,5100 # a small one").unwrap();
        assert!(source.contains("name: \"kestrel\", empty: Kilograms(4200)"));
        assert!(source.contains("stations: &[Millimetres(3900), Millimetres(5100)]"));
    }

    #[test]
    fn comments_and_empty_lines_make_no_element() {
        assert_eq!(aircraft("# nothing\n\n").unwrap(), "&[\n]\n");
    }

    #[test]
    fn a_bad_line_is_named() {
        assert_eq!(
            aircraft("\nkestrel 4200"),
            Err("line 2: expected 8 columns, found 2".into())
        );
        assert_eq!(
            aircraft("kestrel light 5450 7000 1800 5200 5900 3900"),
            Err("line 1: `light` is not a whole number".into())
        );
    }
}
