//! Reads a layout.
//!
//! The parts of a file speak of each other: coins of wallets, links of nodes, and a topology of all
//! of them. So nodes come first, and every name keeps its place in the file until it is known whose
//! name it is.

mod bitcoin;
mod chain;
mod links;
mod nodes;
mod steps;
mod time;
mod traffic;

use self::nodes::Nodes;
use super::Layout;
use crate::lab::paper::document::{FileError, Section};
use crate::lab::paper::names::check_layout_name;
use crate::lab::spec::{Lines, OpeningView, ViewSpec};
use crate::node::foreign::is_hidden;
use std::path::Path;

/// Most panes beside each other: each then has a dozen characters on a very wide screen.
pub const COLUMNS_MAX: u16 = 16;

/// Longest hint, in characters: more is not seen at once.
pub const HINT_MAX: usize = 200;

/// What lines are made of, by name.
const LINES: [(&str, Lines); 2] = [("boxes", Lines::Boxes), ("braille", Lines::Braille)];

/// Reads a layout from the text of a file.
///
/// # Errors
/// [`FileError`], the first thing that is wrong.
pub fn read(file: &str, text: &str) -> Result<Layout, FileError> {
    let mut document = Section::parse(file, text)?;
    let mut chain = document.part("chain")?;
    let mut link = document.part("link")?;
    let mut topology = document.part("topology")?;
    let groups = document.sections("node")?;
    let mut view = document.part("view")?;
    let traffic = document.section("traffic")?;
    let mut script = document.part("script")?;
    let mut time = document.part("time")?;
    let steps = document.sections("step")?;
    document.finish()?;

    let (rule, discover) = links::read_topology(&mut topology)?;
    let mut nodes = Nodes::read(groups, discover)?;
    if nodes.specs.is_empty() {
        let problem = "a lab has at least one: write [[node]], and below it name = \"...\"";
        return Err(document.error_at("node", problem));
    }
    nodes.connect()?;
    if let Some(rule) = rule {
        if nodes.own().next().is_none() {
            let problem = "makes links between chainlab's own nodes, and there are none: Bitcoin nodes have \
                           connect";
            return Err(document.error_at("topology", problem));
        }
        rule.apply(&mut nodes)?;
    }
    let chain = chain::read(&mut chain, &nodes)?;
    let (link, pairs) = links::read(&mut link, &nodes)?;
    let view = read_view(&mut view, &nodes)?;
    let traffic = traffic.map(|traffic| traffic::read(traffic, &nodes, &chain));
    let traffic = traffic.transpose()?;
    let steps = steps::read(steps, &nodes, chain.params.address_version)?;
    let pace = steps::read_pace(&mut script)?;
    let time = time::read(&mut time)?;
    let stem = Path::new(file).file_stem().and_then(|stem| stem.to_str());
    let name = stem.unwrap_or(file);
    check_layout_name(name).map_err(|problem| document.error_at("the file", problem))?;
    Ok(Layout {
        name: name.to_owned(),
        file: file.to_owned(),
        about: about(text),
        chain,
        link,
        pairs,
        nodes: nodes.specs,
        view,
        traffic,
        steps,
        pace,
        time,
    })
}

/// The comment that a text opens with.
fn about(text: &str) -> Vec<String> {
    let text = text.trim_start_matches('\u{feff}');
    let comments = text.lines().map_while(|line| line.strip_prefix('#'));
    let plain = |line: &str| line.strip_prefix(' ').unwrap_or(line).trim_end().to_owned();
    comments.map(plain).collect()
}

fn read_view(view: &mut Section<'_>, nodes: &Nodes<'_>) -> Result<ViewSpec, FileError> {
    let columns = view.number("columns", 1..=COLUMNS_MAX)?;
    let table = view.flag("table")?;
    let focus = view.word("focus", "central")?;
    let open = view.choice("open", &OpeningView::ALL)?;
    let hint = view.text("hint", "try: b mines a block", |text| {
        if text.contains(is_hidden) || text.chars().count() > HINT_MAX {
            return Err(format!(
                "one line of at most {HINT_MAX} characters is wanted here"
            ));
        }
        Ok(text.to_owned())
    })?;
    let lines = view.choice("lines", &LINES)?;
    view.finish()?;
    if let Some((name, place)) = &focus {
        nodes.find(name, place)?;
    }
    Ok(ViewSpec {
        columns,
        table,
        focus: focus.map(|(name, _)| name),
        open: open.unwrap_or_default(),
        hint,
        lines: lines.unwrap_or_default(),
    })
}
