//! Reads expressions. What is wrong is said with its column.
//!
//! ```text
//! any     = all { "or" all }
//! all     = part { "and" part }
//! part    = "not" part | "(" any ")" | side relation side
//! side    = number | "text" | "tips" | "branches" | quantity [ "@" node ]
//! ```

mod token;

use self::token::{Token, Tokens};
use super::error::{ExprError, wrong};
use super::{Expr, Operand, Quantity, Relation};
use crate::lab::paper::document::nearest;
use crate::node::wallets::check_name;
use std::str::FromStr;

/// The longest expression, in characters: more than people can read at once.
pub const TEXT_MAX: usize = 1_000;

/// Brackets, and `not`, within each other: each takes some stack.
pub const NESTING_MAX: usize = 32;

/// Digits of a hash by which a block can be told from others.
const DIGITS_MIN: usize = 4;

/// Digits of a whole hash.
const DIGITS_MAX: usize = 64;

const BALANCE: &str = "balance";

/// What can be read of a node, by its name.
const QUANTITIES: [(&str, Quantity); 5] = [
    ("height", Quantity::Height),
    ("tip", Quantity::Tip),
    ("mempool", Quantity::Mempool),
    ("peers", Quantity::Peers),
    ("reorg_depth", Quantity::ReorgDepth),
];

/// What can be read of all nodes together.
const WHOLE: [(&str, Operand); 2] = [("tips", Operand::Tips), ("branches", Operand::Branches)];

impl FromStr for Expr {
    type Err = ExprError;

    fn from_str(text: &str) -> Result<Self, ExprError> {
        if text.chars().count() > TEXT_MAX {
            let problem = format!("an expression has at most {TEXT_MAX} characters");
            return Err(wrong(TEXT_MAX + 1, problem));
        }
        let mut parser = Parser {
            tokens: Tokens::read(text)?,
            depth: 0,
        };
        let expr = parser.any()?;
        match parser.tokens.next() {
            (_, Token::End) => Ok(expr),
            (column, Token::Close) => Err(wrong(column, "this bracket closes nothing")),
            (column, other) => {
                let words = format!("`and` or `or` is wanted here, not {other}");
                Err(wrong(column, words))
            }
        }
    }
}

/// A side before it is known what stands on the other.
enum Side {
    /// A quantity, or a number.
    Is(Operand),
    /// A text, which may be an amount or a hash.
    Text(String),
}

struct Parser {
    tokens: Tokens,
    depth: usize,
}

impl Parser {
    fn any(&mut self) -> Result<Expr, ExprError> {
        let mut parts = vec![self.all()?];
        while self.tokens.take_word("or") {
            parts.push(self.all()?);
        }
        Ok(one_or(parts, Expr::Any))
    }

    fn all(&mut self) -> Result<Expr, ExprError> {
        let mut parts = vec![self.part()?];
        while self.tokens.take_word("and") {
            parts.push(self.part()?);
        }
        Ok(one_or(parts, Expr::All))
    }

    fn part(&mut self) -> Result<Expr, ExprError> {
        let (column, token) = self.tokens.peek();
        match token {
            Token::Word(word) if word == "not" => {
                self.tokens.next();
                let part = self.deeper(column, Self::part)?;
                Ok(Expr::Not(Box::new(part)))
            }
            Token::Open => {
                self.tokens.next();
                let inner = self.deeper(column, Self::any)?;
                match self.tokens.next() {
                    (_, Token::Close) => Ok(inner),
                    (at, other) => {
                        let words = format!(
                            "the bracket of column {column} is not closed: ) is wanted here, not \
                             {other}"
                        );
                        Err(wrong(at, words))
                    }
                }
            }
            _ => self.comparison(),
        }
    }

    fn deeper<T>(
        &mut self,
        column: usize,
        read: impl FnOnce(&mut Self) -> Result<T, ExprError>,
    ) -> Result<T, ExprError> {
        if self.depth == NESTING_MAX {
            let words = format!("more than {NESTING_MAX} brackets within each other");
            return Err(wrong(column, words));
        }
        self.depth += 1;
        let inner = read(self)?;
        self.depth -= 1;
        Ok(inner)
    }

    fn comparison(&mut self) -> Result<Expr, ExprError> {
        let (left_at, left) = self.side()?;
        let (relation_at, relation) = match self.tokens.next() {
            (at, Token::Relation(relation)) => (at, relation),
            (at, other) => {
                let words = format!("one of == != < <= > >= is wanted here, not {other}");
                return Err(wrong(at, words));
            }
        };
        let (right_at, right) = self.side()?;
        let (left, right) = match (left, right) {
            (Side::Is(left), Side::Is(right)) => (left, right),
            (Side::Is(left), Side::Text(text)) => {
                let right = text_beside(&left, &text).map_err(|words| wrong(right_at, words))?;
                (left, right)
            }
            (Side::Text(text), Side::Is(right)) => {
                let left = text_beside(&right, &text).map_err(|words| wrong(left_at, words))?;
                (left, right)
            }
            (Side::Text(_), Side::Text(_)) => return Err(wrong(left_at, CONSTANT)),
        };
        let columns = (left_at, relation_at, right_at);
        alike(&left, relation, &right, columns)?;
        Ok(Expr::Compare(left, relation, right))
    }

