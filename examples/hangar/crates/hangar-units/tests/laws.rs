//! Laws of the units, tried on the test kit's loads.

use hangar_testkit::Dice;
use hangar_units::{Kilograms, Millimetres};

#[test]
fn moments_at_one_arm_add_like_their_weights() {
    let mut dice = Dice::new(1);
    let arm = Millimetres(7200);
    for _ in 0..100 {
        let (one, other) = (dice.weight(Kilograms(9000)), dice.weight(Kilograms(9000)));
        assert_eq!(one * arm + other * arm, (one + other) * arm);
    }
}
