//! Measurement as DESIGN §4 words it, without any cleverness: everything is kept, and every number is computed from it.
//!
//! The reference for `measure`: slow, and too simple to be wrong in the same way. One replication only.

use forebay::engine::events::{Loss, Message, Observer, Staff, simulate};
use forebay::measure::EventsOutcome;
use forebay::model::{GroupId, Level, Model, Promise, Quantile, QueueId, Slo};

/// A step function of time, as it was told.
#[derive(Clone, Debug, Default)]
struct Path(Vec<(f64, f64)>);

impl Path {
    fn set(&mut self, at_s: f64, value: f64) {
        self.0.push((at_s, value));
    }

    fn last(&self) -> f64 {
        self.0.last().map_or(0.0, |step| step.1)
    }

    /// Pieces `(from, until, value)` of `[a_s, b_s]`, empty ones within it included: they count for the maximum.
    fn pieces(&self, a_s: f64, b_s: f64) -> Vec<(f64, f64, f64)> {
        let first = self.0.partition_point(|step| step.0 < a_s);
        let before = first.checked_sub(1).map_or(0.0, |last| self.0[last].1);
        let inside = self.0[first..].iter().take_while(|step| step.0 <= b_s);
        let mut pieces = vec![(a_s, b_s, before)];
        for &(at_s, value) in inside {
            if let Some(last) = pieces.last_mut() {
                last.1 = at_s;
            }
            pieces.push((at_s, b_s, value));
        }
        pieces
    }

    fn integral(&self, a_s: f64, b_s: f64) -> f64 {
        self.pieces(a_s, b_s).iter().map(|(from_s, until_s, value)| (until_s - from_s) * value).sum()
    }

    /// Whether `level` is the quantile to three digits: less than `share` of the time is spent below it, and enough up
    /// to it.
    fn has_quantile(&self, share: f64, level: f64, a_s: f64, b_s: f64) -> bool {
        let time_s = |counts: &dyn Fn(f64) -> bool| -> f64 {
            self.pieces(a_s, b_s).iter().filter(|piece| counts(piece.2)).map(|piece| piece.1 - piece.0).sum()
        };
        let (below_s, up_to_s) =
            (time_s(&|value| value < level * (1.0 - 5e-4)), time_s(&|value| value <= level * (1.0 + 5e-4)));
        let total_s = b_s - a_s;
        below_s <= (share + 1e-8) * total_s && up_to_s >= (share - 1e-8) * total_s
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Counts {
    published: f64,
    acked: f64,
    redelivered: f64,
    rejected: f64,
    dropped: f64,
}

/// One row of the time series.
#[derive(Clone, Copy, Debug)]
struct Row {
    at_s: f64,
    counts: Counts,
    depth: f64,
    ready: f64,
    oldest_s: Option<f64>,
}

#[derive(Debug, Default)]
struct Queue {
    ready: Path,
    depth: Path,
    /// Publish instants.
    published_s: Vec<f64>,
    /// `(published, wait, at once)`.
    waits: Vec<(f64, f64, bool)>,
    /// `(published, latency)`.
    latencies: Vec<(f64, f64)>,
    /// Publish instants of lost messages.
    lost_s: Vec<f64>,
    counts: Counts,
    at_warmup: Counts,
    at_horizon: Counts,
    levels_at_warmup: usize,
    levels_at_horizon: usize,
    in_system: f64,
    /// Measured messages that are neither acked nor lost.
    unsettled: u32,
    rows: Vec<Row>,
}

#[derive(Debug, Default)]
struct Group {
    busy: Path,
    overhead: Path,
    slots: Path,
    running: Path,
    wanted: Vec<(f64, u32)>,
}

/// Everything that was told in one replication.
pub struct Naive<'m> {
    model: &'m Model,
    queues: Vec<Queue>,
    groups: Vec<Group>,
    past_horizon: bool,
}

impl<'m> Naive<'m> {
    pub fn of(model: &'m Model) -> Self {
        let mut naive = Naive {
            model,
            queues: model.queues.iter().map(|_| Queue::default()).collect(),
            groups: model.groups.iter().map(|_| Group::default()).collect(),
            past_horizon: false,
        };
        simulate(model, model.seed, 0, &mut naive).expect("a small model has few slots");
        naive
    }

    fn is_measured(&self, published_s: f64) -> bool {
        published_s >= self.model.warmup_s && published_s < self.model.horizon_s
    }

