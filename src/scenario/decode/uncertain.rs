//! Uncertain values: `{between: [90/s, 140/s], confidence: 90%}` becomes its median, and is remembered.
//!
//! Not here: drawing values (`study`), and which values may be uncertain (the table).

use super::{Body, Code, Context, Decoder, Item, Kind, Node, Path, Quantity, Span, Value};
use crate::scenario::planning::Uncertain;
use crate::scenario::table::UNCERTAIN;
use crate::units::{Money, quoted};

/// Where an uncertain value may stand.
pub(super) const WHERE: &str = "`between` may stand in the place of a rate, a mean or constant duration of a \
     distribution, a factor of `scale` or `growth`, or a price";

/// Whether somebody meant an uncertain value, perhaps with a slip in one of its keys.
pub(super) fn is_meant(node: &Node) -> bool {
    node.below("between").is_some() || node.below("confidence").is_some()
}

/// Whether an uncertain value is written where none can stand. Maps from free names may have any of its keys.
pub(super) fn cannot_stand_for(kind: &Kind, node: &Node) -> bool {
    let has_names = matches!(kind.resolved(), Kind::Named(_) | Kind::Values(_) | Kind::CellTexts);
    !has_names && node.below("between").is_some() && node.below("confidence").is_some()
}

/// One of the two values: its amount in the base unit, and what the base unit is called after a number.
struct Bound {
    amount: f64,
    unit: String,
    span: Span,
    text: String,
}

impl Decoder<'_> {
    /// Decodes an uncertain value of the kind `certain` to its median.
    pub(super) fn uncertain(
        &mut self,
        node: &Node,
        certain: &'static Kind,
        at: Span,
        path: Path,
        context: Context,
    ) -> Item {
        let errors = self.collector.errors();
        let inside = Context { bound: Some(certain), ..context };
        let body = self.section(node, &UNCERTAIN, at, &path, inside);
        let settings = Item { span: at, path: path.clone(), body };
        let known = (self.collector.errors() == errors).then(|| self.known(node, &settings, certain, context));
        let Some(uncertain) = known.flatten() else { return Item { span: at, path, body: Body::Bad } };
        let median = uncertain.median();
        let body = match certain {
            Kind::Money => {
                let currency = uncertain.unit.trim().trim_end_matches("/h").to_owned();
                Body::Money(Money { per_hour: median, currency })
            }
            _ => Body::Number(median),
        };
        let same = |(span, known): &&mut (Span, Uncertain)| *span == node.span && known.unit == uncertain.unit;
        match self.collector.uncertain.iter_mut().find(same) {
            // An alias: the same value at another place.
            Some((_, known)) => known.also.push(path.to_string()),
            None => self.collector.uncertain.push((node.span, uncertain)),
        }
        Item { span: at, path, body }
    }

    /// What is known of the value, if the two values can be the ends of an interval.
    fn known(&mut self, node: &Node, settings: &Item, certain: &Kind, context: Context) -> Option<Uncertain> {
        let confidence = settings.field("confidence").and_then(Item::number)?;
        let Body::List(bounds) = &settings.field("between")?.body else { return None };
        let Value::List(texts) = &node.below("between")?.value else { return None };
        let bounds = bounds.iter().zip(texts).map(|(item, text)| bound(item, text, certain, context));
        let [low, high] = <[Bound; 2]>::try_from(bounds.collect::<Option<Vec<Bound>>>()?).ok()?;
        for bound in [&low, &high] {
            if bound.amount <= 0.0 {
                let message = format!("{} must be above 0 to be the end of an interval", quoted(&bound.text));
                let fault = self.collector.add(Code::OutOfRange, bound.span, &settings.path, message);
                fault.help = Some("an uncertain value is lognormal: it is never 0 or negative".to_owned());
                return None;
            }
        }
        if low.unit != high.unit {
            let message = format!("{} and {} are not in the same currency", quoted(&low.text), quoted(&high.text));
            self.collector.add(Code::TwoCurrencies, high.span, &settings.path, message);
            return None;
        }
        if low.amount >= high.amount {
            let message = format!("{} is not below {}", quoted(&low.text), quoted(&high.text));
            let fault = self.collector.add(Code::Contradiction, low.span, &settings.path, message);
            fault.help = Some(if low.amount > high.amount {
                format!("the lower value stands first: `[{}, {}]`", high.text, low.text)
            } else {
                format!("what is known exactly is written alone: `{}`", low.text)
            });
            return None;
        }
        Some(Uncertain {
            path: settings.path.to_string(),
            also: Vec::new(),
            low: low.text,
            high: high.text,
            confidence,
            interval: [low.amount, high.amount],
            unit: low.unit,
        })
    }
}

fn bound(item: &Item, node: &Node, certain: &Kind, context: Context) -> Option<Bound> {
    let Value::Scalar { text, .. } = &node.value else { return None };
    let (amount, unit) = match (&item.body, certain) {
        (Body::Money(price), _) => (price.per_hour, format!(" {}/h", price.currency)),
        (Body::Number(number), Kind::Duration(_)) => (*number, "s".to_owned()),
        (Body::Number(number), Kind::Number(_)) => (*number, String::new()),
        (Body::Number(number), Kind::Level) if context.quantity == Quantity::Factor => (*number, String::new()),
        (Body::Number(number), _) => (*number, "/s".to_owned()),
        _ => return None,
    };
    Some(Bound { amount, unit, span: item.span, text: text.clone() })
}
