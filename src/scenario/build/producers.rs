//! Producers and arrival processes.

use super::{Body, Builder, Code, Item};
use crate::model::{Arrivals, Confirms, MmppState, Process, Producer, Renewal, WhenAway};
use crate::scenario::recording::RecordedSettings;
use crate::scenario::table::Quantity;

impl Builder<'_> {
    pub(super) fn all_producers(&mut self, root: &Item) -> Option<Vec<Producer>> {
        let Some(producers) = root.field("producers") else { return Some(Vec::new()) };
        if matches!(producers.body, Body::Bad) {
            return None;
        }
        let built: Vec<Option<Producer>> =
            producers.named().iter().map(|(name, item)| self.producer(name, item)).collect();
        built.into_iter().collect()
    }

    fn producer(&mut self, name: &str, item: &Item) -> Option<Producer> {
        if !matches!(item.body, Body::Fields(_)) {
            return None;
        }
        let to = item.field("to").and_then(|to| self.destination(to));
        let (priority, confirms) = (item.maybe("priority"), self.confirms(item));
        let when_away = item.word("when_away", "block").map(|word| match word {
            "lose" => WhenAway::Lose,
            _ => WhenAway::Block,
        });
        let arrivals = self.arrivals(item);
        Some(Producer {
            to: to?,
            priority: priority?.map(|level| level as u32),
            when_away: when_away?,
            confirms: confirms?,
            ..Producer::new(name, 0, arrivals?)
        })
    }

    fn confirms(&mut self, item: &Item) -> Option<Option<Confirms>> {
        let Some(confirms) = item.field("confirms") else { return Some(None) };
        let latency = confirms.field("latency").and_then(|latency| self.distribution(latency));
        let window = confirms.needed("window");
        Some(Some(Confirms { latency: latency?, window: window? as u32 }))
    }

    fn arrivals(&mut self, item: &Item) -> Option<Arrivals> {
        let rate = item.field("rate");
        let arrivals = item.field("arrivals");
        let recorded = arrivals.is_some_and(|item| matches!(&item.body, Body::Chosen("recorded", _)));
        match (arrivals.map(|item| &item.body), rate) {
            (Some(Body::Chosen("recorded", settings)), rate) => {
                if let Some(rate) = rate {
                    let message = "a recording has its own instants: it does not go together with `rate`";
                    self.fault(Code::Contradiction, rate, message);
                }
                self.recorded(settings)
            }
            (_, rate) => {
                let rate = rate.map(|rate| self.checked_function(rate, Quantity::Rate));
                let process = arrivals.map_or(Some(Process::Poisson), |item| self.process(item, true));
                let faulty = arrivals.is_some_and(|item| matches!(item.body, Body::Bad));
                if rate.is_none() && !recorded && !faulty {
                    let path = item.path.key("rate");
                    self.collector.add(Code::MissingKey, item.span, &path, "a producer needs `rate`").help =
                        Some("for example `rate: 40/s`, or exact instants with `arrivals: {recorded: …}`".to_owned());
                }
                rate.flatten().and_then(|rate| Some(Arrivals::Process { rate, process: process? }))
            }
        }
    }

    fn process(&mut self, item: &Item, may_be_batches: bool) -> Option<Process> {
        let (kind, settings) = match &item.body {
            Body::Text(word) => {
                return Some(if word == "regular" { Process::Regular } else { Process::Poisson });
            }
            Body::Chosen(kind, settings) => (*kind, &**settings),
            _ => return None,
        };
        match kind {
            "renewal" => self.renewal(settings).map(Process::Renewal),
            "mmpp" => self.mmpp(settings),
            "batches" if may_be_batches => {
                let size = settings.needed("size");
                let of = settings.field("of").map_or(Some(Process::Poisson), |of| self.process(of, false));
                Some(Process::Batches { size: size? as u32, of: Box::new(of?) })
            }
            _ => {
                self.fault(Code::Contradiction, item, format!("batches cannot be made of `{kind}`"));
                None
            }
        }
    }

    fn renewal(&mut self, item: &Item) -> Option<Renewal> {
        let Body::Chosen(kind, settings) = &item.body else { return None };
        if *kind == "cv" {
            return settings.number().map(Renewal::Cv);
        }
        let gap = self.distribution(settings)?;
        if gap.mean() > 0.0 && gap.mean().is_finite() {
            return Some(Renewal::Gap(gap));
        }
        self.fault(Code::OutOfRange, settings, "the gap's mean must be above 0");
        None
    }

    fn mmpp(&mut self, item: &Item) -> Option<Process> {
        let states = item.field("states")?;
        let read = states.list()?.iter();
        let read: Option<Vec<MmppState>> = read
            .map(|state| Some(MmppState { factor: state.needed("factor")?, mean_s: state.needed("mean")? }))
            .collect();
        let read = read?;
        if read.iter().all(|state| state.factor == 0.0) {
            self.fault(Code::OutOfRange, states, "all factors are 0: nothing would ever be published");
            return None;
        }
        Some(Process::Mmpp(read))
    }

    fn recorded(&mut self, item: &Item) -> Option<Arrivals> {
        let text = |name: &str| item.field(name).and_then(Item::text).map(ToOwned::to_owned);
        let service = match item.field("service") {
            None => None,
            Some(service) => Some(service.text()?.to_owned()),
        };
        let filters = match item.field("where") {
            None => Vec::new(),
            Some(filter) if matches!(filter.body, Body::Bad) => return None,
            Some(filter) => {
                let cells = filter.named().iter();
                cells.map(|(column, cell)| Some((column.clone(), cell.text()?.to_owned()))).collect::<Option<_>>()?
            }
        };
        let settings = RecordedSettings {
            time: text("time")?,
            service,
            filters,
            start: self.start.map(|(at, _)| at),
            horizon_s: self.horizon_s,
        };
        let rows = self.read_recorded(item.field("file")?, item, &settings)?;
        Some(Arrivals::Recorded(rows.into()))
    }
}
