//! The φ-functions, with which integrals of (α + βτ)·e^{zτ} lose no digits at small zτ.
//!
//! φ₁(x) = (eˣ − 1)/x and φₖ₊₁(x) = (φₖ(x) − 1/k!)/x (Hochbruck and Ostermann 2010, eq. 2.10). Not here: anything
//! about rates.

use crate::engine::complex::Complex;

impl Complex {
    /// φ₁(self), accurate for every argument.
    pub fn phi1(self) -> Self {
        if self == Self::ZERO {
            return Self::ONE;
        }
        self.exp_m1().over(self)
    }

    /// φ₂(self).
    pub fn phi2(self) -> Self {
        if self.abs() < 1.0 { self.phi_series(2) } else { (self.phi1() - Self::ONE).over(self) }
    }

    /// φ₃(self).
    pub fn phi3(self) -> Self {
        if self.abs() < 1.0 { self.phi_series(3) } else { (self.phi2() - Self::real(0.5)).over(self) }
    }

    /// φₖ(x) = Σ xⁿ/(n + k)! by Horner's rule; for |x| < 1 the omitted terms are below 10⁻¹⁷.
    fn phi_series(self, order: u32) -> Self {
        let mut sum = Self::ONE;
        for n in (1..18).rev() {
            sum = Self::ONE + (self * sum).times(1.0 / f64::from(n + order));
        }
        let factorial: u32 = (1..=order).product();
        sum.times(1.0 / f64::from(factorial))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phi_functions_satisfy_their_recursion_on_both_sides_of_the_series() {
        for re in [-30.0, -1.1, -0.7, -1e-3, 0.0, 0.4, 2.0] {
            for im in [-40.0, -0.9, -1e-6, 0.0, 0.3, 1.5, 7.0] {
                let x = Complex { re, im };
                let first = x * x.phi2() + Complex::ONE - x.phi1();
                let second = x * x.phi3() + Complex::real(0.5) - x.phi2();
                let size = x.phi1().abs() + 1.0;
                assert!(first.abs() < 1e-14 * size && second.abs() < 1e-14 * size, "at {x:?}");
            }
        }
    }

    #[test]
    fn phi_functions_start_at_the_reciprocal_factorials() {
        let tiny = Complex { re: 1e-20, im: -1e-20 };
        assert_eq!(tiny.phi1().re, 1.0);
        assert_eq!(tiny.phi2().re, 0.5);
        assert!((tiny.phi3().re - 1.0 / 6.0).abs() < 1e-16);
    }
}
