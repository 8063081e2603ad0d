//! Links: what they are like, and the rule by which they are made.

use super::super::NODES_MAX;
use super::super::roster::DISCOVER;
use super::super::topology::Topology;
use super::nodes::Nodes;
use crate::lab::paper::document::{FileError, Position, Section};
use crate::lab::paper::network::set;
use crate::lab::paper::units::{UnitError, parse_bandwidth, parse_duration, parse_preset};
use crate::lab::spec::LinkSpec;
use crate::link::{Conditions, LinkState};
use std::collections::BTreeSet;

const STATES: [(&str, LinkState); 3] = [
    ("open", LinkState::Open),
    ("cut", LinkState::Cut),
    ("black-hole", LinkState::BlackHole),
];

/// Links of a node in a random net, on average.
const DEGREE_DEFAULT: usize = 4;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    Ring,
    Star,
    Line,
    Mesh,
    Random,
}

const SHAPES: [(&str, Shape); 5] = [
    ("ring", Shape::Ring),
    ("star", Shape::Star),
    ("line", Shape::Line),
    ("mesh", Shape::Mesh),
    ("random", Shape::Random),
];

/// `[link]`, and the pairs that are different.
pub(super) fn read(
    link: &mut Section<'_>,
    nodes: &Nodes<'_>,
) -> Result<(Conditions, Vec<LinkSpec>), FileError> {
    let all = read_conditions(link, Conditions::default())?;
    let rows = link.sections("pair")?;
    link.finish()?;
    let (mut pairs, mut described) = (Vec::new(), BTreeSet::new());
    for mut row in rows {
        let conditions = read_conditions(&mut row, all)?;
        for (from, to) in read_ends(&mut row, nodes)? {
            if !described.insert((from.clone(), to.clone())) {
                let key = if row.had("between") {
                    "between"
                } else {
                    "from"
                };
                let problem = format!("the way from {from} to {to} is described twice");
                return Err(row.error_at(key, problem));
            }
            pairs.push(LinkSpec {
                from,
                to,
                conditions,
            });
        }
    }
    Ok((all, pairs))
}

fn read_conditions(section: &mut Section<'_>, base: Conditions) -> Result<Conditions, FileError> {
    let preset = section.text("preset", "dsl", parse_preset)?;
    let mut conditions = preset.map_or(base, |preset| preset.conditions.in_state(base.state));
    set(
        &mut conditions.latency,
        section.text("latency", "80ms", parse_duration)?,
    );
    set(
        &mut conditions.jitter,
        section.text("jitter", "20ms", parse_duration)?,
    );
    let bandwidth = section.text("bandwidth", "1 MB/s", |text| match text {
        "unlimited" => Ok::<_, UnitError>(None),
        text => parse_bandwidth(text).map(Some),
    })?;
    set(&mut conditions.bandwidth, bandwidth);
    set(&mut conditions.loss, section.fraction("loss")?);
    set(&mut conditions.state, section.choice("state", &STATES)?);
    let sound = conditions.validate();
    sound.map_err(|error| section.error_at(error.key, error.problem))?;
    Ok(conditions)
}

