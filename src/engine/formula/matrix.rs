//! Small dense matrices: products, linear systems, exponentials. A matter of some hundred rows, for the laws that need
//! them.
//!
//! Written here rather than taken from a library because every sum has one order on every machine: answers are printed
//! and compared by their digits, and libraries choose kernels by the processor that they find. Not here: queues.

/// A dense matrix, row after row.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Matrix {
    rows: usize,
    columns: usize,
    values: Vec<f64>,
}

impl Matrix {
    pub(super) fn zeros(rows: usize, columns: usize) -> Self {
        Self { rows, columns, values: vec![0.0; rows * columns] }
    }

    pub(super) fn identity(rows: usize) -> Self {
        Self::diagonal(&vec![1.0; rows])
    }

    pub(super) fn diagonal(values: &[f64]) -> Self {
        let mut matrix = Self::zeros(values.len(), values.len());
        for (place, value) in values.iter().enumerate() {
            matrix.add(place, place, *value);
        }
        matrix
    }

    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    pub(super) fn columns(&self) -> usize {
        self.columns
    }

    pub(super) fn at(&self, row: usize, column: usize) -> f64 {
        self.values[row * self.columns + column]
    }

    pub(super) fn add(&mut self, row: usize, column: usize, value: f64) {
        self.values[row * self.columns + column] += value;
    }

    /// Puts a block with its first corner there.
    pub(super) fn put(&mut self, row: usize, column: usize, block: &Self) {
        for from in 0..block.rows {
            self.row_mut(row + from)[column..column + block.columns].copy_from_slice(block.row(from));
        }
    }

    /// Column vector times row vector.
    pub(super) fn outer(column: &[f64], row: &[f64]) -> Self {
        let values = column.iter().flat_map(|factor| row.iter().map(move |value| factor * value)).collect();
        Self { rows: column.len(), columns: row.len(), values }
    }

    pub(super) fn row(&self, row: usize) -> &[f64] {
        &self.values[row * self.columns..(row + 1) * self.columns]
    }

    fn row_mut(&mut self, row: usize) -> &mut [f64] {
        &mut self.values[row * self.columns..(row + 1) * self.columns]
    }

    pub(super) fn times(&self, other: &Self) -> Self {
        assert_eq!(self.columns, other.rows, "shapes of a product");
        let mut product = Self::zeros(self.rows, other.columns);
        for i in 0..self.rows {
            let into = product.row_mut(i);
            for (k, factor) in self.row(i).iter().enumerate() {
                // Half of a law's matrices have a few entries per row only.
                if *factor != 0.0 {
                    add_scaled(into, *factor, other.row(k));
                }
            }
        }
        product
    }

    pub(super) fn plus(mut self, other: &Self) -> Self {
        add_scaled(&mut self.values, 1.0, &other.values);
        self
    }

    pub(super) fn minus(mut self, other: &Self) -> Self {
        add_scaled(&mut self.values, -1.0, &other.values);
        self
    }

    pub(super) fn scaled(mut self, factor: f64) -> Self {
        for value in &mut self.values {
            *value *= factor;
        }
        self
    }

    /// Row vector times matrix.
    pub(super) fn left(&self, vector: &[f64]) -> Vec<f64> {
        let mut product = vec![0.0; self.columns];
        for (row, factor) in vector.iter().enumerate().filter(|(_, factor)| **factor != 0.0) {
            add_scaled(&mut product, *factor, self.row(row));
        }
        product
    }

    /// Matrix times column vector.
    pub(super) fn right(&self, vector: &[f64]) -> Vec<f64> {
        (0..self.rows).map(|row| dot(self.row(row), vector)).collect()
    }

    fn transposed(&self) -> Self {
        let mut transposed = Self::zeros(self.columns, self.rows);
        for row in 0..self.rows {
            for column in 0..self.columns {
                transposed.values[column * self.rows + row] = self.at(row, column);
            }
        }
        transposed
    }

    /// The largest entry's size.
    pub(super) fn largest(&self) -> f64 {
        self.values.iter().fold(0.0, |largest, value| f64::max(largest, value.abs()))
    }

    /// `self⁻¹·right`; `None` when `self` is singular to machine precision or not made of numbers.
    pub(super) fn solve(&self, right: &Self) -> Option<Self> {
        let lu = Lu::of(self.clone())?;
        Some(lu.solve(right))
    }

    /// `left·self⁻¹`.
    pub(super) fn solve_left(&self, left: &Self) -> Option<Self> {
        Some(self.transposed().solve(&left.transposed())?.transposed())
    }

    /// `self⁻¹·right` of a column vector.
    pub(super) fn solve_vector(&self, right: &[f64]) -> Option<Vec<f64>> {
        let right = Self { rows: right.len(), columns: 1, values: right.to_vec() };
        Some(self.solve(&right)?.values)
    }