    fn side(&mut self) -> Result<(usize, Side), ExprError> {
        let (column, token) = self.tokens.next();
        let side = match token {
            Token::Number(number) => Side::Is(Operand::Number(number)),
            Token::Text(text) => Side::Text(text),
            Token::Word(word) => Side::Is(self.quantity(column, &word)?),
            other => {
                let words = format!("a quantity, a number or a text is wanted here, not {other}");
                return Err(wrong(column, words));
            }
        };
        Ok((column, side))
    }

    fn quantity(&mut self, column: usize, word: &str) -> Result<Operand, ExprError> {
        if let Some((_, operand)) = WHOLE.iter().find(|(name, _)| *name == word) {
            return match self.tokens.take_node() {
                None => Ok(operand.clone()),
                Some((at, _)) => {
                    let words =
                        format!("{word} counts the {word} of all nodes: no @ can follow it");
                    Err(wrong(at, words))
                }
            };
        }
        let quantity = match word {
            BALANCE => Quantity::Balance(self.wallet()?),
            _ => {
                let found = QUANTITIES.iter().find(|(name, _)| *name == word);
                let (_, quantity) = found.ok_or_else(|| wrong(column, unknown(word)))?;
                quantity.clone()
            }
        };
        let node = match self.tokens.take_node() {
            None => None,
            Some((_, Ok(node))) => Some(node),
            Some((at, Err(words))) => return Err(wrong(at, words)),
        };
        Ok(Operand::Of(quantity, node))
    }

    /// `("alice")`
    fn wallet(&mut self) -> Result<String, ExprError> {
        let wanted = |(at, found): (usize, Token)| {
            let words = format!("balance(\"alice\") is how a balance is written, not with {found}");
            wrong(at, words)
        };
        let open = self.tokens.next();
        if open.1 != Token::Open {
            return Err(wanted(open));
        }
        let (at, name) = match self.tokens.next() {
            (at, Token::Text(name)) => (at, name),
            other => return Err(wanted(other)),
        };
        check_name(&name).map_err(|error| wrong(at, error))?;
        let close = self.tokens.next();
        if close.1 != Token::Close {
            return Err(wanted(close));
        }
        Ok(name)
    }
}

/// One part is itself.
fn one_or(mut parts: Vec<Expr>, of: impl FnOnce(Vec<Expr>) -> Expr) -> Expr {
    match parts.len() {
        1 => parts.remove(0),
        _ => of(parts),
    }
}

fn unknown(word: &str) -> String {
    let shown: String = word.chars().take(40).collect();
    let known = QUANTITIES.iter().map(|(name, _)| *name);
    let whole = WHOLE.iter().map(|(name, _)| *name);
    let known = known.chain(whole).chain([BALANCE]);
    match nearest(&shown, known.clone()) {
        Some(near) => format!("there is no {shown:?}; did you mean {near:?}?"),
        None => {
            let known: Vec<_> = known.collect();
            format!("there is no {shown:?}; there are: {}", known.join(", "))
        }
    }
}

const CONSTANT: &str = "neither side is anything of a lab, such as height";

/// What a text is beside this quantity.
fn text_beside(other: &Operand, text: &str) -> Result<Operand, String> {
    match other {
        Operand::Of(Quantity::Balance(_), _) => text
            .parse()
            .map(Operand::Amount)
            .map_err(|error| format!("{error}")),
        Operand::Of(Quantity::Tip, _) => {
            let digits = text.to_ascii_lowercase();
            let is_hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
            match (DIGITS_MIN..=DIGITS_MAX).contains(&digits.len()) && is_hex {
                true => Ok(Operand::HashEnd(digits)),
                false => Err(format!(
                    "{:?} is no end of a hash: {DIGITS_MIN} to {DIGITS_MAX} hexadecimal digits",
                    text.chars().take(DIGITS_MAX + 1).collect::<String>()
                )),
            }
        }
        Operand::Number(_) => Err(CONSTANT.to_owned()),
        other => Err(format!(
            "{other} is a whole number: write the other side without quotes"
        )),
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Sort {
    Number,
    Coins,
    Hash,
}

fn kind(side: &Operand) -> Sort {
    match side {
        Operand::Amount(_) | Operand::Of(Quantity::Balance(_), _) => Sort::Coins,
        Operand::HashEnd(_) | Operand::Of(Quantity::Tip, _) => Sort::Hash,
        Operand::Number(_) | Operand::Tips | Operand::Branches | Operand::Of(..) => Sort::Number,
    }
}

/// Makes sure that two sides can be compared like that.
fn alike(
    left: &Operand,
    relation: Relation,
    right: &Operand,
    (left_at, relation_at, right_at): (usize, usize, usize),
) -> Result<(), ExprError> {
    let is_number = |side: &Operand| matches!(side, Operand::Number(_));
    if is_number(left) && is_number(right) {
        return Err(wrong(left_at, CONSTANT));
    }
    let is_order = !matches!(relation, Relation::Same | Relation::Different);
    match (kind(left), kind(right)) {
        (Sort::Hash, Sort::Hash) if is_order => {
            Err(wrong(relation_at, "hashes are the same or not: == or !="))
        }
        (left, right) if left == right => Ok(()),
        (Sort::Coins, Sort::Number) if is_number(right) => Ok(()),
        (Sort::Number, Sort::Coins) if is_number(left) => Ok(()),
        _ => Err(wrong(
            right_at,
            format!("{left} and {right} are of different kinds"),
        )),
    }
}
