//! Says which legs of a route an aircraft can fly without landing in between.

use hangar_units::Kilometres;

/// The length of the whole route.
#[must_use]
pub fn length(legs: &[Kilometres]) -> Kilometres {
    legs.iter().copied().sum()
}

/// The first leg that is longer than the aircraft's range, counted from 1.
#[must_use]
pub fn first_too_long(legs: &[Kilometres], range: Kilometres) -> Option<usize> {
    legs.iter().position(|&leg| leg > range).map(|index| index + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use hangar_testkit::Dice;

    #[test]
    fn the_first_leg_beyond_the_range_is_named() {
        let legs = [400, 2000, 1900].map(Kilometres);
        assert_eq!(first_too_long(&legs, Kilometres(1800)), Some(2));
        assert_eq!(first_too_long(&legs, Kilometres(2000)), None);
    }

    #[test]
    fn a_route_is_flyable_in_one_go_only_if_every_leg_is() {
        let mut dice = Dice::new(3);
        for _ in 0..200 {
            let legs = [(); 4].map(|()| dice.distance(Kilometres(1500)));
            assert_eq!(first_too_long(&legs, length(&legs)), None);
        }
    }
}
