//! Weights, arms and moments that cannot be mixed up. Whole numbers, so that sums are exact.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, Div, Mul};

/// A weight.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Kilograms(pub u32);

/// A distance along the fuselage, from the nose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Millimetres(pub u32);

/// A distance over ground.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Kilometres(pub u32);

/// A weight times its arm, in kilogram millimetres.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(pub u64);

macro_rules! printed_and_summed {
    ($($unit:ident in $symbol:literal)*) => {$(
        impl fmt::Display for $unit {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{} {}", self.0, $symbol)
            }
        }

        /// Saturates: what is that large is beyond every limit anyway.
        impl Add for $unit {
            type Output = Self;
            fn add(self, other: Self) -> Self {
                Self(self.0.saturating_add(other.0))
            }
        }

        impl Sum for $unit {
            fn sum<I: Iterator<Item = Self>>(parts: I) -> Self {
                parts.fold(Self::default(), Add::add)
            }
        }
    )*};
}

printed_and_summed! { Kilograms in "kg" Millimetres in "mm" Kilometres in "km" Moment in "kg mm" }

impl Mul<Millimetres> for Kilograms {
    type Output = Moment;
    fn mul(self, arm: Millimetres) -> Moment {
        Moment(u64::from(self.0) * u64::from(arm.0))
    }
}

/// Where a weight with this moment has its centre; the nose when there is no weight.
impl Div<Kilograms> for Moment {
    type Output = Millimetres;
    fn div(self, weight: Kilograms) -> Millimetres {
        let arm = self.0.checked_div(u64::from(weight.0)).unwrap_or(0);
        Millimetres(u32::try_from(arm).unwrap_or(u32::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_divided_by_its_weight_is_the_arm() {
        let weight = Kilograms(850);
        assert_eq!(weight * Millimetres(5100) / weight, Millimetres(5100));
    }

    #[test]
    fn nothing_at_all_sits_at_the_nose() {
        assert_eq!(Moment(0) / Kilograms(0), Millimetres(0));
    }

    #[test]
    fn sums_saturate() {
        let heavy = [Kilograms(u32::MAX), Kilograms(1)];
        assert_eq!(heavy.into_iter().sum::<Kilograms>(), Kilograms(u32::MAX));
    }
}
