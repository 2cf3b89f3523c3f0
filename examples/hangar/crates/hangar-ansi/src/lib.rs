//! Bold and red, for terminals that understand ANSI escape sequences.

/// `text` in bold.
#[must_use]
pub fn bold(text: &str) -> String {
    format!("\x1b[1m{text}\x1b[0m")
}

/// `text` in red.
#[must_use]
pub fn red(text: &str) -> String {
    format!("\x1b[31m{text}\x1b[0m")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_highlight_ends_with_a_reset() {
        for highlighted in [bold("load sheet"), red("too heavy")] {
            assert!(highlighted.ends_with("\x1b[0m"));
        }
    }
}
