//! Expressions as text, which reads as the same expression.

use super::{Expr, Operand, Quantity, Relation};
use std::fmt;

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any(parts) => joined(f, parts, " or ", |part| matches!(part, Self::Any(_))),
            Self::All(parts) => joined(f, parts, " and ", |part| {
                matches!(part, Self::Any(_) | Self::All(_))
            }),
            Self::Not(part) if matches!(**part, Self::Any(_) | Self::All(_)) => {
                write!(f, "not ({part})")
            }
            Self::Not(part) => write!(f, "not {part}"),
            Self::Compare(left, relation, right) => write!(f, "{left} {relation} {right}"),
            Self::Propagated(height) => write!(f, "propagated(\"#{height}\")"),
        }
    }
}

fn joined(
    f: &mut fmt::Formatter<'_>,
    parts: &[Expr],
    word: &str,
    needs_brackets: impl Fn(&Expr) -> bool,
) -> fmt::Result {
    for (at, part) in parts.iter().enumerate() {
        if at > 0 {
            f.write_str(word)?;
        }
        match needs_brackets(part) {
            true => write!(f, "({part})")?,
            false => write!(f, "{part}")?,
        }
    }
    Ok(())
}

impl fmt::Display for Operand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Amount(amount) => write!(f, "\"{amount}\""),
            Self::HashEnd(digits) => write!(f, "\"{digits}\""),
            Self::Tips => f.write_str("tips"),
            Self::Branches => f.write_str("branches"),
            Self::Messages(kind) => write!(f, "messages(\"{kind}\")"),
            Self::Of(quantity, None) => quantity.fmt(f),
            Self::Of(quantity, Some(node)) => write!(f, "{quantity}@{node}"),
            Self::Sum(terms) => {
                for (at, term) in terms.iter().enumerate() {
                    let plus = if at > 0 { " + " } else { "" };
                    write!(f, "{plus}{term}")?;
                }
                Ok(())
            }
        }
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Height => f.write_str("height"),
            Self::Tip => f.write_str("tip"),
            Self::Mempool => f.write_str("mempool"),
            Self::Peers => f.write_str("peers"),
            Self::ReorgDepth => f.write_str("reorg_depth"),
            Self::Balance(wallet) => write!(f, "balance(\"{wallet}\")"),
            Self::Confirmations(label) => write!(f, "confirmations(\"{label}\")"),
            Self::Messages(kind) => write!(f, "messages(\"{kind}\")"),
        }
    }
}

impl fmt::Display for Relation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Same => "==",
            Self::Different => "!=",
            Self::Less => "<",
            Self::AtMost => "<=",
            Self::More => ">",
            Self::AtLeast => ">=",
        })
    }
}