    /// e^{self} of a generator: no entry off the diagonal is negative, so that e^{A} = e^{−θ}·Σ (θI + A)ᵏ/k! with θ the
    /// largest rate adds up positive terms only (Jensen 1953). Halved until θ ≤ 1, and squared back.
    pub(super) fn exponential(&self) -> Self {
        let rate = (0..self.rows).fold(0.0, |rate, row| f64::max(rate, -self.at(row, row)));
        let halvings = if rate > 1.0 { rate.log2().ceil() } else { 0.0 };
        let share = (-halvings).exp2();
        let step = Self::identity(self.rows).scaled(rate * share).plus(&self.clone().scaled(share));
        let mut sum = Self::identity(self.rows);
        let mut term = sum.clone();
        // 1/25! is below the precision of the first terms.
        for k in 1..25 {
            term = term.times(&step).scaled(1.0 / f64::from(k));
            sum = sum.plus(&term);
        }
        let mut power = sum.scaled((-rate * share).exp());
        for _ in 0..halvings as usize {
            power = power.times(&power);
        }
        power
    }
}

pub(super) fn dot(x: &[f64], y: &[f64]) -> f64 {
    x.iter().zip(y).map(|(x, y)| x * y).sum()
}

fn add_scaled(into: &mut [f64], factor: f64, values: &[f64]) {
    for (into, value) in into.iter_mut().zip(values) {
        *into += factor * value;
    }
}

/// A factorisation with row exchanges (Gauss; Golub and Van Loan 2013, algorithm 3.4.1).
struct Lu {
    factors: Matrix,
    order: Vec<usize>,
}

impl Lu {
    fn of(mut matrix: Matrix) -> Option<Self> {
        let n = matrix.rows;
        let mut order: Vec<usize> = (0..n).collect();
        for k in 0..n {
            let pivot = (k..n).max_by(|a, b| matrix.at(*a, k).abs().total_cmp(&matrix.at(*b, k).abs()))?;
            let size = matrix.at(pivot, k).abs();
            if !(size > 0.0 && size.is_finite()) {
                return None;
            }
            if pivot != k {
                order.swap(pivot, k);
                for column in 0..n {
                    matrix.values.swap(pivot * n + column, k * n + column);
                }
            }
            let (above, below) = matrix.values.split_at_mut((k + 1) * n);
            let pivot_row = &above[k * n..];
            for row in below.chunks_exact_mut(n) {
                let factor = row[k] / pivot_row[k];
                row[k] = factor;
                if factor != 0.0 {
                    add_scaled(&mut row[k + 1..], -factor, &pivot_row[k + 1..]);
                }
            }
        }
        Some(Self { factors: matrix, order })
    }

    fn solve(&self, right: &Matrix) -> Matrix {
        let (n, columns) = (self.factors.rows, right.columns);
        let mut solution = Matrix::zeros(n, columns);
        for (row, from) in self.order.iter().enumerate() {
            solution.row_mut(row).copy_from_slice(right.row(*from));
        }
        for row in 1..n {
            let (known, rest) = solution.values.split_at_mut(row * columns);
            for (k, factor) in self.factors.row(row)[..row].iter().enumerate().filter(|(_, factor)| **factor != 0.0) {
                add_scaled(&mut rest[..columns], -factor, &known[k * columns..(k + 1) * columns]);
            }
        }
        for row in (0..n).rev() {
            let (rest, known) = solution.values.split_at_mut((row + 1) * columns);
            let own = &mut rest[row * columns..];
            for k in row + 1..n {
                let factor = self.factors.at(row, k);
                if factor != 0.0 {
                    add_scaled(own, -factor, &known[(k - row - 1) * columns..(k - row) * columns]);
                }
            }
            let pivot = self.factors.at(row, row);
            for value in own {
                *value /= pivot;
            }
        }
        solution
    }
}

/// The negative of a transient generator, factored without a single subtraction: what leaves a state is added up from
/// where it goes, so that results keep their relative precision however close to certain a return is (Grassmann, Taksar
/// and Heyman 1985; Alfa, Xue and Ye 2002).
pub(super) struct Transient {
    /// Rates to later states above the diagonal, shares of earlier states' rates below it.
    factors: Matrix,
    pivots: Vec<f64>,
}

impl Transient {
    /// `rates` between the states, whose diagonal is not looked at, and `exits` out of each for good.
    pub(super) fn of(mut rates: Matrix, mut exits: Vec<f64>) -> Self {
        let n = rates.rows;
        let mut pivots = vec![0.0; n];
        for k in 0..n {
            let pivot = exits[k] + rates.row(k)[k + 1..].iter().sum::<f64>();
            pivots[k] = pivot;
            let (above, below) = rates.values.split_at_mut((k + 1) * n);
            let own = &above[k * n + k + 1..];
            for (row, exit) in below.chunks_exact_mut(n).zip(k + 1..n) {
                let share = if row[k] > 0.0 { row[k] / pivot } else { 0.0 };
                row[k] = share;
                if share > 0.0 {
                    add_scaled(&mut row[k + 1..], share, own);
                    exits[exit] += share * exits[k];
                }
            }
        }
        Self { factors: rates, pivots }
    }

