//! The formulas of KEDA's scaling modifiers: the part of the language expr that turns trigger values into one number.
//!
//! `+ - * / %`, `**`, comparisons, `and or not` (also `&& || !`), `? :`, `??` for a trigger that has no value, and
//! min, max, sum, mean, count, abs, ceil, floor, round over numbers or lists `[a, b]`; count takes a predicate such as
//! `{# > 1}`. Not here: text, maps and variables of the language.

mod parse;

use thiserror::Error;

/// A formula over trigger values, checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Formula {
    text: String,
    tree: Node,
}

/// Why a formula cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{message} at character {at} of the formula")]
pub struct FormulaError {
    /// Character, from 1.
    pub at: usize,
    /// What is wrong.
    pub message: String,
}

/// Why a formula has no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum NoValue {
    /// A trigger without a value is used without `??`.
    #[error("a trigger of the formula has no value")]
    Nil,
    /// A condition is a number, or a number is a condition.
    #[error("the formula mixes numbers and conditions")]
    Mixed,
    /// The result is infinite or no number.
    #[error("the formula's value is not finite")]
    NotFinite,
}

#[derive(Clone, Debug, PartialEq)]
enum Node {
    Number(f64),
    Truth(bool),
    Nil,
    Variable(usize),
    /// `#`: the element that a predicate looks at.
    Element,
    Not(Box<Node>),
    Negative(Box<Node>),
    Binary(Binary, Box<Node>, Box<Node>),
    Choice(Box<Node>, Box<Node>, Box<Node>),
    Call(Function, Vec<Node>),
    Count(Vec<Node>, Box<Node>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Binary {
    Or,
    And,
    Else,
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Plus,
    Minus,
    Times,
    Over,
    Modulo,
    Power,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Function {
    Min,
    Max,
    Sum,
    Mean,
    Abs,
    Ceil,
    Floor,
    Round,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Value {
    Number(f64),
    Truth(bool),
    Nil,
}

impl Value {
    fn number(self) -> Result<f64, NoValue> {
        match self {
            Value::Number(number) => Ok(number),
            Value::Truth(_) => Err(NoValue::Mixed),
            Value::Nil => Err(NoValue::Nil),
        }
    }

    fn truth(self) -> Result<bool, NoValue> {
        match self {
            Value::Truth(truth) => Ok(truth),
            Value::Number(_) => Err(NoValue::Mixed),
            Value::Nil => Err(NoValue::Nil),
        }
    }
}

impl Formula {
    /// Reads a formula over the triggers with these names.
    ///
    /// # Errors
    /// When the text is no formula of the supported part of the language, or names something else.
    pub fn parse(text: &str, triggers: &[&str]) -> Result<Self, FormulaError> {
        Ok(Self { text: text.to_owned(), tree: parse::parse(text, triggers)? })
    }

    /// The formula as written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Its value; `triggers` in the order of the names that it was read with, `None` for one without a value.
    ///
    /// # Errors
    /// When it has no finite number as its value.
    pub fn evaluate(&self, triggers: impl Fn(usize) -> Option<f64>) -> Result<f64, NoValue> {
        let scope = Scope { triggers: &triggers, element: None };
        let value = scope.value(&self.tree)?.number()?;
        if value.is_finite() { Ok(value) } else { Err(NoValue::NotFinite) }
    }
}

struct Scope<'f> {
    triggers: &'f dyn Fn(usize) -> Option<f64>,
    element: Option<f64>,
}

impl Scope<'_> {
    fn value(&self, node: &Node) -> Result<Value, NoValue> {
        let optional = |number: Option<f64>| number.map_or(Value::Nil, Value::Number);
        Ok(match node {
            Node::Number(number) => Value::Number(*number),
            Node::Truth(truth) => Value::Truth(*truth),
            Node::Nil => Value::Nil,
            Node::Variable(position) => optional((self.triggers)(*position)),
            Node::Element => optional(self.element),
            Node::Not(inner) => Value::Truth(!self.value(inner)?.truth()?),
            Node::Negative(inner) => Value::Number(-self.number(inner)?),
            Node::Binary(binary, left, right) => self.binary(*binary, left, right)?,
            Node::Choice(condition, then, otherwise) => {
                self.value(if self.value(condition)?.truth()? { then } else { otherwise })?
            }
            Node::Call(function, parts) => Value::Number(self.call(*function, parts)?),
            Node::Count(parts, predicate) => {
                let mut count = 0.0;
                for part in parts {
                    let within = Scope { triggers: self.triggers, element: Some(self.number(part)?) };
                    count += f64::from(u8::from(within.value(predicate)?.truth()?));
                }
                Value::Number(count)
            }
        })
    }

    fn number(&self, node: &Node) -> Result<f64, NoValue> {
        self.value(node)?.number()
    }

    fn binary(&self, binary: Binary, left: &Node, right: &Node) -> Result<Value, NoValue> {
        let left = self.value(left)?;
        match binary {
            Binary::Else => return if left == Value::Nil { self.value(right) } else { Ok(left) },
            Binary::Or => return Ok(Value::Truth(left.truth()? || self.value(right)?.truth()?)),
            Binary::And => return Ok(Value::Truth(left.truth()? && self.value(right)?.truth()?)),
            _ => {}
        }
        let right = self.value(right)?;
        match binary {
            Binary::Equal => return Ok(Value::Truth(left == right)),
            Binary::Unequal => return Ok(Value::Truth(left != right)),
            _ => {}
        }
        let (left, right) = (left.number()?, right.number()?);
        Ok(match binary {
            Binary::Less => Value::Truth(left < right),
            Binary::LessOrEqual => Value::Truth(left <= right),
            Binary::Greater => Value::Truth(left > right),
            Binary::GreaterOrEqual => Value::Truth(left >= right),
            Binary::Plus => Value::Number(left + right),
            Binary::Minus => Value::Number(left - right),
            Binary::Times => Value::Number(left * right),
            Binary::Over => Value::Number(left / right),
            Binary::Modulo => Value::Number(left % right),
            Binary::Power => Value::Number(left.powf(right)),
            Binary::Or | Binary::And | Binary::Else | Binary::Equal | Binary::Unequal => {
                unreachable!("answered above, before both sides had to be numbers")
            }
        })
    }

    fn call(&self, function: Function, parts: &[Node]) -> Result<f64, NoValue> {
        let mut values = parts.iter().map(|part| self.number(part));
        let first = values.next().unwrap_or(Ok(0.0))?;
        let mut fold = |combine: fn(f64, f64) -> f64| {
            values.try_fold(first, |so_far, value| Ok::<f64, NoValue>(combine(so_far, value?)))
        };
        match function {
            Function::Min => fold(f64::min),
            Function::Max => fold(f64::max),
            Function::Sum => fold(|so_far, value| so_far + value),
            Function::Mean => Ok(fold(|so_far, value| so_far + value)? / parts.len().max(1) as f64),
            Function::Abs => Ok(first.abs()),
            Function::Ceil => Ok(first.ceil()),
            Function::Floor => Ok(first.floor()),
            Function::Round => Ok(first.round()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str, triggers: &[Option<f64>]) -> Result<f64, NoValue> {
        let names = ["one", "two", "three"];
        Formula::parse(text, &names[..triggers.len()]).unwrap().evaluate(|position| triggers[position])
    }

    #[test]
    fn arithmetic_binds_as_usual() {
        assert_eq!(value("one + two", &[Some(2.0), Some(5.0)]), Ok(7.0));
        assert_eq!(value("2 + 3 * 4 - 6 / 3", &[]), Ok(12.0));
        assert_eq!(value("-(2 - 5) ** 2 % 5", &[]), Ok(-4.0));
        assert_eq!(value("10 - 4 - 3", &[]), Ok(3.0));
    }

    #[test]
    fn conditions_choose() {
        let formula = "one > 3 and not (two == 0) ? one * 2 : two + 1";
        assert_eq!(value(formula, &[Some(4.0), Some(1.0)]), Ok(8.0));
        assert_eq!(value(formula, &[Some(4.0), Some(0.0)]), Ok(1.0));
        assert_eq!(value("one >= 1 ? 1 : two >= 1 ? 2 : 3", &[Some(0.0), Some(1.0)]), Ok(2.0));
        assert_eq!(value("one != 1 || one < 0 ? 5 : 6", &[Some(1.0)]), Ok(6.0));
    }

    #[test]
    fn a_trigger_without_value_needs_a_substitute() {
        assert_eq!(value("one ?? two", &[None, Some(3.0)]), Ok(3.0));
        assert_eq!(value("(one ?? 4) + 1", &[None]), Ok(5.0));
        assert_eq!(value("one == nil ? 7 : one", &[None]), Ok(7.0));
        assert_eq!(value("one + 1", &[None]), Err(NoValue::Nil));
    }

    #[test]
    fn functions_take_numbers_or_lists() {
        let triggers = [Some(1.0), Some(2.0), Some(6.0)];
        assert_eq!(value("max([one, two], three)", &triggers), Ok(6.0));
        assert_eq!(value("min(one, two) + sum([two, three])", &triggers), Ok(9.0));
        assert_eq!(value("mean(one, two, three)", &triggers), Ok(3.0));
        assert_eq!(value("count([one, two, three], {# > 1}) > 1 ? 5 : 0", &triggers), Ok(5.0));
        assert_eq!(value("ceil(one / 3) + floor(two / 3) + round(2.4) + abs(-2)", &triggers), Ok(5.0));
    }

    #[test]
    fn what_is_no_number_has_no_value() {
        assert_eq!(value("one / 0", &[Some(1.0)]), Err(NoValue::NotFinite));
        assert_eq!(value("one > 0", &[Some(1.0)]), Err(NoValue::Mixed));
        assert_eq!(value("one ? 1 : 2", &[Some(1.0)]), Err(NoValue::Mixed));
    }

    #[test]
    fn what_is_no_formula_is_refused_where_it_goes_wrong() {
        let at = |text: &str| Formula::parse(text, &["queue"]).unwrap_err().at;
        assert_eq!(at("queue +"), 8);
        assert_eq!(at("queue + quue"), 9);
        assert_eq!(at("(queue"), 7);
        assert_eq!(at("queue 3"), 7);
        assert_eq!(at("queue @ 3"), 7);
        assert_eq!(at(""), 1);
        assert_eq!(at("# + 1"), 1);
        let named = Formula::parse("quue + 1", &["queue"]).unwrap_err().to_string();
        assert!(named.contains("queue"), "{named}");
    }

    #[test]
    fn a_hostile_formula_is_refused_not_followed() {
        for nest in ["(", "-", "!", "1 ? 1 : ", "1 ** ", "1 ?? ("] {
            assert!(Formula::parse(&nest.repeat(100_000), &[]).is_err());
            assert!(Formula::parse(&nest.repeat(500), &[]).is_err());
        }
    }
}
