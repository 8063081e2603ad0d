//! Reads expressions. What is wrong is said with its column.
//!
//! ```text
//! any     = all { "or" all }
//! all     = part { "and" part }
//! part    = "not" part | "(" any ")" | "propagated(" "#7" ")" | side relation side
//! side    = term { "+" term }
//! term    = number | "text" | "tips" | "branches" | quantity [ "@" node ]
//! ```

mod sides;
mod token;
mod words;

use self::sides::{Term, compared};
use self::token::{Token, Tokens};
use self::words::{BALANCE, CONFIRMATIONS, MESSAGES, PROPAGATED, QUANTITIES, WHOLE, unknown};
use super::error::{ExprError, wrong};
use super::{Expr, Operand, Quantity};
use crate::lab::paper::names::{check_label, parse_kind};
use crate::node::wallets::check_name;
use std::str::FromStr;

/// The longest expression, in characters: more than people can read at once.
pub const TEXT_MAX: usize = 1_000;

/// Brackets, and `not`, within each other: each takes some stack.
pub const NESTING_MAX: usize = 32;

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
            Token::Word(word) if word == PROPAGATED => {
                self.tokens.next();
                self.about(word.as_str(), parse_block).map(Expr::Propagated)
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
        let left = self.side()?;
        let relation = match self.tokens.next() {
            (at, Token::Relation(relation)) => (at, relation),
            (at, other) => {
                let words = format!("one of == != < <= > >= is wanted here, not {other}");
                return Err(wrong(at, words));
            }
        };
        let right = self.side()?;
        compared(left, relation, right)
    }

    fn side(&mut self) -> Result<Vec<(usize, Term)>, ExprError> {
        let mut terms = vec![self.term()?];
        while self.tokens.take(&Token::Plus) {
            terms.push(self.term()?);
        }
        Ok(terms)
    }

    fn term(&mut self) -> Result<(usize, Term), ExprError> {
        let (column, token) = self.tokens.next();
        let term = match token {
            Token::Number(number) => Term::Is(Operand::Number(number)),
            Token::Text(text) => Term::Text(text),
            Token::Word(word) => Term::Is(self.quantity(column, &word)?),
            other => {
                let words = format!("a quantity, a number or a text is wanted here, not {other}");
                return Err(wrong(column, words));
            }
        };
        Ok((column, term))
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
            BALANCE => Quantity::Balance(self.about(word, parse_wallet)?),
            CONFIRMATIONS => Quantity::Confirmations(self.about(word, check_label)?),
            MESSAGES => Quantity::Messages(self.about(word, parse_kind)?),
            PROPAGATED => {
                let words = "propagated is true or false: it stands by itself";
                return Err(wrong(column, words));
            }
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
        Ok(match (quantity, node) {
            (Quantity::Messages(kind), None) => Operand::Messages(kind),
            (quantity, node) => Operand::Of(quantity, node),
        })
    }

    /// What this word is about: `("alice")`.
    fn about<T>(
        &mut self,
        word: &str,
        read: impl FnOnce(&str) -> Result<T, String>,
    ) -> Result<T, ExprError> {
        let wanted = |(at, found): (usize, Token)| wrong(at, words::not_so(word, &found));
        let open = self.tokens.next();
        if open.1 != Token::Open {
            return Err(wanted(open));
        }
        let about = match self.tokens.next() {
            (at, Token::Text(text)) => read(&text).map_err(|words| wrong(at, words))?,
            other => return Err(wanted(other)),
        };
        let close = self.tokens.next();
        if close.1 != Token::Close {
            return Err(wanted(close));
        }
        Ok(about)
    }
}

fn parse_wallet(name: &str) -> Result<String, String> {
    match check_name(name) {
        Ok(()) => Ok(name.to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

/// `#7`
fn parse_block(text: &str) -> Result<u32, String> {
    let digits = text.strip_prefix('#');
    let digits = digits.filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
    let height = digits.and_then(|digits| digits.parse().ok());
    height.ok_or_else(|| {
        let shown: String = text.chars().take(20).collect();
        format!("a block is wanted here by its height, as in \"#7\", not {shown:?}")
    })
}

/// One part is itself.
fn one_or(mut parts: Vec<Expr>, of: impl FnOnce(Vec<Expr>) -> Expr) -> Expr {
    match parts.len() {
        1 => parts.remove(0),
        _ => of(parts),
    }
}