    /// What `outcome` says differently, number by number.
    pub fn differences(&self, outcome: &EventsOutcome) -> Vec<String> {
        let mut different = Differences(Vec::new());
        for id in 0..self.queues.len() {
            self.compare_counts(id, outcome, &mut different);
            self.compare_levels(id, outcome, &mut different);
            self.compare_durations(id, outcome, &mut different);
            self.compare_series(id, outcome, &mut different);
        }
        for id in 0..self.groups.len() {
            self.compare_group(id, outcome, &mut different);
        }
        for (slo, values) in self.model.slos.iter().zip(&outcome.slo_values) {
            self.compare_slo(slo, values[0], &mut different);
        }
        different.0
    }

    fn compare_counts(&self, id: QueueId, outcome: &EventsOutcome, different: &mut Differences) {
        let (queue, found) = (&self.queues[id], &outcome.queues[id]);
        let counts = queue.at_horizon.since(queue.at_warmup);
        for (what, expected, found) in [
            ("published", counts.published, &found.published),
            ("acked", counts.acked, &found.acked),
            ("redelivered", counts.redelivered, &found.redelivered),
            ("rejected", counts.rejected, &found.rejected),
            ("dropped", counts.dropped, &found.dropped),
            ("in system", queue.in_system, &found.in_system_at_end),
        ] {
            different.note(&format!("{}: {what}", self.model.queues[id].name), Some(expected), found.value);
        }
        let expected = (queue.unsettled > 0).then_some(f64::from(queue.unsettled));
        different.note(&format!("{}: unsettled", self.model.queues[id].name), expected, found.unsettled);
    }

    fn compare_levels(&self, id: QueueId, outcome: &EventsOutcome, different: &mut Differences) {
        let (queue, found) = (&self.queues[id], &outcome.queues[id]);
        let name = &self.model.queues[id].name;
        let (a_s, b_s) = (self.model.warmup_s, self.model.horizon_s);
        let mean = |path: &Path| Some(path.integral(a_s, b_s) / (b_s - a_s));
        different.note(&format!("{name}: mean depth"), mean(&queue.depth), found.depth.mean.value);
        different.note(&format!("{name}: mean ready"), mean(&queue.ready), found.ready.mean.value);
        let (max, at_s) = queue.max(&queue.depth, a_s);
        different.note(&format!("{name}: max depth"), Some(max), found.depth.max.value);
        different.note(&format!("{name}: max depth at"), Some(at_s), found.depth.max_at_s.value);
        different.note(&format!("{name}: max ready"), Some(queue.max(&queue.ready, a_s).0), found.ready.max.value);
        for (path, share, level) in [
            (&queue.depth, 0.5, &found.depth.p50),
            (&queue.depth, 0.95, &found.depth.p95),
            (&queue.depth, 0.99, &found.depth.p99),
            (&queue.ready, 0.95, &found.ready.p95),
        ] {
            let holds = level.value.is_some_and(|level| path.has_quantile(share, level, a_s, b_s));
            different.check(holds, || format!("{name}: level quantile {share}: {level:?}"));
        }
        different.note(&format!("{name}: drained"), queue.drained_s(), found.drained_at_s.value);
    }

    fn compare_durations(&self, id: QueueId, outcome: &EventsOutcome, different: &mut Differences) {
        let (queue, found) = (&self.queues[id], &outcome.queues[id]);
        let name = &self.model.queues[id].name;
        let waits: Vec<_> = queue.waits.iter().filter(|wait| self.is_measured(wait.0)).collect();
        let wait_s = sorted(waits.iter().map(|wait| wait.1));
        let latency_s = sorted(queue.latencies.iter().filter(|one| self.is_measured(one.0)).map(|one| one.1));
        different.note(&format!("{name}: mean wait"), mean(&wait_s), found.wait_s.mean.value);
        different.note(&format!("{name}: max wait"), wait_s.last().copied(), found.wait_s.max.value);
        different.note(&format!("{name}: mean latency"), mean(&latency_s), found.latency_s.mean.value);
        different.note(&format!("{name}: max latency"), latency_s.last().copied(), found.latency_s.max.value);
        let waited = waits.iter().filter(|wait| !wait.2).count() as f64;
        let probability = (!waits.is_empty()).then(|| waited / waits.len() as f64);
        different.note(&format!("{name}: probability of waiting"), probability, found.wait_s.probability.value);
        let (wait, latency) = (&found.wait_s, &found.latency_s);
        for (share, waited, took) in [
            (0.5, &wait.p50, &latency.p50),
            (0.9, &wait.p90, &latency.p90),
            (0.95, &wait.p95, &latency.p95),
            (0.99, &wait.p99, &latency.p99),
            (0.999, &wait.p999, &latency.p999),
        ] {
            different.note_digits(&format!("{name}: wait {share}"), quantile(&wait_s, share), waited.value);
            different.note_digits(&format!("{name}: latency {share}"), quantile(&latency_s, share), took.value);
        }
    }

