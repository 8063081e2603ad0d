//! How time goes.

use crate::lab::paper::document::{FileError, Section};
use crate::lab::paper::units::{parse_duration, parse_size};
use crate::lab::spec::{Captions, Speed, TimeSpec};
use serde_json::Value;
use std::ops::RangeInclusive;

/// Whether a story waits for its readers, by name.
const CAPTIONS: [(&str, Captions); 2] = [("go", Captions::Go), ("wait", Captions::Wait)];

/// Memory for going back, in bytes: a few moments of a small lab, or more than most machines have.
const MEMORY: RangeInclusive<u64> = 1_000_000..=64_000_000_000;

/// `[time]`.
pub(super) fn read(section: &mut Section<'_>) -> Result<TimeSpec, FileError> {
    let usual = TimeSpec::default();
    let is_virtual = section.flag("virtual")?;
    let speed = read_speed(section)?;
    let is_paused = section.flag("paused")?;
    let limit = section.text("limit", "24h", parse_duration)?;
    if limit.is_some_and(|limit| limit.is_zero()) {
        return Err(section.error_at("limit", "no time at all is left: leave it out"));
    }
    let memory = section.text("memory", "64 MB", |text| match parse_size(text) {
        Ok(bytes) if !MEMORY.contains(&bytes) => Err("not between 1 MB and 64 GB".to_owned()),
        read => read.map_err(|error| error.to_string()),
    })?;
    let captions = section.choice("captions", &CAPTIONS)?;
    section.finish()?;
    Ok(TimeSpec {
        is_virtual: is_virtual.unwrap_or(usual.is_virtual),
        speed: speed.unwrap_or(usual.speed),
        is_paused: is_paused.unwrap_or(usual.is_paused),
        limit,
        memory: memory.unwrap_or(usual.memory),
        captions: captions.unwrap_or(usual.captions),
    })
}

/// A speed is a number or a text.
fn read_speed(section: &mut Section<'_>) -> Result<Option<Speed>, FileError> {
    let Some(value) = section.take("speed") else {
        return Ok(None);
    };
    let text = match value.to_json()? {
        Value::String(text) => text,
        other => other.to_string(),
    };
    let speed = text.parse();
    speed
        .map(Some)
        .map_err(|problem: String| value.place().error(problem))
}
