//! The sides of a comparison: what can be added, and what can be compared.

use crate::lab::script::expr::error::{ExprError, wrong};
use crate::lab::script::expr::{Expr, Operand, Quantity, Relation};

/// Digits of a hash by which a block can be told from others.
const DIGITS_MIN: usize = 4;

/// Digits of a whole hash.
const DIGITS_MAX: usize = 64;

const CONSTANT: &str = "neither side is anything of a lab, such as height";

/// A part of a side before it is known what stands beside it.
pub(super) enum Term {
    /// A quantity, or a number.
    Is(Operand),
    /// A text, which may be an amount or a hash.
    Text(String),
}

/// A side, as it is read: what is added, each with its column.
type Side = Vec<(usize, Term)>;

/// Two sides as they compare.
///
/// # Errors
/// They do not, and why.
pub(super) fn compared(
    left: Side,
    (relation_at, relation): (usize, Relation),
    right: Side,
) -> Result<Expr, ExprError> {
    let (left_at, right_at) = (left[0].0, right[0].0);
    let mut all = left.iter().chain(&right);
    let of_lab = all.find_map(|(_, term)| match term {
        Term::Is(operand) if operand.is_of_lab() => Some(operand.clone()),
        _ => None,
    });
    let beside = of_lab.ok_or_else(|| wrong(left_at, CONSTANT))?;
    let (left, right) = (added(left, &beside)?, added(right, &beside)?);
    alike(&left, relation, &right, (relation_at, right_at))?;
    Ok(Expr::Compare(left, relation, right))
}

/// What stands on a side, as one. What texts are is said by what stands beside them.
fn added(side: Side, beside: &Operand) -> Result<Operand, ExprError> {
    let is_sum = side.len() > 1;
    let mut terms: Vec<Operand> = Vec::new();
    for (at, term) in side {
        let term = match term {
            Term::Is(operand) => operand,
            Term::Text(text) => text_beside(beside, &text).map_err(|words| wrong(at, words))?,
        };
        if is_sum && sort(&term) == Sort::Hash {
            return Err(wrong(at, "hashes cannot be added"));
        }
        let other = terms.iter().find(|other| !can_stand_with(other, &term));
        if let Some(other) = other {
            return Err(wrong(at, different(other, &term)));
        }
        terms.push(term);
    }
    Ok(match is_sum {
        true => Operand::Sum(terms),
        false => terms.remove(0),
    })
}

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

fn sort(side: &Operand) -> Sort {
    match side {
        Operand::Amount(_) | Operand::Of(Quantity::Balance(_), _) => Sort::Coins,
        Operand::HashEnd(_) | Operand::Of(Quantity::Tip, _) => Sort::Hash,
        Operand::Sum(terms) if terms.iter().any(|term| sort(term) == Sort::Coins) => Sort::Coins,
        Operand::Number(_)
        | Operand::Tips
        | Operand::Branches
        | Operand::Messages(_)
        | Operand::Of(..)
        | Operand::Sum(_) => Sort::Number,
    }
}

/// Whether these are of one kind. Numbers that are written stand for whole coins beside coins.
fn can_stand_with(left: &Operand, right: &Operand) -> bool {
    let is_written = |side: &Operand| {
        let mut terms = side.terms().iter();
        terms.all(|term| matches!(term, Operand::Number(_)))
    };
    match (sort(left), sort(right)) {
        (Sort::Coins, Sort::Number) => is_written(right),
        (Sort::Number, Sort::Coins) => is_written(left),
        (left, right) => left == right,
    }
}

fn different(left: &Operand, right: &Operand) -> String {
    format!("{left} and {right} are of different kinds")
}

/// Makes sure that two sides can be compared like that.
fn alike(
    left: &Operand,
    relation: Relation,
    right: &Operand,
    (relation_at, right_at): (usize, usize),
) -> Result<(), ExprError> {
    let is_order = !matches!(relation, Relation::Same | Relation::Different);
    match (sort(left), sort(right)) {
        (Sort::Hash, Sort::Hash) if is_order => {
            Err(wrong(relation_at, "hashes are the same or not: == or !="))
        }
        _ if can_stand_with(left, right) => Ok(()),
        _ => Err(wrong(right_at, different(left, right))),
    }
}