    fn compare_series(&self, id: QueueId, outcome: &EventsOutcome, different: &mut Differences) {
        let (queue, found) = (&self.queues[id], &outcome.series[id]);
        let name = &self.model.queues[id].name;
        different.check(found.time_s.len() == queue.rows.len(), || format!("{name}: {} rows", found.time_s.len()));
        let groups: Vec<&Group> = self
            .groups
            .iter()
            .zip(&self.model.groups)
            .filter(|(_, group)| group.from == id)
            .map(|(one, _)| one)
            .collect();
        let (mut from_s, mut before) = (0.0, Counts::default());
        for (k, row) in queue.rows.iter().enumerate() {
            let length_s = row.at_s - from_s;
            let counts = row.counts.since(before);
            let sum = |path: fn(&Group) -> &Path| -> f64 {
                groups.iter().map(|group| path(group).integral(from_s, row.at_s)).sum()
            };
            let slot_s = sum(|group| &group.slots);
            let published = |wait: &&(f64, f64, bool)| wait.0 >= from_s && wait.0 < row.at_s;
            let waits = sorted(queue.waits.iter().filter(published).map(|wait| wait.1));
            let note = |what: &str, expected, found, different: &mut Differences| {
                different.note(&format!("{name}: {what} in row {k}"), expected, found);
            };
            note("time", Some(row.at_s), Some(found.time_s[k]), different);
            note("publish rate", Some(counts.published / length_s), Some(found.publish_rate[k]), different);
            note("ack rate", Some(counts.acked / length_s), Some(found.ack_rate[k]), different);
            note("depth", Some(row.depth), Some(found.depth_mean[k]), different);
            note("ready", Some(row.ready), Some(found.ready_mean[k]), different);
            let age_s = row.oldest_s.map_or(0.0, |oldest_s| row.at_s - oldest_s);
            note("oldest age", Some(age_s), Some(found.oldest_age_s[k]), different);
            note("mean wait", mean(&waits), found.wait_mean_s[k], different);
            different.note_digits(&format!("{name}: p99 wait in row {k}"), quantile(&waits, 0.99), found.wait_p99_s[k]);
            let replicas = sum(|group| &group.running) / length_s;
            note("replicas", Some(replicas), Some(found.replicas_mean[k]), different);
            let busy = (slot_s > 0.0).then(|| sum(|group| &group.busy) / slot_s);
            note("utilization", busy, found.utilization[k], different);
            (from_s, before) = (row.at_s, row.counts);
        }
    }

    fn compare_group(&self, id: GroupId, outcome: &EventsOutcome, different: &mut Differences) {
        let (group, found, settings) = (&self.groups[id], &outcome.groups[id], &self.model.groups[id]);
        let name = &settings.name;
        let (a_s, b_s) = (self.model.warmup_s, self.model.horizon_s);
        let slot_s = group.slots.integral(a_s, b_s);
        let share = |path: &Path| (slot_s > 0.0).then(|| path.integral(a_s, b_s) / slot_s);
        different.note(&format!("{name}: utilization"), share(&group.busy), found.utilization.value);
        different.note(&format!("{name}: overhead share"), share(&group.overhead), found.overhead_share.value);
        let replica_s = group.running.integral(a_s, b_s);
        different.note(&format!("{name}: replicas"), Some(replica_s / (b_s - a_s)), found.replicas.mean.value);
        different.note(&format!("{name}: replica hours"), Some(replica_s / 3600.0), found.replica_hours.value);
        let cost = settings.cost.as_ref().map(|cost| cost.per_hour * replica_s / 3600.0);
        different.note(&format!("{name}: cost"), cost, found.cost.value);
        let changes = group.wanted.windows(2).filter(|pair| pair[0].1 != pair[1].1);
        let scaled = changes.filter(|pair| pair[1].0 >= a_s && pair[1].0 <= b_s).count() as f64;
        different.note(&format!("{name}: scale events"), Some(scaled), found.scale_events.value);
    }

