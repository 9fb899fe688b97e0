//! Random streams: one generator per master seed, replication, purpose and name.
//!
//! So a change of the consumers does not move the arrivals (common random numbers), a queue more does not disturb the
//! others, and the order in which replications run cannot matter. The tag of a stream is a hash of its purpose and name
//! that is fixed here for ever: FNV-1a (Fowler, Noll, Vo) over the bytes, finished by the mixer of `SplitMix64`
//! (Steele, Lea, Flood 2014). The standard library's hashers promise no stability.

use rand::SeedableRng;
use rand::rngs::Xoshiro256PlusPlus;

/// What a stream's numbers are for. The discriminant is part of the stream's tag: never renumber.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Purpose {
    /// Gaps between a producer's publish instants.
    Arrivals = 1,
    /// Sojourns in the states of a Markov-modulated producer.
    Modulation = 2,
    /// Work of messages.
    Service = 3,
    /// Slot time after acks.
    Overhead = 4,
    /// Delivery delay of messages.
    Delay = 5,
    /// Start-up times of replicas.
    Startup = 6,
    /// Work of attempts that were not drawn at publish.
    Redelivery = 7,
    /// Shares of a topic.
    Routing = 20,
    /// Times to live.
    Lifetime = 21,
    /// Latencies of publisher confirms.
    Confirm = 22,
    /// How long failed messages rest.
    Retry = 23,
    /// Which attempts fail.
    Failure = 24,
    /// Which acks publish one message more.
    Emission = 25,
    /// When replicas crash.
    Crash = 26,
    /// Which messages are poison.
    Poison = 27,
    /// When the clock of a group's scaler starts.
    Phase = 32,
    /// Priority levels, partitions or message groups of messages.
    Lane = 40,
    /// Values of uncertain inputs.
    Uncertain = 60,
}

/// The generator of one purpose of one named thing in one replication.
pub fn stream(seed: u64, replication: u32, purpose: Purpose, name: &str) -> Xoshiro256PlusPlus {
    let run = mixed(mixed(seed).wrapping_add(u64::from(replication)));
    Xoshiro256PlusPlus::seed_from_u64(mixed(run ^ tag(purpose, name)))
}

/// A number in `[0, 1)` that is a function of a seed, a message and a number of it alone.
pub(super) fn chance(seed: u64, message: u64, number: u64) -> f64 {
    unit(mixed(mixed(seed ^ mixed(message)).wrapping_add(number)))
}

/// The number in `[0, 1)` that 64 random bits make.
pub(super) fn unit(bits: u64) -> f64 {
    (bits >> 11) as f64 * (1.0 / (1_u64 << 53) as f64)
}

/// A hash of purpose and name that never changes.
fn tag(purpose: Purpose, name: &str) -> u64 {
    const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0000_0100_0000_01b3;
    let bytes = std::iter::once(purpose as u8).chain(name.bytes());
    mixed(bytes.fold(OFFSET, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(PRIME)))
}

/// The output function of `SplitMix64`: a bijection in which every input bit reaches every output bit.
fn mixed(value: u64) -> u64 {
    let value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

#[cfg(test)]
mod tests {
    use rand::Rng;

    use super::{Purpose, chance, stream, unit};

    fn first(seed: u64, replication: u32, purpose: Purpose, name: &str) -> u64 {
        stream(seed, replication, purpose, name).next_u64()
    }

    #[test]
    fn streams_never_change() {
        let found = [
            first(1, 0, Purpose::Arrivals, "checkout"),
            first(1, 1, Purpose::Arrivals, "checkout"),
            first(2, 0, Purpose::Service, "workers"),
            first(u64::MAX, u32::MAX, Purpose::Redelivery, ""),
        ];
        assert_eq!(
            found,
            [
                7_198_206_743_093_849_620,
                7_432_855_891_030_009_054,
                11_371_430_967_788_076_887,
                8_942_206_821_907_666_635
            ]
        );
    }

    #[test]
    fn chances_are_uniform_and_change_with_every_part() {
        let found: Vec<f64> =
            (0..3000).flat_map(|message| (0..3).map(move |number| chance(7, message, number))).collect();
        let mean = found.iter().sum::<f64>() / found.len() as f64;
        assert!((mean - 0.5).abs() < 0.01, "{mean}");
        assert!(found.iter().all(|value| (0.0..1.0).contains(value)));
        let different: std::collections::BTreeSet<u64> = found.iter().map(|value| value.to_bits()).collect();
        assert_eq!(different.len(), found.len());
        assert_ne!(chance(7, 1, 1), chance(8, 1, 1));
        assert_eq!(unit(u64::MAX), 1.0 - 2_f64.powi(-53));
    }

    #[test]
    fn every_part_of_the_key_makes_another_stream() {
        let mut seen = std::collections::BTreeSet::new();
        for seed in 0..20 {
            for replication in 0..20 {
                for name in ["", "a", "b", "ab", "ba"] {
                    for purpose in [Purpose::Arrivals, Purpose::Modulation, Purpose::Service, Purpose::Startup] {
                        seen.insert(first(seed, replication, purpose, name));
                    }
                }
            }
        }
        assert_eq!(seen.len(), 20 * 20 * 5 * 4);
    }
}
