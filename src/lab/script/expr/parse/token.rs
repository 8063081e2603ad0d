//! The words and signs of an expression, each with its column.

use crate::lab::paper::names::parse_node_name;
use crate::lab::script::expr::Relation;
use crate::lab::script::expr::error::{ExprError, wrong};
use std::fmt;

/// A word or sign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    Word(String),
    Number(u64),
    /// What stood in quotes.
    Text(String),
    /// `@` and what follows it at once, which may be no name.
    Node(String),
    Open,
    Close,
    Plus,
    Relation(Relation),
    End,
}

/// All of them, read one by one.
pub(super) struct Tokens {
    all: Vec<(usize, Token)>,
    at: usize,
}

/// Signs; the longer one of two that begin alike comes first.
const RELATIONS: [(&str, Relation); 6] = [
    ("==", Relation::Same),
    ("!=", Relation::Different),
    ("<=", Relation::AtMost),
    (">=", Relation::AtLeast),
    ("<", Relation::Less),
    (">", Relation::More),
];

impl Tokens {
    pub(super) fn read(text: &str) -> Result<Self, ExprError> {
        let chars: Vec<char> = text.chars().collect();
        let (mut all, mut at) = (Vec::new(), 0);
        while at < chars.len() {
            if chars[at].is_whitespace() {
                at += 1;
                continue;
            }
            let (token, length) = token(&chars[at..], at + 1)?;
            all.push((at + 1, token));
            at += length;
        }
        all.push((chars.len() + 1, Token::End));
        Ok(Self { all, at: 0 })
    }

    /// The next one. The end comes again and again.
    pub(super) fn next(&mut self) -> (usize, Token) {
        let token = self.peek();
        self.at = (self.at + 1).min(self.all.len() - 1);
        token
    }

    pub(super) fn peek(&self) -> (usize, Token) {
        self.all[self.at].clone()
    }

    /// Takes a sign or the like, if it is next.
    pub(super) fn take(&mut self, wanted: &Token) -> bool {
        let is_it = self.all[self.at].1 == *wanted;
        if is_it {
            self.next();
        }
        is_it
    }

    /// Takes this word, if it is next.
    pub(super) fn take_word(&mut self, wanted: &str) -> bool {
        let is_it = matches!(&self.all[self.at].1, Token::Word(word) if word == wanted);
        if is_it {
            self.next();
        }
        is_it
    }

    /// Takes `@` and the node's name, if they are next.
    pub(super) fn take_node(&mut self) -> Option<(usize, Result<String, String>)> {
        let (at, Token::Node(name)) = self.peek() else {
            return None;
        };
        self.next();
        Some((at, parse_node_name(&name)))
    }
}

/// The first token of these characters, which are not blank, and how many it takes.
fn token(chars: &[char], column: usize) -> Result<(Token, usize), ExprError> {
    let run = |from: usize, belongs: fn(&char) -> bool| -> String {
        chars[from..].iter().take_while(|c| belongs(c)).collect()
    };
    let first = chars[0];
    match first {
        '(' => return Ok((Token::Open, 1)),
        ')' => return Ok((Token::Close, 1)),
        '+' => return Ok((Token::Plus, 1)),
        '"' => {
            let text = run(1, |c| *c != '"');
            let length = text.chars().count() + 2;
            return match length <= chars.len() {
                true => Ok((Token::Text(text), length)),
                false => Err(wrong(column, "this quote is not closed")),
            };
        }
        '@' => {
            let name = run(1, |c| c.is_alphanumeric() || "-_.".contains(*c));
            let length = name.chars().count() + 1;
            return Ok((Token::Node(name), length));
        }
        _ => {}
    }
    for (sign, relation) in RELATIONS {
        if chars.starts_with(&sign.chars().collect::<Vec<_>>()) {
            return Ok((Token::Relation(relation), sign.len()));
        }
    }
    if first.is_alphanumeric() || first == '_' {
        let word = run(0, |c| c.is_alphanumeric() || *c == '_');
        let length = word.chars().count();
        return match first.is_ascii_digit() {
            false => Ok((Token::Word(word), length)),
            true => match word.parse() {
                Ok(number) => Ok((Token::Number(number), length)),
                Err(_) => Err(wrong(column, format!("{word} is no whole number"))),
            },
        };
    }
    Err(wrong(column, strange(first)))
}

fn strange(first: char) -> String {
    let hint = match first {
        '=' => "; the sign is ==",
        '!' => "; write != or `not`",
        '&' => "; write `and`",
        '|' => "; write `or`",
        '-' => "; bring it to the other side, with +",
        '\'' => "; a text is in double quotes",
        '.' => "; an amount is in quotes, as in \"1.5\"",
        _ => "",
    };
    format!("{first:?} means nothing here{hint}")
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Word(word) => write!(f, "{word}"),
            Self::Number(number) => write!(f, "{number}"),
            Self::Text(text) => write!(f, "\"{text}\""),
            Self::Node(name) => write!(f, "@{name}"),
            Self::Open => f.write_str("("),
            Self::Close => f.write_str(")"),
            Self::Plus => f.write_str("+"),
            Self::Relation(relation) => relation.fmt(f),
            Self::End => f.write_str("the end"),
        }
    }
}
