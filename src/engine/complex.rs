//! Complex numbers, as few operations as the fluid's rates and theory's transforms need.

use std::ops::{Add, Mul, Sub};

/// A complex number.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Complex {
    /// Real part.
    pub re: f64,
    /// Imaginary part.
    pub im: f64,
}

impl Complex {
    /// 0.
    pub const ZERO: Self = Self { re: 0.0, im: 0.0 };
    /// 1.
    pub const ONE: Self = Self { re: 1.0, im: 0.0 };

    /// re + i·im.
    pub const fn new(re: f64, im: f64) -> Self {
        Self { re, im }
    }

    /// A real number.
    pub const fn real(re: f64) -> Self {
        Self { re, im: 0.0 }
    }

    /// Absolute value.
    pub fn abs(self) -> f64 {
        self.re.hypot(self.im)
    }

    /// Product with a real number.
    pub fn times(self, factor: f64) -> Self {
        Self::new(self.re * factor, self.im * factor)
    }

    /// Quotient, by the larger component first: huge and tiny divisors neither over- nor underflow.
    pub fn over(self, divisor: Self) -> Self {
        let size = divisor.re.abs().max(divisor.im.abs());
        let (re, im) = (divisor.re / size, divisor.im / size);
        (self * Self::new(re, -im)).times(1.0 / (re * re + im * im) / size)
    }

    /// 1/z.
    pub fn recip(self) -> Self {
        Self::ONE.over(self)
    }

    /// e^z.
    pub fn exp(self) -> Self {
        let size = self.re.exp();
        if self.im == 0.0 || size == 0.0 {
            return Self::real(size);
        }
        let (sin, cos) = self.im.sin_cos();
        Self::new(size * cos, size * sin)
    }

    /// e^z − 1 without cancellation near 0: expm1(x)·cos y − 2 sin²(y/2) + i·eˣ·sin y.
    pub fn exp_m1(self) -> Self {
        let (sin, cos) = self.im.sin_cos();
        let half_sine = (0.5 * self.im).sin();
        Self::new(self.re.exp_m1() * cos - 2.0 * half_sine * half_sine, self.re.exp() * sin)
    }

    /// ln(1 + z), principal branch, without cancellation near 0.
    pub fn ln_1p(self) -> Self {
        let re = 0.5 * (self.re * (2.0 + self.re) + self.im * self.im).ln_1p();
        Self::new(re, self.im.atan2(1.0 + self.re))
    }
}

impl Add for Complex {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self::new(self.re + other.re, self.im + other.im)
    }
}

impl Sub for Complex {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self::new(self.re - other.re, self.im - other.im)
    }
}

impl Mul for Complex {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        Self::new(self.re * other.re - self.im * other.im, self.re * other.im + self.im * other.re)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_arguments_keep_their_precision() {
        let z = Complex::new(1e-9, -2e-9);
        let there_and_back = z.exp_m1().ln_1p();
        assert!((there_and_back - z).abs() < 1e-24);
        let product = Complex::new(3e200, 4e200).recip() * Complex::new(3e200, 4e200);
        assert!((product - Complex::ONE).abs() < 1e-15);
        assert!((Complex::new(0.0, std::f64::consts::PI).exp() + Complex::ONE).abs() < 1e-15);
    }
}
