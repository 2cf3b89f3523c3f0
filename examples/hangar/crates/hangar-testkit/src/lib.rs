//! Dice for tests: the same weights and distances every time, for the same seed.

use hangar_units::{Kilograms, Kilometres};

/// A sequence of numbers that looks random and is not.
#[derive(Clone, Debug)]
pub struct Dice(u64);

impl Dice {
    /// Dice that will always fall the same way.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A weight up to and including `max`.
    pub fn weight(&mut self, max: Kilograms) -> Kilograms {
        Kilograms(self.up_to(max.0))
    }

    /// A distance up to and including `max`.
    pub fn distance(&mut self, max: Kilometres) -> Kilometres {
        Kilometres(self.up_to(max.0))
    }

    /// A number up to and including `max`.
    pub fn up_to(&mut self, max: u32) -> u32 {
        // Knuth's MMIX generator; its upper bits are the better ones.
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let thrown = (self.0 >> 32) % (u64::from(max) + 1);
        u32::try_from(thrown).expect("at most `max`")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_throws_the_same() {
        let (mut one, mut other) = (Dice::new(7), Dice::new(7));
        for _ in 0..50 {
            assert_eq!(one.up_to(1000), other.up_to(1000));
        }
    }

    #[test]
    fn no_throw_is_above_the_limit() {
        let mut dice = Dice::new(7);
        assert!((0..500).all(|_| dice.weight(Kilograms(6)) <= Kilograms(6)));
    }
}
