//! The steps of a layout's script.
//!
//! A step speaks of nodes and wallets, and earlier steps may have added some: each is read with
//! those that are there by then.

use super::nodes::Nodes;
use crate::lab::ask::params::BadParam;
use crate::lab::ask::verbs::{check_note, unknown, verb};
use crate::lab::ask::{Named, Request, Scope};
use crate::lab::layout::resolve::Resolver;
use crate::lab::paper::document::{FileError, Position, Section, nearest};
use crate::lab::paper::units::parse_duration;
use crate::lab::script::Pace;
use crate::lab::script::expr::Expr;
use crate::lab::script::step::{
    Expect, SPEAKER_MAX, STEPS_MAX, Start, StepSpec, TITLE_MAX, WITHIN,
};
use crate::node::foreign::is_hidden;
use serde_json::Map;
use std::sync::Arc;
use std::time::Duration;

/// `[[step]]`, each of them.
pub(super) fn read(
    sections: Vec<Section<'_>>,
    nodes: &Nodes<'_>,
    address_version: u8,
) -> Result<Vec<StepSpec>, FileError> {
    let mut resolver = Resolver::new(&nodes.specs, address_version);
    let mut steps = Vec::new();
    for mut section in sections {
        if steps.len() == STEPS_MAX {
            let problem = format!("a script has at most {STEPS_MAX} steps");
            return Err(section.error_at("step", problem));
        }
        steps.push(read_step(&mut section, &mut resolver)?);
    }
    Ok(steps)
}

/// `[script]`: what brings the captions.
pub(super) fn read_pace(section: &mut Section<'_>) -> Result<Pace, FileError> {
    let manual = section.flag("manual")?;
    section.finish()?;
    Ok(match manual {
        Some(true) => Pace::Presenter,
        _ => Pace::Script,
    })
}

fn read_start(section: &mut Section<'_>, resolver: &Resolver) -> Result<Start, FileError> {
    let start = Start {
        at: section.text("at", "5s", parse_duration)?,
        after: section.text("after", "3s", parse_duration)?,
        when: read_expr(section, "when", resolver)?,
        at_latest: section.text("at_latest", "8s", parse_duration)?,
    };
    let is_there = |key: &&str| section.had(key);
    if let (Some(_), Some(key)) = (
        start.at,
        ["after", "when", "at_latest"].into_iter().find(is_there),
    ) {
        return Err(section.error_at(key, "at says when already: leave one out"));
    }
    match start {
        Start {
            when: None,
            at_latest: Some(_),
            ..
        } => Err(section.error_at("at_latest", "has a meaning only with when")),
        Start {
            after: Some(after),
            at_latest: Some(latest),
            ..
        } if latest < after => Err(section.error_at("at_latest", "is before after")),
        start => Ok(start),
    }
}

fn read_step(section: &mut Section<'_>, resolver: &mut Resolver) -> Result<StepSpec, FileError> {
    let start = read_start(section, resolver)?;
    let action = section.word("do", "mine_now")?;
    let words = read_words(section)?;
    // What is expected may be of a node that the step adds, so it is judged after that.
    let expect = section.word("expect", "height >= 3")?;
    let within = section.text("within", "10s", parse_duration)?;
    if within.is_some() && expect.is_none() {
        return Err(section.error_at("within", "has a meaning only with expect"));
    }
    let request = match action {
        Some(action) => Some(read_request(section, action, resolver)?),
        None => {
            section.finish()?;
            None
        }
    };
    let expect = expect.map(|(text, place)| {
        let expr = check_expr(&text, resolver).map_err(|words| place.error(words))?;
        let within = within.unwrap_or(WITHIN);
        Ok(Expect { expr, within })
    });
    let step = StepSpec {
        start,
        title: words.title,
        note: words.note,
        speaker: words.speaker,
        hold: words.hold,
        request,
        expect: expect.transpose()?,
    };
    match &step {
        StepSpec {
            request: None,
            note: None,
            expect: None,
            ..
        } => Err(section.error_at("do", "is missing, and so are note and expect")),
        _ => Ok(step),
    }
}

