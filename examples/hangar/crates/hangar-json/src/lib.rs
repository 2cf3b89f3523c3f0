//! Writes a flat JSON object, and nothing more.

use std::fmt::Write as _;

/// What may stand behind a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    /// A whole number.
    Number(u64),
    /// A text, escaped on writing.
    Text(&'a str),
}

/// One JSON object with these members, in this order.
#[must_use]
pub fn object(members: &[(&str, Value<'_>)]) -> String {
    let members: Vec<String> = members
        .iter()
        .map(|(key, value)| format!("{}:{}", quoted(key), written(value)))
        .collect();
    format!("{{{}}}", members.join(","))
}

fn written(value: &Value<'_>) -> String {
    match value {
        Value::Number(number) => number.to_string(),
        Value::Text(text) => quoted(text),
    }
}

fn quoted(text: &str) -> String {
    let mut quoted = String::from('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            control if control.is_control() => {
                write!(quoted, "\\u{:04x}", u32::from(control)).expect("a string takes every text");
            }
            plain => quoted.push(plain),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_keep_their_order() {
        let members = [("weight", Value::Number(6900)), ("at", Value::Text("hold"))];
        assert_eq!(object(&members), r#"{"weight":6900,"at":"hold"}"#);
    }

    #[test]
    fn quotes_backslashes_and_control_characters_are_escaped() {
        assert_eq!(quoted("a\"b\\c\n"), r#""a\"b\\c\u000a""#);
    }
}
