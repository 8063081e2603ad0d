//! The steps of a layout's script.
//!
//! A step speaks of nodes and wallets, and earlier steps may have added some: each is read with
//! those that are there by then.

use super::nodes::Nodes;
use crate::lab::control::methods::{check_note, method, unknown};
use crate::lab::control::order::Order;
use crate::lab::control::params::BadParam;
use crate::lab::document::{FileError, Place, Section, nearest};
use crate::lab::script::cast::Cast;
use crate::lab::script::expr::Expr;
use crate::lab::script::step::{Expect, STEPS_MAX, Start, StepSpec, WITHIN};
use crate::lab::units::parse_duration;
use serde_json::Map;

/// `[[step]]`, each of them.
pub(super) fn read(
    sections: Vec<Section<'_>>,
    nodes: &Nodes<'_>,
    address_version: u8,
) -> Result<Vec<StepSpec>, FileError> {
    let mut cast = Cast::new(&nodes.specs, address_version);
    let mut steps = Vec::new();
    for mut section in sections {
        if steps.len() == STEPS_MAX {
            let problem = format!("a script has at most {STEPS_MAX} steps");
            return Err(section.error_at("step", problem));
        }
        steps.push(read_step(&mut section, &mut cast)?);
    }
    Ok(steps)
}

fn read_step(section: &mut Section<'_>, cast: &mut Cast) -> Result<StepSpec, FileError> {
    let at = section.text("at", "5s", parse_duration)?;
    let after = section.text("after", "3s", parse_duration)?;
    let when = read_expr(section, "when", cast)?;
    let action = section.word("do", "mine_now")?;
    let note = section.text("note", "the miner is gone", check_note)?;
    let start = match (at, after, when) {
        (None, None, None) => Start::AtOnce,
        (Some(at), None, None) => Start::At(at),
        (None, Some(pause), None) => Start::After(pause),
        (None, None, Some(expr)) => Start::When(expr),
        (Some(_), _, Some(_)) => {
            return Err(section.error_at("when", "at says when already: leave one out"));
        }
        (_, Some(_), _) => {
            let problem = "at or when say when already: leave one out";
            return Err(section.error_at("after", problem));
        }
    };
    // What is expected may be of a node that the step adds, so it is judged after that.
    let expect = section.word("expect", "height >= 3")?;
    let within = section.text("within", "10s", parse_duration)?;
    if within.is_some() && expect.is_none() {
        return Err(section.error_at("within", "has a meaning only with expect"));
    }
    let order = match action {
        Some(action) => Some(read_order(section, action, cast)?),
        None => {
            section.finish()?;
            None
        }
    };
    let expect = expect.map(|(text, place)| {
        let expr = check_expr(&text, cast).map_err(|words| place.error(words))?;
        let within = within.unwrap_or(WITHIN);
        Ok(Expect { expr, within })
    });
    let step = StepSpec {
        start,
        note,
        order,
        expect: expect.transpose()?,
    };
    match &step {
        StepSpec {
            order: None,
            note: None,
            expect: None,
            ..
        } => Err(section.error_at("do", "is missing, and so are note and expect")),
        _ => Ok(step),
    }
}

fn read_expr(
    section: &mut Section<'_>,
    key: &'static str,
    cast: &Cast,
) -> Result<Option<Expr>, FileError> {
    section.text(key, "height >= 3", |text| check_expr(text, cast))
}

fn check_expr(text: &str, cast: &Cast) -> Result<Expr, String> {
    let expr: Expr = text.parse().map_err(|error| format!("{error}"))?;
    expr.check(cast.nodes(), cast.wallets())?;
    Ok(expr)
}

/// What is to be done, of all the keys that are left.
fn read_order(
    section: &mut Section<'_>,
    (name, place): (String, Place<'_>),
    cast: &mut Cast,
) -> Result<Order, FileError> {
    let method = method(&name).ok_or_else(|| place.error(unknown(&name)))?;
    let keys = method.params.iter().map(|param| param.name);
    let keys = keys.chain(method.is_of_node().then_some("node"));
    let (mut params, mut places) = (Map::new(), Vec::new());
    for (key, place, value) in section.take_rows() {
        if !keys.clone().any(|known| known == key) {
            let problem = unknown_key(&key, &name, keys);
            return Err(place.error_alone(problem));
        }
        params.insert(key.clone(), value.to_json()?);
        places.push((key, value.place().clone()));
    }
    let placed = |section: &Section<'_>, error: BadParam| {
        let found = places.iter().find(|(key, _)| *key == error.key);
        match found {
            Some((_, place)) => place.error(error.problem),
            None => section.error_at(&error.key, error.problem),
        }
    };
    let order = method.read(params);
    let order = order.map_err(|error| placed(section, error))?;
    cast.play(&order).map_err(|error| placed(section, error))?;
    Ok(order)
}

/// Keys that every step can have.
const STEP_KEYS: [&str; 6] = ["at", "when", "do", "note", "expect", "within"];

fn unknown_key(
    key: &str,
    method: &str,
    params: impl Iterator<Item = &'static str> + Clone,
) -> String {
    match nearest(key, params.clone().chain(STEP_KEYS)) {
        Some(near) => format!("unknown key {key:?}; did you mean {near:?}?"),
        None => {
            let known: Vec<_> = params.chain(STEP_KEYS).collect();
            let known = known.join(", ");
            format!("unknown key {key:?}; known here, with do = {method:?}: {known}")
        }
    }
}