/// What a step shows, and for how long.
struct Words {
    title: Option<Arc<str>>,
    note: Option<String>,
    speaker: Option<String>,
    hold: Option<Duration>,
}

fn read_words(section: &mut Section<'_>) -> Result<Words, FileError> {
    let note = section.text("note", "the miner is gone", check_note)?;
    let title = section.text("title", "A double spend", |text| {
        check_line(text, TITLE_MAX, "letters").map(Arc::from)
    })?;
    let speaker = section.text("speaker", "look at the heights", |text| {
        check_line(text, SPEAKER_MAX, "characters")
    })?;
    let hold = section.text("hold", "4s", parse_duration)?;
    let has_note = note.as_ref().is_some_and(|note| !note.is_empty());
    if title
        .as_ref()
        .is_some_and(|title: &Arc<str>| title.is_empty())
    {
        return Err(section.error_at("title", "is empty: leave it out"));
    }
    if title.is_some() && !has_note {
        return Err(section.error_at("title", "has a meaning only above a note"));
    }
    if speaker.is_some() && !has_note {
        return Err(section.error_at("speaker", "has a meaning only with a note"));
    }
    if hold.is_some() && note.is_none() {
        return Err(section.error_at("hold", "has a meaning only with note"));
    }
    Ok(Words {
        title,
        note,
        speaker,
        hold,
    })
}

fn read_expr(
    section: &mut Section<'_>,
    key: &'static str,
    resolver: &Resolver,
) -> Result<Option<Expr>, FileError> {
    section.text(key, "height >= 3", |text| check_expr(text, resolver))
}

fn check_expr(text: &str, resolver: &Resolver) -> Result<Expr, String> {
    let expr: Expr = text.parse().map_err(|error| format!("{error}"))?;
    expr.check(&resolver.names())?;
    Ok(expr)
}

/// Reads a line of at most so many letters, which are called `what`.
fn check_line(text: &str, max: usize, what: &str) -> Result<String, String> {
    if text.contains(is_hidden) || text.chars().count() > max {
        return Err(format!("one line of at most {max} {what} is wanted here"));
    }
    Ok(text.to_owned())
}

/// What is to be done, of all the keys that are left.
fn read_request(
    section: &mut Section<'_>,
    (name, place): (String, Position<'_>),
    resolver: &mut Resolver,
) -> Result<Request<Named>, FileError> {
    let verb = verb(&name).ok_or_else(|| place.error(unknown(&name)))?;
    let keys = verb.params.iter().map(|param| param.name);
    let keys = keys.chain((verb.scope == Scope::Node).then_some("node"));
    let (mut params, mut places) = (Map::new(), Vec::new());
    for (key, place, value) in section.take_rows() {
        if !keys.clone().any(|known| known == key) {
            let known = keys.chain(section.asked());
            let problem = unknown_key(&key, &name, known);
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
    let request = verb.read(params);
    let request = request.map_err(|error| placed(section, error))?;
    if !request.is_step() {
        return Err(place.error(match request {
            Request::Time(_) => "a story cannot go elsewhere in itself: people and programs can; a step has time_pause and time_speed",
            Request::Run { .. } | Request::Export | Request::Save(_) => "a run is saved by people and programs, and not by its own steps",
            _ => "a script is led by people and programs, and not by its own steps",
        }));
    }
    resolver
        .play(&request)
        .map_err(|error| placed(section, error))?;
    Ok(request)
}

fn unknown_key(key: &str, verb: &str, known: impl Iterator<Item = &'static str> + Clone) -> String {
    match nearest(key, known.clone()) {
        Some(near) => format!("unknown key {key:?}; did you mean {near:?}?"),
        None => {
            let known: Vec<_> = known.collect();
            let known = known.join(", ");
            format!("unknown key {key:?}; known here, with do = {verb:?}: {known}")
        }
    }
}
