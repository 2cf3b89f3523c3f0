//! How many load lists are balanced in a second, on this machine.

use std::time::Instant;

use hangar_balance::balance;
use hangar_fleet::FLEET;
use hangar_freight::Item;
use hangar_testkit::Dice;
use hangar_units::Kilograms;

const LISTS: u32 = 100_000;

fn main() {
    let mut dice = Dice::new(2026);
    let started = Instant::now();
    let flying = (0..LISTS)
        .filter(|_| {
            let items = load_list(&mut dice);
            FLEET.iter().all(|aircraft| balance(aircraft, &items).is_ok())
        })
        .count();
    println!(
        "{flying} of {LISTS} load lists fly on every aircraft, decided in {:?}",
        started.elapsed()
    );
}

fn load_list(dice: &mut Dice) -> Vec<Item> {
    (1..=3)
        .map(|station| Item {
            name: format!("pallet-{station}"),
            weight: dice.weight(Kilograms(1500)),
            station,
        })
        .collect()
}