    /// `(−U)⁻¹·right`.
    pub(super) fn solve(&self, right: &Matrix) -> Matrix {
        let (n, columns) = (self.pivots.len(), right.columns);
        let mut solution = right.clone();
        for row in 1..n {
            let (known, rest) = solution.values.split_at_mut(row * columns);
            for (k, share) in self.factors.row(row)[..row].iter().enumerate().filter(|(_, share)| **share != 0.0) {
                add_scaled(&mut rest[..columns], *share, &known[k * columns..(k + 1) * columns]);
            }
        }
        for row in (0..n).rev() {
            let (rest, known) = solution.values.split_at_mut((row + 1) * columns);
            let own = &mut rest[row * columns..];
            for (place, rate) in self.factors.row(row)[row + 1..].iter().enumerate().filter(|(_, rate)| **rate != 0.0) {
                add_scaled(own, *rate, &known[place * columns..(place + 1) * columns]);
            }
            for value in own {
                *value /= self.pivots[row];
            }
        }
        solution
    }

    /// `left·(−U)⁻¹` of a row vector.
    pub(super) fn solve_left(&self, left: &[f64]) -> Vec<f64> {
        let n = self.pivots.len();
        let mut solution = left.to_vec();
        for k in 0..n {
            solution[k] /= self.pivots[k];
            let (done, rest) = solution.split_at_mut(k + 1);
            add_scaled(rest, done[k], &self.factors.row(k)[k + 1..]);
        }
        self.back_from(n, &mut solution);
        solution
    }

    /// The positive row vector x with x·`generator` = 0, of sum 1.
    pub(super) fn null_vector(generator: &Matrix) -> Vec<f64> {
        let n = generator.rows;
        let factored = Self::of(generator.clone(), vec![0.0; n]);
        let mut solution = vec![0.0; n];
        solution[n - 1] = 1.0;
        factored.back_from(n, &mut solution);
        let total: f64 = solution.iter().sum();
        solution.iter().map(|weight| weight / total).collect()
    }

    /// Adds to every state what later states send back.
    fn back_from(&self, n: usize, solution: &mut [f64]) {
        for i in (1..n).rev() {
            let (earlier, later) = solution.split_at_mut(i);
            add_scaled(earlier, later[0], &self.factors.row(i)[..i]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matrix<const ROWS: usize, const COLUMNS: usize>(rows: [[f64; COLUMNS]; ROWS]) -> Matrix {
        Matrix { rows: ROWS, columns: COLUMNS, values: rows.concat() }
    }

    #[test]
    fn a_system_is_solved_from_either_side() {
        let a = matrix([[0.0, 2.0, 1.0], [4.0, 0.0, -1.0], [1.0, 1.0, 5.0]]);
        let b = matrix([[1.0, 2.0, 3.0], [0.0, 1.0, 0.5], [7.0, 0.0, 1.0]]);
        assert!(a.times(&a.solve(&b).expect("regular")).minus(&b).largest() < 1e-14);
        assert!(a.solve_left(&b).expect("regular").times(&a).minus(&b).largest() < 1e-14);
        assert!(matrix([[1.0, 2.0], [2.0, 4.0]]).solve(&Matrix::identity(2)).is_none());
        assert!(matrix([[f64::NAN, 2.0], [2.0, 4.0]]).solve(&Matrix::identity(2)).is_none());
    }

    #[test]
    fn a_transient_generator_is_solved_without_losing_what_hardly_leaves() {
        let rates = matrix([[0.0, 2.0, 1.0], [4.0, 0.0, 0.5], [1.0, 1.0, 0.0]]);
        let exits = [0.25, 0.0, 3.0];
        let mut full = rates.clone().scaled(-1.0);
        for (row, exit) in exits.iter().enumerate() {
            full.add(row, row, exit + rates.row(row).iter().sum::<f64>());
        }
        let (factored, right) = (Transient::of(rates, exits.to_vec()), matrix([[1.0, 2.0], [0.0, 1.0], [7.0, 0.0]]));
        assert!(full.times(&factored.solve(&right)).minus(&right).largest() < 1e-14);
        let left = factored.solve_left(&[1.0, 2.0, 3.0]);
        assert!(full.left(&left).iter().zip([1.0, 2.0, 3.0]).all(|(x, y)| (x - y).abs() < 1e-14));
        let rare = Transient::of(matrix([[0.0, 1.0], [1.0, 0.0]]), vec![1e-30, 0.0]);
        assert!((rare.solve_left(&[1.0, 0.0])[0] / 1e30 - 1.0).abs() < 1e-15);
    }

    #[test]
    fn the_exponential_of_a_generator_is_a_transition_matrix() {
        let (up, down, t) = (3.0, 5.0, 7.0);
        let generator = matrix([[-up, up], [down, -down]]).scaled(t);
        let found = generator.exponential();
        let stays = (down + up * f64::exp(-(up + down) * t)) / (up + down);
        assert!((found.at(0, 0) - stays).abs() < 1e-13);
        assert!((found.row(1).iter().sum::<f64>() - 1.0).abs() < 1e-13);
        let short = matrix([[-up, up], [down, -down]]).scaled(1e-9).exponential();
        assert!((short.at(0, 1) / (up * 1e-9) - 1.0).abs() < 1e-7);
    }
}
