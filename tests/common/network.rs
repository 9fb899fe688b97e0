//! A network of queues as a model, run as long as its numbers need to be known well enough.
//!
//! What `setting` is for one queue in the scenario language, this is for everything that a model can say.

use std::ops::Range;

use forebay::model::Model;

use super::judge::{Miss, judge, vagueness};
use super::watch::{Asked, Sample};

/// Replications of every study at least: enough for a standard error that is itself known to 13 %.
const FEWEST: u32 = 32;
/// Replications that are added as long as it is not known well enough.
const MORE: u32 = 8;
/// Messages of each replication of the pilot.
const PILOT: f64 = 5_000.0;
/// Messages that a study may cost in all.
const MOST: f64 = 40e6;

/// What is asked of a network.
pub struct Question {
    /// What is asked, for people.
    pub name: String,
    /// Its value in one replication.
    pub statistic: Box<dyn Fn(&Sample) -> f64>,
    /// The right answer.
    pub value: f64,
    /// How well it must be known: largest relative half-width.
    pub limit: f64,
}

impl Question {
    /// A question about one of the cases, or about a number that was derived by hand.
    pub fn new(name: &str, value: f64, limit: f64, statistic: impl Fn(&Sample) -> f64 + 'static) -> Question {
        Question { name: name.to_owned(), statistic: Box::new(statistic), value, limit }
    }
}

/// A network.
pub struct Network {
    /// The model; its horizon is replaced, and the first tenth of it is warm-up.
    pub model: Model,
    /// Messages that are published per second, in all queues together.
    pub per_s: f64,
    /// The first queue counts as busy with at least so many messages in the system.
    pub busy_from: usize,
}

impl Network {
    /// A network that publishes `per_s` messages a second in all.
    pub fn new(model: Model, per_s: f64) -> Network {
        Network { model, per_s, busy_from: 0 }
    }

    /// Answers all questions by one study, long enough for the hardest of them.
    pub fn answer(&self, questions: &[Question]) -> Vec<Result<String, Miss>> {
        let pilot = self.study(PILOT, 1, questions, 0..FEWEST);
        let messages = PILOT * (0.8 * hardest(questions, &pilot).powi(2)).max(1.0);
        let mut samples = self.study(messages, 2, questions, 0..FEWEST);
        let mut replications = FEWEST;
        while hardest(questions, &samples) > 1.0 && messages * f64::from(replications + MORE) <= MOST {
            let more = self.study(messages, 2, questions, replications..replications + MORE);
            samples.iter_mut().zip(more).for_each(|(samples, more)| samples.extend(more));
            replications += MORE;
        }
        let cost = messages * f64::from(replications) / 1e6;
        let judged = questions.iter().zip(&samples).map(|(question, samples)| {
            judge(&format!("{} ({cost:.1} M messages)", question.name), question.value, question.limit, samples)
        });
        judged.collect()
    }

    fn study(&self, messages: f64, seed: u64, questions: &[Question], replications: Range<u32>) -> Vec<Vec<f64>> {
        let mut model = self.model.clone();
        model.horizon_s = messages / self.per_s;
        model.warmup_s = 0.1 * model.horizon_s;
        model.resolution_s = model.horizon_s;
        model.seed = seed;
        let asked = Asked { depth_from: self.busy_from, ..Asked::default() };
        let mut samples = vec![Vec::new(); questions.len()];
        for replication in replications {
            let sample = Sample::of(&model, replication, &asked);
            for (samples, question) in samples.iter_mut().zip(questions) {
                samples.push((question.statistic)(&sample));
            }
        }
        samples
    }
}

/// How much too wide the widest interval is.
fn hardest(questions: &[Question], samples: &[Vec<f64>]) -> f64 {
    let each = questions.iter().zip(samples);
    each.map(|(question, samples)| vagueness(question.value, question.limit, samples)).fold(0.0, f64::max)
}