    /// Windows that reach beyond the measured time are left out here; `promises.rs` has them cut at its ends.
    fn compare_slo(&self, slo: &Slo, found: Option<f64>, different: &mut Differences) {
        let queue = &self.queues[slo.queue];
        let (warmup_s, horizon_s) = (self.model.warmup_s, self.model.horizon_s);
        let (a_s, b_s) = slo.during.map_or((warmup_s, horizon_s), |window| (window.from_s, window.until_s));
        if a_s < warmup_s || b_s > horizon_s {
            return;
        }
        let name = format!("{}: {:?}", slo.name, slo.promise);
        let inside = |published_s: f64| published_s >= a_s && published_s < b_s;
        // Over the whole run, what never settles is as late as the run is long.
        let late = |count: usize| std::iter::repeat_n(horizon_s, if slo.during.is_none() { count } else { 0 });
        let durations = match slo.promise {
            Promise::Latency(wanted, _) => {
                let acked = queue.latencies.iter().filter(|one| inside(one.0)).map(|one| one.1);
                Some((wanted, sorted(acked.chain(late(queue.unsettled as usize)))))
            }
            Promise::Wait(wanted, _) => {
                let started = queue.waits.iter().filter(|one| inside(one.0)).map(|one| one.1);
                let published = queue.published_s.iter().filter(|at_s| inside(**at_s)).count();
                let never = (published - started.clone().count()).min(queue.unsettled as usize);
                Some((wanted, sorted(started.chain(late(never)))))
            }
            _ => None,
        };
        if let Some((wanted, values_s)) = durations {
            let expected = match wanted {
                Quantile::Mean => mean(&values_s),
                Quantile::Max => values_s.last().copied(),
                Quantile::P(share) => quantile(&values_s, share),
            };
            return different.note_digits(&name, expected, found);
        }
        match slo.promise {
            Promise::Depth(Level::Mean, _) => {
                different.note(&name, Some(queue.depth.integral(a_s, b_s) / (b_s - a_s)), found);
            }
            Promise::Depth(Level::Max, _) => {
                let pieces = queue.depth.pieces(a_s, b_s);
                let lasting = pieces.iter().filter(|piece| piece.1 > piece.0).map(|piece| piece.2).fold(0.0, f64::max);
                let told = pieces.iter().map(|piece| piece.2).fold(0.0, f64::max);
                let holds = found.is_some_and(|found| found >= lasting && found <= told);
                different.check(holds, || format!("{name}: {lasting} to {told}, found {found:?}"));
            }
            Promise::Depth(Level::P(share), _) => {
                let holds = found.is_some_and(|level| queue.depth.has_quantile(share, level, a_s, b_s));
                different.check(holds, || format!("{name}: found {found:?}"));
            }
            Promise::LossShare(_) if slo.during.is_some() => {
                let count = |instants_s: &[f64]| instants_s.iter().filter(|at_s| inside(**at_s)).count() as f64;
                let published = count(&queue.published_s);
                different.note(&name, (published > 0.0).then(|| count(&queue.lost_s) / published), found);
            }
            Promise::LossShare(_) => {
                let counts = queue.at_horizon.since(queue.at_warmup);
                let lost = counts.rejected + counts.dropped;
                different.note(&name, (counts.published > 0.0).then(|| lost / counts.published), found);
            }
            _ if slo.during.is_some() => different.note(&name, queue.emptied_within(a_s, b_s), found),
            _ => different.note(&name, queue.drained_s(), found),
        }
    }
}

impl Queue {
    /// The largest level since the warm-up, told by the horizon, and when it was first reached.
    fn max(&self, path: &Path, warmup_s: f64) -> (f64, f64) {
        let before = self.levels_at_warmup.checked_sub(1).map_or(0.0, |last| path.0[last].1);
        let told = &path.0[self.levels_at_warmup..self.levels_at_horizon];
        told.iter().fold((before, warmup_s), |max, step| if step.1 > max.0 { (step.1, step.0) } else { max })
    }

    /// End of the last stretch with ready messages inside a window, 0 if there is none; `None` if it lasts to the end.
    fn emptied_within(&self, a_s: f64, b_s: f64) -> Option<f64> {
        let pieces = self.ready.pieces(a_s, b_s);
        let last = pieces.iter().rfind(|piece| piece.2 > 0.0 && piece.1 > a_s && piece.0 < b_s);
        match last {
            None => Some(0.0),
            Some(piece) if piece.1 < b_s => Some(piece.1),
            Some(_) => None,
        }
    }

    /// End of the last stretch with ready messages, unless it lasts.
    fn drained_s(&self) -> Option<f64> {
        let told = &self.ready.0[..self.levels_at_horizon];
        let last_above = told.iter().rposition(|step| step.1 > 0.0);
        last_above.map_or(Some(0.0), |last| told.get(last + 1).map(|step| step.0))
    }
}

impl Counts {
    fn since(self, before: Counts) -> Counts {
        Counts {
            published: self.published - before.published,
            acked: self.acked - before.acked,
            redelivered: self.redelivered - before.redelivered,
            rejected: self.rejected - before.rejected,
            dropped: self.dropped - before.dropped,
        }
    }
}

struct Differences(Vec<String>);

impl Differences {
    fn check(&mut self, holds: bool, what: impl FnOnce() -> String) {
        if !holds {
            self.0.push(what());
        }
    }