/// The directions that a pair is about.
fn read_ends(row: &mut Section<'_>, nodes: &Nodes<'_>) -> Result<Vec<(String, String)>, FileError> {
    let between = row.texts("between", r#"["a", "b"]"#)?;
    let from = row.word("from", "a")?;
    let to = row.word("to", "b")?;
    row.finish()?;
    match (between, from, to) {
        (Some(ends), None, None) => {
            let Ok([a, b]) = <[_; 2]>::try_from(ends) else {
                return Err(row.error_at("between", "two nodes are wanted here"));
            };
            let there = ways(a, b, nodes)?;
            let back = there.iter().map(|(a, b)| (b.clone(), a.clone()));
            // Within a group each way is there already.
            let all: BTreeSet<_> = there.iter().cloned().chain(back).collect();
            Ok(all.into_iter().collect())
        }
        (None, Some(from), Some(to)) => ways(from, to, nodes),
        (None, Some(_), None) => Err(row.error_at("to", "is missing")),
        (None, None, Some(_)) => Err(row.error_at("from", "is missing")),
        (None, None, None) => {
            let problem = "is missing: write between = [\"a\", \"b\"], or for one direction from \
                           = \"a\" and to = \"b\"";
            Err(row.error_at("between", problem))
        }
        (Some(_), ..) => Err(row.error_at("between", "from and to say the same: leave them out")),
    }
}

/// All ways from one end to the other: each may stand for many nodes.
fn ways(
    (a, a_place): (String, Position<'_>),
    (b, b_place): (String, Position<'_>),
    nodes: &Nodes<'_>,
) -> Result<Vec<(String, String)>, FileError> {
    let (from, to) = (group(&a, &a_place, nodes)?, group(&b, &b_place, nodes)?);
    let to = &to;
    let ways = from.iter().flat_map(|a| to.iter().map(move |b| (a, b)));
    let ways = ways.filter(|(a, b)| a != b);
    let ways: Vec<_> = ways.map(|(a, b)| (a.clone(), b.clone())).collect();
    match (ways.is_empty(), a.ends_with('*')) {
        (true, true) => Err(b_place.error(format!("{a} is one node, and has no link to itself"))),
        (true, false) => Err(b_place.error(format!("{b} has no link to itself"))),
        (false, _) => possible(ways, nodes).map_err(|problem| b_place.error(problem)),
    }
}

/// Those of these ways that there can be. Of two groups some nodes may be of another kind.
///
/// # Errors
/// In words: there are none.
fn possible(
    ways: Vec<(String, String)>,
    nodes: &Nodes<'_>,
) -> Result<Vec<(String, String)>, String> {
    let judged = ways.into_iter().map(|(a, b)| {
        let fits = nodes.check_link(&a, &b);
        fits.map(|()| (a, b))
    });
    let (fit, unfit): (Vec<_>, Vec<_>) = judged.partition(Result::is_ok);
    let fit: Vec<_> = fit.into_iter().flatten().collect();
    match unfit.into_iter().find_map(Result::err) {
        Some(problem) if fit.is_empty() => Err(problem),
        _ => Ok(fit),
    }
}

/// The node of this name, or with a `*` at its end all whose names begin like this.
fn group(name: &str, place: &Position<'_>, nodes: &Nodes<'_>) -> Result<Vec<String>, FileError> {
    let Some(beginning) = name.strip_suffix('*') else {
        nodes.find(name, place)?;
        return Ok(vec![name.to_owned()]);
    };
    let names = nodes.specs.iter().map(|spec| &spec.name);
    let found: Vec<_> = names
        .filter(|name| name.starts_with(beginning))
        .cloned()
        .collect();
    match found.is_empty() {
        true => Err(place.error(format!("no node's name begins with {beginning:?}"))),
        false => Ok(found),
    }
}

/// A rule for links whose names were not looked at.
pub(super) struct Rule<'a> {
    kind: Shape,
    degree: usize,
    seed: u64,
    center: Option<(String, Position<'a>)>,
}

/// `[topology]`: the rule, if there is one, and how many connections nodes look for by themselves.
pub(super) fn read_topology<'a>(
    section: &mut Section<'a>,
) -> Result<(Option<Rule<'a>>, usize), FileError> {
    let kind = section.choice("kind", &SHAPES)?;
    let degree = section.number("degree", 2..=NODES_MAX - 1)?;
    let seed = section.number("seed", 0..=u64::MAX)?;
    let center = section.word("center", "central")?;
    let discover = section.number("discover", DISCOVER)?;
    section.finish()?;
    for (key, owner, name) in [
        ("degree", Shape::Random, "random"),
        ("seed", Shape::Random, "random"),
        ("center", Shape::Star, "star"),
    ] {
        if section.had(key) && kind != Some(owner) {
            let problem = format!("has a meaning only with kind = {name:?}");
            return Err(section.error_at(key, problem));
        }
    }
    let rule = kind.map(|kind| Rule {
        kind,
        degree: degree.unwrap_or(DEGREE_DEFAULT),
        seed: seed.unwrap_or(1),
        center,
    });
    Ok((rule, discover.unwrap_or(0)))
}

impl Rule<'_> {
    /// Adds its links to those that nodes have of their own. Bitcoin nodes are left as they are.
    pub(super) fn apply(&self, nodes: &mut Nodes<'_>) -> Result<(), FileError> {
        let own: Vec<usize> = nodes.own().collect();
        let center = match &self.center {
            Some((name, place)) => {
                let at = nodes.find(name, place)?;
                let found = own.iter().position(|own| *own == at);
                let problem = "is a Bitcoin node, and its links are those of its connect";
                found.ok_or_else(|| place.error(format!("{name} {problem}")))?
            }
            None => 0,
        };
        let topology = match self.kind {
            Shape::Ring => Topology::Ring,
            Shape::Line => Topology::Line,
            Shape::Mesh => Topology::Mesh,
            Shape::Star => Topology::Star { center },
            Shape::Random => Topology::Random {
                degree: self.degree,
                seed: self.seed,
            },
        };
        for (dials, dialled) in topology.links(own.len()) {
            nodes.link(own[dials], own[dialled]);
        }
        Ok(())
    }
}
