//! Balances whatever comes in on standard input, as a load list for every aircraft. Must never panic.

use std::io::{self, Read};

fn main() -> io::Result<()> {
    let mut input = Vec::new();
    io::stdin().read_to_end(&mut input)?;
    if let Ok(items) = hangar_freight::read(&String::from_utf8_lossy(&input)) {
        for aircraft in hangar_fleet::FLEET {
            let _ = hangar_balance::balance(aircraft, &items);
        }
    }
    Ok(())
}
