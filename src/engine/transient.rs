//! The exact transient law of a Markovian queue: how many messages are in the system at every instant, without noise.
//!
//! With Poisson arrivals of any rate λ(t), exponential service and patience, the number in the system is a birth-death
//! process: births λ(t), deaths μ·min(n, c) + θ·(n − c)⁺, with c and μ piecewise constant. Its law solves Kolmogorov's
//! forward equations p' = p·Q(t), which are integrated here with a bound on the error that is *proven*, not estimated:
//!
//! - **Time.** A step is uniformised (Jensen 1953; time-dependent: van Dijk 1992) with λ(t) as its Taylor polynomial:
//!   e^{Λt}·p(t) then has a power series whose coefficients need one product with a tridiagonal matrix each, almost all
//!   of it additions of positive numbers (`series`). Its residual is known, and because a generator contracts the
//!   distance of laws, the error at the end is at most the integral of the residual: that of the remainder of λ
//!   (bounded by its next derivative, which every [`Rate`](crate::model::Rate) has in closed form) plus that of the
//!   truncated series.
//! - **Space.** Only states with mass are carried. What leaves the window within a step is counted by absorbing states
//!   (Munsky and Khammash 2006); it and what is cut off at a step's end is put on the window's edge. A step that loses
//!   too much is done again with a wider window.
//! - **Means.** Two copies of the queue under the same arrivals and services never move apart, as death rates rise
//!   with n. So mass put on the edge changes a mean by no more than the distance that it was moved, for all time.
//!
//! Rounding is bounded by the standard model of floating-point arithmetic (Higham 2002, section 3.1). Not here: the
//! steady state (`formula`), queues that are no birth-death process.

mod answer;
mod classify;
mod course;
mod ledger;
mod question;
mod series;
mod setting;
mod solve;
#[cfg(test)]
mod tests;
mod waits;
mod window;

pub use answer::{TransientQueue, TransientSeries};
pub use question::{Effort, Question, TooMuchWork};
pub use setting::MarkovQueue;
pub use solve::{law, solve, solve_queue};
