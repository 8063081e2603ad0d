//! How a link looks, by what is wrong with it: a colour, a kind of line, and a sign or words, as
//! nothing rests on colour alone.

use super::canvas::Stroke;
use crate::lab::paper::units::show_bandwidth;
use crate::lab::view::LinkView;
use crate::link::{Conditions, LinkState};
use crate::ui::text;
use crate::ui::theme::Theme;
use ratatui::style::{Modifier, Style};
use std::collections::BTreeMap;
use std::time::Duration;

/// Bytes a second below which a link is narrow: a megabit.
const NARROW: u64 = 125_000;

/// With so many links each says how long it takes; of more only those that are not like most.
const LABELLED: usize = 12;

/// What there is to say of a link, the worse the later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// As most.
    Plain,
    /// It takes longer than most.
    Slow,
    /// It loses something, or carries little.
    Poor,
    /// Nothing keeps both ends apart, and they are not connected.
    Apart,
    /// Nothing passes one way.
    OneWay,
    /// It swallows all.
    Hole,
    /// It is cut.
    Cut,
}

/// How brightly a link is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Light {
    /// Among many, it is none of the focused node.
    Faint,
    /// As it is.
    Full,
    /// It was chosen.
    Chosen,
    /// Time has stopped at what happened on it.
    Lit,
}

/// All links of a lab, to know what is usual.
#[derive(Clone, Copy, Debug)]
pub struct Usual {
    /// The latency that most have.
    pub latency: Duration,
    /// Each says how long it takes.
    pub all_say: bool,
}

impl Usual {
    /// Of these links.
    pub fn new(links: &[LinkView]) -> Self {
        let mut counts: BTreeMap<Duration, usize> = BTreeMap::new();
        for link in links {
            *counts.entry(slowest(link)).or_default() += 1;
        }
        // Of as many the fastest.
        let most = counts.iter().rev().max_by_key(|(_, count)| **count);
        Self {
            latency: most.map_or(Duration::ZERO, |(latency, _)| *latency),
            all_say: links.len() <= LABELLED,
        }
    }
}

/// The longer latency of both directions.
fn slowest(link: &LinkView) -> Duration {
    link.there.latency.max(link.back.latency)
}

fn is_poor(way: &Conditions) -> bool {
    way.loss > 0.0 || is_narrow(way)
}

fn is_narrow(way: &Conditions) -> bool {
    way.bandwidth.is_some_and(|bytes| bytes < NARROW)
}

impl Kind {
    /// Of a link.
    pub fn of(link: &LinkView, usual: Usual) -> Self {
        use LinkState::{BlackHole, Open};
        let ways = [&link.there, &link.back];
        let is_like = |state| ways.iter().all(|way| way.state == state);
        let are_open = ways.map(|way| way.state == Open);
        match are_open {
            [false, false] if is_like(BlackHole) => Self::Hole,
            [false, false] => Self::Cut,
            [false, true] | [true, false] => Self::OneWay,
            _ if !link.is_connected => Self::Apart,
            _ if ways.iter().any(|way| is_poor(way)) => Self::Poor,
            _ if slowest(link) > usual.latency => Self::Slow,
            _ => Self::Plain,
        }
    }

    /// Its sign in a table.
    pub fn sign(self) -> &'static str {
        match self {
            Self::Plain => "+",
            Self::Slow => "~",
            Self::Poor => "%",
            Self::Apart => "-",
            Self::OneWay => "/",
            Self::Hole => "o",
            Self::Cut => "x",
        }
    }

    /// What the sign means.
    pub fn words(self) -> &'static str {
        match self {
            Self::Plain => "open",
            Self::Slow => "slower",
            Self::Poor => "lossy, narrow",
            Self::Apart => "not connected",
            Self::OneWay => "shut one way",
            Self::Hole => "black hole",
            Self::Cut => "cut",
        }
    }

    /// Its colour.
    pub fn style(self, theme: Theme) -> Style {
        match self {
            Self::Plain => theme.dim(),
            Self::Slow => theme.text(),
            Self::Poor => theme.warn(),
            Self::Apart => theme.faint(),
            Self::OneWay | Self::Hole | Self::Cut => theme.bad(),
        }
    }

    /// Whether nothing passes, or not both ways: it is dashed then.
    pub fn is_shut(self) -> bool {
        self >= Self::Apart
    }

    /// Its line.
    pub fn stroke(self, theme: Theme, light: Light) -> Stroke {
        let style = match light {
            Light::Lit => theme.warn(),
            Light::Chosen => theme.focus(),
            Light::Full => self.style(theme),
            Light::Faint => self.style(theme).add_modifier(Modifier::DIM),
        };
        let rank = match (light, self) {
            (Light::Lit, _) => 21,
            (Light::Chosen, _) => 20,
            (Light::Full, Self::Apart) => 8,
            (Light::Full, kind) => 9 + kind as u8,
            (Light::Faint, Self::Apart) => 0,
            // What is shut shows through those that are plain.
            (Light::Faint, kind) => 1 + kind as u8,
        };
        Stroke {
            style,
            rank,
            is_dashed: self.is_shut(),
            is_thick: light >= Light::Chosen,
        }
    }

    /// What stands on its line, and the sign that stays where there is no room for it.
    pub fn label(self, link: &LinkView, usual: Usual) -> Option<(String, Option<&'static str>)> {
        match self {
            Self::Cut | Self::Hole => {
                let words = format!("{} {}", self.sign(), self.words());
                Some((words, Some(self.sign())))
            }
            Self::OneWay => {
                let ways = [link.there.state, link.back.state];
                let sign = match ways.contains(&LinkState::Cut) {
                    true => "x",
                    false => "o",
                };
                Some((format!("{sign} one way"), Some(sign)))
            }
            Self::Apart => None,
            Self::Poor => Some((poor_words(link, usual), Some("%"))),
            Self::Slow => Some((text::lapse(slowest(link)), None)),
            Self::Plain if usual.all_say && !usual.latency.is_zero() => {
                Some((text::lapse(slowest(link)), None))
            }
            Self::Plain => None,
        }
    }
}

