//! Whether an expression holds, and if not, which part of it does not and what the values are.

use super::{Expr, Facts, NodeFacts, Operand, Quantity, Relation};
use crate::chain::amount::COIN;
use crate::lab::observe::propagation::Spread;
use std::cmp::Ordering;

/// Nodes whose values are told; of more nodes only those that are at fault.
const TOLD_MAX: usize = 12;

/// Why nothing is true.
const NONE_RUNS: &str = "no node runs";

/// Why something is neither true nor false.
const NOT_KNOWN: &str = "not known yet";

/// Whether an expression holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// It does.
    pub holds: bool,
    /// If not, each part that keeps it from holding, with the values that there are.
    pub why: Vec<String>,
}

/// What is known of a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Truth {
    False,
    /// A node that it is about does not run.
    Unknown,
    True,
}

/// The value of a side.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Reading<'a> {
    Number(u128),
    /// In the smallest unit.
    Coins(u128),
    Hash(String),
    HashEnd(&'a str),
}

/// A comparison on one node.
struct Judged {
    truth: Truth,
    /// The values, or why there are none.
    values: Result<Vec<String>, String>,
}

impl Expr {
    /// Whether it holds.
    pub fn holds(&self, facts: &Facts) -> bool {
        self.truth(facts) == Truth::True
    }

    /// Judges it.
    pub fn judge(&self, facts: &Facts) -> Verdict {
        let mut why = Vec::new();
        let holds = self.holds(facts);
        if !holds {
            self.blame(facts, true, &mut why);
        }
        Verdict { holds, why }
    }

    fn truth(&self, facts: &Facts) -> Truth {
        match self {
            Self::Any(parts) => {
                let truths = parts.iter().map(|part| part.truth(facts));
                truths.max().unwrap_or(Truth::False)
            }
            Self::All(parts) => {
                let truths = parts.iter().map(|part| part.truth(facts));
                truths.min().unwrap_or(Truth::True)
            }
            Self::Not(part) => match part.truth(facts) {
                Truth::True => Truth::False,
                Truth::Unknown => Truth::Unknown,
                Truth::False => Truth::True,
            },
            Self::Compare(left, relation, right) => compare(left, *relation, right, facts).0,
            Self::Propagated(height) => propagated(*height, facts).0,
        }
    }

    /// Adds the comparisons that keep this from being `wanted`.
    fn blame(&self, facts: &Facts, wanted: bool, why: &mut Vec<String>) {
        let truth = self.truth(facts);
        let is_as_wanted = match wanted {
            true => truth == Truth::True,
            false => truth == Truth::False,
        };
        if is_as_wanted {
            return;
        }
        match self {
            Self::Any(parts) | Self::All(parts) => {
                parts.iter().for_each(|part| part.blame(facts, wanted, why));
            }
            Self::Not(part) => part.blame(facts, !wanted, why),
            Self::Compare(left, relation, right) => {
                let (_, values) = compare(left, *relation, right, facts);
                why.push(self.told(wanted, &values));
            }
            Self::Propagated(height) => why.push(self.told(wanted, &propagated(*height, facts).1)),
        }
    }

    fn told(&self, wanted: bool, values: &str) -> String {
        let not = if wanted { "" } else { "not " };
        format!("{not}{self}, {values}")
    }
}

/// Whether two sides compare like that, and the values, in words.
fn compare(left: &Operand, relation: Relation, right: &Operand, facts: &Facts) -> (Truth, String) {
    let is_of_all = |side: &Operand| {
        let mut terms = side.terms().iter();
        terms.any(|term| matches!(term, Operand::Of(_, None)))
    };
    if !is_of_all(left) && !is_of_all(right) {
        let outcome = on(None, left, relation, right, facts);
        return (outcome.truth, in_words(&outcome.values));
    }
    let outcomes: Vec<_> = facts
        .running()
        .map(|node| {
            let outcome = on(Some(node), left, relation, right, facts);
            (node, outcome)
        })
        .collect();
    let truth = outcomes.iter().map(|(_, outcome)| outcome.truth).min();
    let Some(truth) = truth else {
        return (Truth::Unknown, NONE_RUNS.to_owned());
    };
    (truth, told(&outcomes))
}