    fn note(&mut self, what: &str, expected: Option<f64>, found: Option<f64>) {
        self.note_within(1e-9, what, expected, found);
    }

    /// Quantiles have three significant digits.
    fn note_digits(&mut self, what: &str, expected: Option<f64>, found: Option<f64>) {
        self.note_within(5.1e-4, what, expected, found);
    }

    fn note_within(&mut self, relative: f64, what: &str, expected: Option<f64>, found: Option<f64>) {
        let equal = match (expected, found) {
            (Some(expected), Some(found)) => (expected - found).abs() <= relative * expected.abs() + 2e-9,
            (None, None) => true,
            _ => false,
        };
        self.check(equal, || format!("{what}: expected {expected:?}, found {found:?}"));
    }
}

fn sorted(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values
}

fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// The smallest value that at least `share` of all do not exceed.
fn quantile(sorted: &[f64], share: f64) -> Option<f64> {
    let rank = (share * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.max(1) - 1).copied()
}

impl Observer for Naive<'_> {
    fn published(&mut self, now_s: f64, queue: QueueId) {
        self.queues[queue].counts.published += 1.0;
        self.queues[queue].published_s.push(now_s);
        self.queues[queue].unsettled += u32::from(self.is_measured(now_s));
    }

    fn levels(&mut self, now_s: f64, queue: QueueId, ready: usize, unacked: usize) {
        self.queues[queue].ready.set(now_s, ready as f64);
        self.queues[queue].depth.set(now_s, (ready + unacked) as f64);
    }

    fn started(&mut self, now_s: f64, queue: QueueId, message: &Message, at_once: bool) {
        self.queues[queue].waits.push((message.published_s, now_s - message.published_s, at_once));
    }

    fn acked(&mut self, now_s: f64, queue: QueueId, message: &Message) {
        self.queues[queue].counts.acked += 1.0;
        self.queues[queue].unsettled -= u32::from(self.is_measured(message.published_s));
        self.queues[queue].latencies.push((message.published_s, now_s - message.published_s));
    }

    fn lost(&mut self, _now_s: f64, queue: QueueId, message: &Message, why: Loss) {
        let measured = self.is_measured(message.published_s);
        let queue = &mut self.queues[queue];
        queue.unsettled -= u32::from(measured);
        *(if why == Loss::Rejected { &mut queue.counts.rejected } else { &mut queue.counts.dropped }) += 1.0;
        queue.lost_s.push(message.published_s);
    }

    fn redelivered(&mut self, _now_s: f64, queue: QueueId) {
        self.queues[queue].counts.redelivered += 1.0;
    }

    fn slots(&mut self, now_s: f64, group: GroupId, busy: u32, overhead: u32) {
        self.groups[group].busy.set(now_s, f64::from(busy));
        self.groups[group].overhead.set(now_s, f64::from(overhead));
    }

    fn staff(&mut self, now_s: f64, group: GroupId, staff: Staff, _taking: &[u32]) {
        let group = &mut self.groups[group];
        group.slots.set(now_s, f64::from(staff.slots));
        group.running.set(now_s, f64::from(staff.running));
        group.wanted.push((now_s, staff.wanted));
    }

    fn tick(&mut self, now_s: f64, oldest_s: &mut dyn Iterator<Item = Option<f64>>) {
        for (queue, oldest_s) in self.queues.iter_mut().zip(oldest_s) {
            let (depth, ready) = (queue.depth.last(), queue.ready.last());
            queue.rows.push(Row { at_s: now_s, counts: queue.counts, depth, ready, oldest_s });
        }
    }

    fn warmed_up(&mut self, _now_s: f64) {
        for queue in &mut self.queues {
            queue.at_warmup = queue.counts;
            queue.levels_at_warmup = queue.depth.0.len();
        }
    }

    fn horizon(&mut self, _now_s: f64, in_system: &mut dyn Iterator<Item = u64>) {
        for (queue, in_system) in self.queues.iter_mut().zip(in_system) {
            queue.at_horizon = queue.counts;
            queue.levels_at_horizon = queue.depth.0.len();
            queue.in_system = in_system as f64;
        }
        self.past_horizon = true;
    }

    /// The run ends when the measured messages are settled, as when it is measured.
    fn settled(&self) -> bool {
        self.past_horizon && self.queues.iter().all(|queue| queue.unsettled == 0)
    }
}
