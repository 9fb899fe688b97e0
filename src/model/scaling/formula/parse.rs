//! Text of a formula → its tree, by recursive descent of bounded depth. Not here: values.

use super::{Binary, FormulaError, Function, Node};

/// Longest formula that is read, in characters.
const MAX_LENGTH: usize = 4_000;

/// Deepest nesting that is followed.
const MAX_DEPTH: usize = 100;

/// Binary operators from the loosest to the tightest; `**` binds to the right and is handled apart.
const LEVELS: [&[(&str, Binary)]; 6] = [
    &[("??", Binary::Else)],
    &[("||", Binary::Or), ("or", Binary::Or)],
    &[("&&", Binary::And), ("and", Binary::And)],
    &[
        ("==", Binary::Equal),
        ("!=", Binary::Unequal),
        ("<=", Binary::LessOrEqual),
        (">=", Binary::GreaterOrEqual),
        ("<", Binary::Less),
        (">", Binary::Greater),
    ],
    &[("+", Binary::Plus), ("-", Binary::Minus)],
    &[("*", Binary::Times), ("/", Binary::Over), ("%", Binary::Modulo)],
];

const FUNCTIONS: [(&str, Function); 8] = [
    ("min", Function::Min),
    ("max", Function::Max),
    ("sum", Function::Sum),
    ("mean", Function::Mean),
    ("abs", Function::Abs),
    ("ceil", Function::Ceil),
    ("floor", Function::Floor),
    ("round", Function::Round),
];

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Number(f64),
    Word(String),
    Sign(&'static str),
    End,
}

const SIGNS: [&str; 24] = [
    "**", "??", "||", "&&", "==", "!=", "<=", ">=", "<", ">", "+", "-", "*", "/", "%", "?", ":", "(", ")", "[", "]",
    ",", "{", "}",
];

pub(super) fn parse(text: &str, triggers: &[&str]) -> Result<Node, FormulaError> {
    let tokens = tokens(text)?;
    let mut parser = Parser { tokens, position: 0, depth: 0, triggers, in_predicate: false };
    let tree = parser.choice()?;
    match parser.peek() {
        Token::End => Ok(tree),
        _ => Err(parser.wrong("an operator or the end is expected")),
    }
}

fn tokens(text: &str) -> Result<Vec<(usize, Token)>, FormulaError> {
    let characters: Vec<char> = text.chars().collect();
    let wrong = |at: usize, message: &str| FormulaError { at: at + 1, message: message.to_owned() };
    if characters.len() > MAX_LENGTH {
        return Err(wrong(MAX_LENGTH, "the formula is too long"));
    }
    let mut found = Vec::new();
    let mut at = 0;
    while at < characters.len() {
        let rest = &characters[at..];
        let length = match rest[0] {
            blank if blank.is_whitespace() => 1,
            digit if digit.is_ascii_digit() || digit == '.' => {
                let length = number_length(rest);
                let number: String = rest[..length].iter().collect();
                let number = number.parse().map_err(|_| wrong(at, "this is no number"))?;
                found.push((at, Token::Number(number)));
                length
            }
            letter if letter.is_alphabetic() || letter == '_' => {
                let length = rest.iter().take_while(|c| c.is_alphanumeric() || **c == '_').count();
                found.push((at, Token::Word(rest[..length].iter().collect())));
                length
            }
            '#' => {
                found.push((at, Token::Sign("#")));
                1
            }
            '!' if rest.get(1) != Some(&'=') => {
                found.push((at, Token::Sign("!")));
                1
            }
            _ => {
                let sign = SIGNS.iter().find(|sign| sign.chars().eq(rest.iter().copied().take(sign.len())));
                let sign = sign.ok_or_else(|| wrong(at, "this sign is not part of a formula"))?;
                found.push((at, Token::Sign(sign)));
                sign.len()
            }
        };
        at += length;
    }
    found.push((characters.len(), Token::End));
    Ok(found)
}

/// Characters of the number at the beginning: digits, one dot, an exponent.
fn number_length(rest: &[char]) -> usize {
    let mantissa = rest.iter().take_while(|c| c.is_ascii_digit() || **c == '.').count();
    if !matches!(rest.get(mantissa), Some('e' | 'E')) {
        return mantissa;
    }
    let sign = usize::from(matches!(rest.get(mantissa + 1), Some('+' | '-')));
    let digits = rest[mantissa + 1 + sign..].iter().take_while(|c| c.is_ascii_digit()).count();
    if digits == 0 { mantissa } else { mantissa + 1 + sign + digits }
}

struct Parser<'t> {
    tokens: Vec<(usize, Token)>,
    position: usize,
    depth: usize,
    triggers: &'t [&'t str],
    in_predicate: bool,
}