fn poor_words(link: &LinkView, usual: Usual) -> String {
    let mut words = Vec::new();
    let latency = slowest(link);
    if latency > usual.latency || usual.all_say && !latency.is_zero() {
        words.push(text::lapse(latency));
    }
    let lost = link.there.loss.max(link.back.loss);
    if lost > 0.0 {
        words.push(percent(lost));
    }
    let ways = [&link.there, &link.back];
    let narrow = ways.iter().filter(|way| is_narrow(way));
    if let Some(bytes) = narrow.filter_map(|way| way.bandwidth).min() {
        words.push(show_bandwidth(bytes));
    }
    words.join(" ")
}

/// A share: `1 %`, `0.1 %`.
pub fn percent(share: f64) -> String {
    let text = format!("{:.2}", share * 100.0);
    let text = text.trim_end_matches('0').trim_end_matches('.');
    format!("{text} %")
}

/// A state, in a word or two.
pub fn state(state: LinkState) -> &'static str {
    match state {
        LinkState::Open => "open",
        LinkState::Cut => "cut",
        LinkState::BlackHole => "black hole",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::Preset;
    use crate::node::NodeIx;

    fn link(there: Conditions, back: Conditions) -> LinkView {
        LinkView {
            ends: (NodeIx(0), NodeIx(1)),
            there,
            back,
            is_connected: true,
            has_met: true,
            dials: (true, false),
        }
    }

    fn ms(ms: u64) -> Conditions {
        Conditions::latency(Duration::from_millis(ms))
    }

    #[test]
    fn the_worse_direction_says_what_a_link_is_like() {
        let usual = Usual::new(&[
            link(ms(80), ms(80)),
            link(ms(80), ms(80)),
            link(ms(9), ms(9)),
        ]);
        assert_eq!(usual.latency, Duration::from_millis(80));
        let cut = ms(80).in_state(LinkState::Cut);
        let hole = ms(80).in_state(LinkState::BlackHole);
        let radio = Preset::named("3g").expect("there is one").conditions;
        let narrow = Conditions {
            bandwidth: Some(7_000),
            ..ms(80)
        };
        let mut apart = link(ms(80), ms(80));
        apart.is_connected = false;
        for (link, kind, label) in [
            (link(ms(80), ms(10)), Kind::Plain, Some("80 ms")),
            (link(ms(10), ms(400)), Kind::Slow, Some("400 ms")),
            (link(ms(80), radio), Kind::Poor, Some("150 ms 1 %")),
            (link(narrow, ms(80)), Kind::Poor, Some("80 ms 7 kB/s")),
            (link(cut, ms(80)), Kind::OneWay, Some("x one way")),
            (link(ms(80), hole), Kind::OneWay, Some("o one way")),
            (link(hole, hole), Kind::Hole, Some("o black hole")),
            (link(hole, cut), Kind::Cut, Some("x cut")),
            (link(cut, cut), Kind::Cut, Some("x cut")),
            (apart, Kind::Apart, None),
        ] {
            assert_eq!(Kind::of(&link, usual), kind, "{link:?}");
            let shown = kind.label(&link, usual);
            assert_eq!(shown.map(|(words, _)| words).as_deref(), label);
        }
    }

    #[test]
    fn among_many_links_only_those_that_are_unlike_most_say_how_long_they_take() {
        let mut links = vec![link(ms(80), ms(80)); LABELLED + 1];
        links.push(link(ms(300), ms(300)));
        let usual = Usual::new(&links);
        assert_eq!(Kind::Plain.label(&links[0], usual), None);
        assert_eq!(Kind::of(links.last().expect("many"), usual), Kind::Slow);
    }
}