/// Whether the block of a height has reached all that it is to reach, and how far it has come, in words.
fn propagated(height: u32, facts: &Facts) -> (Truth, String) {
    if facts.running().next().is_none() {
        return (Truth::Unknown, NONE_RUNS.to_owned());
    }
    match facts.blocks.get(&height) {
        Some(Spread::None) => (Truth::False, "there is no such block yet".to_owned()),
        Some(Spread::OnItsWay { at, of }) => (Truth::False, format!("it is at {at} of {of} nodes")),
        Some(Spread::Everywhere) => (Truth::True, "it has reached all nodes".to_owned()),
        Some(Spread::Forgotten) => (Truth::Unknown, "it is not followed any more".to_owned()),
        None => (Truth::Unknown, NOT_KNOWN.to_owned()),
    }
}

/// The values of those nodes that are at fault, or, if none is, of all; each value once.
fn told(outcomes: &[(&NodeFacts, Judged)]) -> String {
    let at_fault = |outcome: &Judged| outcome.truth != Truth::True;
    let has_fault = outcomes.iter().any(|(_, outcome)| at_fault(outcome));
    let mut groups: Vec<(&Result<_, _>, Vec<&str>)> = Vec::new();
    for (node, outcome) in outcomes {
        if has_fault && !at_fault(outcome) {
            continue;
        }
        let known = groups
            .iter_mut()
            .find(|(values, _)| *values == &outcome.values);
        match known {
            Some((_, names)) => names.push(&node.name),
            None => groups.push((&outcome.values, vec![&node.name])),
        }
    }
    if let [(values, names)] = groups.as_slice()
        && names.len() == outcomes.len()
    {
        return in_words(values);
    }
    let count: usize = groups.iter().map(|(_, names)| names.len()).sum();
    let (mut room, mut words) = (TOLD_MAX, Vec::new());
    for (values, names) in &groups {
        let named = &names[..names.len().min(room)];
        if named.is_empty() {
            break;
        }
        room -= named.len();
        words.push(format!("{} at {}", in_words(values), named.join(", ")));
    }
    if count > TOLD_MAX {
        words.push(format!("and {} more", count - TOLD_MAX));
    }
    words.join(", ")
}

fn in_words(values: &Result<Vec<String>, String>) -> String {
    match values.as_deref() {
        Ok([value]) => format!("it is {value}"),
        Ok(values) => format!("they are {}", values.join(" and ")),
        Err(why) => why.clone(),
    }
}

/// A comparison on a node, or, without one, of what is the same everywhere.
fn on(
    node: Option<&NodeFacts>,
    left: &Operand,
    relation: Relation,
    right: &Operand,
    facts: &Facts,
) -> Judged {
    let unknown = |words| Judged {
        truth: Truth::Unknown,
        values: Err(words),
    };
    let (left_is, right_is) = match (read(left, node, facts), read(right, node, facts)) {
        (Ok(left), Ok(right)) => (left, right),
        (Err(words), _) | (_, Err(words)) => return unknown(words),
    };
    let truth = match fits(&left_is, relation, &right_is) {
        true => Truth::True,
        false => Truth::False,
    };
    let values = [(left, left_is), (right, right_is)]
        .into_iter()
        .filter(|(side, _)| side.is_of_lab())
        .map(|(_, value)| value.words());
    Judged {
        truth,
        values: Ok(values.collect()),
    }
}

/// The value of a side.
///
/// # Errors
/// In words, why there is none.
fn read<'a>(
    side: &'a Operand,
    on: Option<&NodeFacts>,
    facts: &Facts,
) -> Result<Reading<'a>, String> {
    match side {
        Operand::Number(number) => Ok(Reading::Number((*number).into())),
        Operand::Amount(amount) => Ok(Reading::Coins(amount.units().into())),
        Operand::HashEnd(digits) => Ok(Reading::HashEnd(digits)),
        Operand::Tips | Operand::Branches | Operand::Messages(_)
            if facts.running().next().is_none() =>
        {
            Err(NONE_RUNS.to_owned())
        }
        Operand::Tips => Ok(Reading::Number(wide(facts.tips()))),
        Operand::Branches => Ok(Reading::Number(wide(facts.branches))),
        Operand::Messages(kind) => known(facts.messages.get(kind)).map(Reading::Number),
        Operand::Of(quantity, name) => {
            let node = match name {
                Some(name) => Some(find(facts, name)?),
                None => on,
            };
            read_of(quantity, node.ok_or(NONE_RUNS)?, facts)
        }
        Operand::Sum(terms) => {
            let terms = terms.iter().map(|term| read(term, on, facts));
            Ok(add(&terms.collect::<Result<Vec<_>, _>>()?))
        }
    }
}