impl Parser<'_> {
    fn peek(&self) -> &Token {
        &self.tokens[self.position].1
    }

    fn next(&mut self) -> Token {
        let token = self.tokens[self.position].1.clone();
        self.position = (self.position + 1).min(self.tokens.len() - 1);
        token
    }

    fn wrong(&self, message: impl Into<String>) -> FormulaError {
        FormulaError { at: self.tokens[self.position].0 + 1, message: message.into() }
    }

    fn takes(&mut self, sign: &str) -> bool {
        let found = matches!(self.peek(), Token::Sign(here) if *here == sign)
            || matches!(self.peek(), Token::Word(here) if here == sign);
        if found {
            self.next();
        }
        found
    }

    fn needs(&mut self, sign: &str) -> Result<(), FormulaError> {
        if self.takes(sign) { Ok(()) } else { Err(self.wrong(format!("`{sign}` is expected"))) }
    }

    /// Follows one level of nesting.
    fn nested<T>(&mut self, parse: impl FnOnce(&mut Self) -> Result<T, FormulaError>) -> Result<T, FormulaError> {
        if self.depth >= MAX_DEPTH {
            return Err(self.wrong("the formula is nested too deeply"));
        }
        self.depth += 1;
        let parsed = parse(self);
        self.depth -= 1;
        parsed
    }

    fn choice(&mut self) -> Result<Node, FormulaError> {
        self.nested(|parser| {
            let condition = parser.binary(0)?;
            if !parser.takes("?") {
                return Ok(condition);
            }
            let then = parser.choice()?;
            parser.needs(":")?;
            let otherwise = parser.choice()?;
            Ok(Node::Choice(Box::new(condition), Box::new(then), Box::new(otherwise)))
        })
    }

    fn binary(&mut self, level: usize) -> Result<Node, FormulaError> {
        let Some(operators) = LEVELS.get(level) else { return self.unary() };
        let mut left = self.binary(level + 1)?;
        let mut chained = 0;
        while let Some((_, binary)) = operators.iter().find(|(sign, _)| self.takes(sign)) {
            chained += 1;
            if chained > MAX_DEPTH {
                return Err(self.wrong("the formula has too many terms in a row"));
            }
            let right = self.binary(level + 1)?;
            left = Node::Binary(*binary, Box::new(left), Box::new(right));
        }
        Ok(left)
    }

    fn unary(&mut self) -> Result<Node, FormulaError> {
        self.nested(|parser| {
            if parser.takes("-") {
                return Ok(Node::Negative(Box::new(parser.unary()?)));
            }
            if parser.takes("+") {
                return parser.unary();
            }
            if parser.takes("!") || parser.takes("not") {
                return Ok(Node::Not(Box::new(parser.unary()?)));
            }
            let base = parser.primary()?;
            if !parser.takes("**") {
                return Ok(base);
            }
            let exponent = parser.unary()?;
            Ok(Node::Binary(Binary::Power, Box::new(base), Box::new(exponent)))
        })
    }

    fn primary(&mut self) -> Result<Node, FormulaError> {
        if self.takes("(") {
            let inner = self.choice()?;
            self.needs(")")?;
            return Ok(inner);
        }
        if self.in_predicate && self.takes("#") {
            return Ok(Node::Element);
        }
        match self.peek().clone() {
            Token::Number(number) => {
                self.next();
                Ok(Node::Number(number))
            }
            Token::Word(word) => self.word(&word),
            Token::Sign("#") => Err(self.wrong("`#` has a meaning only in the predicate of `count`")),
            Token::Sign(_) | Token::End => Err(self.wrong("a number, a trigger or a function is expected")),
        }
    }

    fn word(&mut self, word: &str) -> Result<Node, FormulaError> {
        // A trigger may be called like a function: what follows tells them apart.
        let is_call = matches!(self.tokens.get(self.position + 1), Some((_, Token::Sign("("))));
        if !is_call && let Some(position) = self.triggers.iter().position(|trigger| *trigger == word) {
            self.next();
            return Ok(Node::Variable(position));
        }
        match word {
            "true" | "false" | "nil" => {
                self.next();
                Ok(if word == "nil" { Node::Nil } else { Node::Truth(word == "true") })
            }
            "count" if is_call => self.count(),
            _ => match FUNCTIONS.iter().find(|(name, _)| is_call && *name == word) {
                Some((_, function)) => self.call(*function),
                None => Err(self.wrong(self.unknown(word, is_call))),
            },
        }
    }

    fn unknown(&self, word: &str, is_call: bool) -> String {
        if is_call {
            return format!(
                "`{word}` is no function here; there are count, min, max, sum, mean, abs, ceil, floor and round, and"
            );
        }
        match self.triggers {
            [] => format!("`{word}` is no trigger: none has a name, and"),
            triggers => format!("`{word}` is no trigger; there are {}, and it stands", triggers.join(", ")),
        }
    }

    fn call(&mut self, function: Function) -> Result<Node, FormulaError> {
        self.next();
        self.needs("(")?;
        let mut parts = Vec::new();
        loop {
            self.elements(&mut parts)?;
            if !self.takes(",") {
                break;
            }
        }
        self.needs(")")?;
        let takes_one = matches!(function, Function::Abs | Function::Ceil | Function::Floor | Function::Round);
        if takes_one && parts.len() != 1 {
            Err(self.wrong("one number is expected"))
        } else {
            Ok(Node::Call(function, parts))
        }
    }

    /// A list, or one value.
    fn elements(&mut self, parts: &mut Vec<Node>) -> Result<(), FormulaError> {
        if !self.takes("[") {
            parts.push(self.choice()?);
            return Ok(());
        }
        loop {
            parts.push(self.choice()?);
            if !self.takes(",") {
                break;
            }
        }
        self.needs("]")
    }

    fn count(&mut self) -> Result<Node, FormulaError> {
        self.next();
        self.needs("(")?;
        let mut parts = Vec::new();
        self.elements(&mut parts)?;
        self.needs(",")?;
        let braced = self.takes("{");
        let outer = std::mem::replace(&mut self.in_predicate, true);
        let predicate = self.choice()?;
        self.in_predicate = outer;
        if braced {
            self.needs("}")?;
        }
        self.needs(")")?;
        Ok(Node::Count(parts, Box::new(predicate)))
    }
}