/// What these are together. They are as many as an expression has room for, each far below what fits.
fn add<'a>(terms: &[Reading<'_>]) -> Reading<'a> {
    let has_coins = terms.iter().any(|term| matches!(term, Reading::Coins(_)));
    let beside = match has_coins {
        true => Reading::Coins(0),
        false => Reading::Number(0),
    };
    let sum = terms.iter().map(|term| term.size(&beside)).sum();
    match has_coins {
        true => Reading::Coins(sum),
        false => Reading::Number(sum),
    }
}

fn find<'f>(facts: &'f Facts, name: &str) -> Result<&'f NodeFacts, String> {
    let found = facts.nodes.iter().find(|node| &*node.name == name);
    let node = found.ok_or_else(|| format!("there is no node {name}"))?;
    match node.is_running {
        true => Ok(node),
        false => Err(format!("{name} is down")),
    }
}

fn read_of<'a>(
    quantity: &Quantity,
    node: &NodeFacts,
    facts: &Facts,
) -> Result<Reading<'a>, String> {
    let told = || known(facts.told.get(&(node.name.clone(), quantity.clone())));
    Ok(match quantity {
        Quantity::Height => Reading::Number(node.height.into()),
        Quantity::Tip => Reading::Hash(node.tip.to_string()),
        Quantity::Mempool => Reading::Number(wide(node.mempool)),
        Quantity::Peers => Reading::Number(wide(node.peers)),
        Quantity::ReorgDepth => Reading::Number(wide(node.reorg_depth)),
        Quantity::Balance(_) => Reading::Coins(told()?),
        Quantity::Confirmations(_) | Quantity::Messages(_) => Reading::Number(told()?),
    })
}

fn known(told: Option<&Result<u64, String>>) -> Result<u128, String> {
    match told {
        Some(Ok(number)) => Ok((*number).into()),
        Some(Err(why)) => Err(why.clone()),
        None => Err(NOT_KNOWN.to_owned()),
    }
}

fn wide(count: usize) -> u128 {
    count as u128
}

fn fits(left: &Reading<'_>, relation: Relation, right: &Reading<'_>) -> bool {
    let order = match (left, right) {
        (Reading::HashEnd(end), Reading::Hash(hash))
        | (Reading::Hash(hash), Reading::HashEnd(end)) => {
            let is_end = hash.starts_with(end) || hash.ends_with(end);
            return is_end == (relation == Relation::Same);
        }
        (Reading::Hash(left), Reading::Hash(right)) => left.cmp(right),
        (left, right) => left.size(right).cmp(&right.size(left)),
    };
    match relation {
        Relation::Same => order == Ordering::Equal,
        Relation::Different => order != Ordering::Equal,
        Relation::Less => order == Ordering::Less,
        Relation::AtMost => order != Ordering::Greater,
        Relation::More => order == Ordering::Greater,
        Relation::AtLeast => order != Ordering::Less,
    }
}

impl Reading<'_> {
    /// How much it is; beside coins a number is coins.
    fn size(&self, beside: &Self) -> u128 {
        match (self, beside) {
            (Self::Number(number), Self::Coins(_)) => number * wide_coin(),
            (Self::Number(size) | Self::Coins(size), _) => *size,
            (Self::Hash(_) | Self::HashEnd(_), _) => {
                unreachable!("a text that was read compares like with like")
            }
        }
    }

    fn words(&self) -> String {
        match self {
            Self::Number(number) => number.to_string(),
            Self::Coins(units) => coins(*units),
            Self::Hash(hash) => format!("..{}", &hash[hash.len().saturating_sub(8)..]),
            Self::HashEnd(end) => (*end).to_owned(),
        }
    }
}

/// As an amount is written; a sum may be more than all coins that there are.
fn coins(units: u128) -> String {
    let (whole, rest) = (units / wide_coin(), units % wide_coin());
    let fraction = format!("{rest:08}");
    match fraction.trim_end_matches('0') {
        "" => whole.to_string(),
        fraction => format!("{whole}.{fraction}"),
    }
}

fn wide_coin() -> u128 {
    COIN.into()
}
