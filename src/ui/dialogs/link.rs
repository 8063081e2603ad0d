//! What a link is to be like.
//!
//! What the fields say is what the link is like after Enter, in the directions that the last field
//! names; only what differs from what is so already is asked for. A preset fills in the others.

use super::dialog::{Dialog, Verdict};
use super::form::{Beside, Field, Fields, Pressed};
use super::window::{self, WindowLine};
use crate::lab::ask::Bend;
use crate::lab::paper::names::missing;
use crate::lab::paper::units::{
    parse_bandwidth, parse_duration, parse_preset, show_bandwidth, show_conditions, show_duration,
};
use crate::lab::view::LinkView;
use crate::lab::{LabView, LinkChange, Request};
use crate::link::{Conditions, LOSS_MAX, LinkState, PRESETS, Preset};
use crate::ui::keymap::KeyPress;
use crate::ui::viewer::{Effect, Purpose, Viewer};
use crate::ui::widgets::scene::Scene;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Span;
use std::time::Duration;

/// Columns that it likes to have.
const WIDTH: u16 = 72;

const PRESET: usize = 0;
const LATENCY: usize = 1;
const JITTER: usize = 2;
const BANDWIDTH: usize = 3;
const LOSS: usize = 4;
const STATE: usize = 5;
const WAY: usize = 6;

/// No limit of bandwidth.
const UNLIMITED: &str = "unlimited";

/// There and back.
const BOTH: &str = "both ways";

const STATES: [(&str, LinkState); 3] = [
    ("open", LinkState::Open),
    ("cut", LinkState::Cut),
    ("black hole", LinkState::BlackHole),
];

/// What to say of a link.
pub struct LinkForm {
    form: Fields,
    /// The names of its ends.
    ends: [String; 2],
    /// What it was like, there and back.
    before: [Conditions; 2],
    /// The preset that was filled in last.
    filled: String,
}

impl LinkForm {
    pub fn new(lab: &LabView, link: &LinkView) -> Self {
        let name = |ix| {
            lab.node(ix)
                .map_or_else(String::new, |node| node.name.to_string())
        };
        let ends = [name(link.ends.0), name(link.ends.1)];
        let like = link.there;
        let way = match like == link.back {
            true => BOTH.to_owned(),
            // Or both would become alike unasked.
            false => one_way(&ends[0], &ends[1]),
        };
        let fields = vec![
            Field::new("Preset", ""),
            Field::new("Latency", show_duration(like.latency)),
            Field::new("Jitter", show_duration(like.jitter)),
            Field::new("Bandwidth", show_wide(like.bandwidth)),
            Field::new("Loss", show_loss(like.loss)),
            Field::new("State", state_word(like.state)),
            Field::new("Direction", way),
        ];
        Self {
            form: Fields::new(fields, LATENCY),
            ends,
            before: [link.there, link.back],
            filled: String::new(),
        }
    }

    /// Has the other fields say what a preset is like, once its name is there.
    fn fill(&mut self) {
        let name = self.form.text(PRESET).to_owned();
        if name == self.filled {
            return;
        }
        if let Some(preset) = Preset::named(&name) {
            let like = preset.conditions;
            self.form.propose(LATENCY, &show_duration(like.latency));
            self.form.propose(JITTER, &show_duration(like.jitter));
            self.form.propose(BANDWIDTH, &show_wide(like.bandwidth));
            self.form.propose(LOSS, &show_loss(like.loss));
        }
        self.filled = name;
    }

    /// What is to change; what is wrong stands beside the fields. `None`: nothing is.
    fn read(&mut self) -> Option<Bend> {
        let preset = self.form.text(PRESET).to_owned();
        if !preset.is_empty()
            && let Err(why) = parse_preset(&preset)
        {
            self.form.blame(PRESET, why);
        }
        let like = Conditions {
            latency: self.delay(LATENCY),
            jitter: self.delay(JITTER),
            bandwidth: self.bandwidth(),
            loss: self.loss(),
            state: self.state(),
        };
        let (from, is_both_ways) = self.direction();
        let mut befores = vec![self.before[from]];
        if is_both_ways {
            befores.push(self.before[1 - from]);
        }
        let change = change(&befores, like);
        (change != LinkChange::default()).then(|| Bend {
            from: self.ends[from].clone(),
            to: self.ends[1 - from].clone(),
            is_both_ways,
            change,
        })
    }

    /// Blames a field for what makes these conditions none.
    fn check(&mut self, at: usize, like: Conditions) {
        if let Err(why) = like.validate() {
            self.form.blame(at, why.problem);
        }
    }

    fn delay(&mut self, at: usize) -> Duration {
        match parse_duration(self.form.text(at)) {
            Ok(delay) => {
                self.check(at, Conditions::latency(delay));
                delay
            }
            Err(why) => {
                self.form.blame(at, why.to_string());
                Duration::ZERO
            }
        }
    }

    fn bandwidth(&mut self) -> Option<u64> {
        let text = self.form.text(BANDWIDTH);
        if text.is_empty() || text == UNLIMITED {
            return None;
        }
        match parse_bandwidth(text) {
            Ok(bytes) => {
                let bandwidth = Some(bytes);
                let like = Conditions {
                    bandwidth,
                    ..Conditions::default()
                };
                self.check(BANDWIDTH, like);
                bandwidth
            }
            Err(why) => {
                self.form.blame(BANDWIDTH, why.to_string());
                None
            }
        }
    }

    /// In percent, as the field shows it. In layouts and shells a number alone is a share of 1, so one
    /// below 1 may be meant as either.
    fn loss(&mut self) -> f64 {
        let text = self.form.text(LOSS).to_owned();
        let number = text.strip_suffix('%').unwrap_or(&text).trim();
        let percent: Option<f64> = number.parse().ok();
        let words = match percent {
            Some(small) if 0.0 < small && small < 1.0 && !text.ends_with('%') => {
                format!("{small} %, or {}? Write it with %", show_loss(small))
            }
            Some(percent) if (0.0..=LOSS_MAX * 100.0).contains(&percent) => {
                return percent / 100.0;
            }
            _ => format!(
                "{text:?} is nothing from 0 to 90 %: write 5 % for a frame in twenty; of a black \
                 hole nothing arrives"
            ),
        };
        self.form.blame(LOSS, words);
        0.0
    }

    fn state(&mut self) -> LinkState {
        let text = self.form.text(STATE).to_owned();
        let found = STATES.iter().find(|(word, _)| *word == text);
        found.map(|(_, state)| *state).unwrap_or_else(|| {
            let words = missing("state", &text, STATES.iter().map(|(word, _)| *word));
            self.form.blame(STATE, words);
            LinkState::Open
        })
    }

    /// The end that sends, and whether the other one does too.
    fn direction(&mut self) -> (usize, bool) {
        let text = self.form.text(WAY).to_owned();
        let all = self.directions();
        match all.iter().position(|way| *way == text) {
            Some(0) => (0, true),
            Some(at) => (at - 1, false),
            None => {
                let words = missing("direction", &text, all.iter().map(String::as_str));
                self.form.blame(WAY, words);
                (0, true)
            }
        }
    }

    fn directions(&self) -> [String; 3] {
        let [a, b] = &self.ends;
        [BOTH.to_owned(), one_way(a, b), one_way(b, a)]
    }

    fn offers(&self) -> Vec<String> {
        match self.form.at() {
            PRESET => Preset::names().map(ToOwned::to_owned).collect(),
            STATE => STATES.iter().map(|(word, _)| (*word).to_owned()).collect(),
            WAY => self.directions().to_vec(),
            _ => Vec::new(),
        }
    }
}

impl Dialog for LinkForm {
    fn key(&mut self, _lab: &LabView, _viewer: &mut Viewer, key: KeyPress) -> Verdict {
        let offers = self.offers();
        match self.form.key(key, &offers) {
            Pressed::Leave => return Verdict::close(),
            Pressed::Submit => {}
            Pressed::Edited => {
                self.fill();
                return Verdict::stay();
            }
            Pressed::Nothing => return Verdict::stay(),
        }
        self.form.forgive();
        let asked = self.read();
        if self.form.go_to_error() {
            return Verdict::stay();
        }
        let asks = asked
            .into_iter()
            .map(|bend| Effect::Ask(Request::Link(bend), Purpose::Tell));
        Verdict::closing(asks.collect())
    }

    fn paste(&mut self, text: &str) -> Result<(), String> {
        self.form.paste(text);
        self.fill();
        Ok(())
    }

    fn render(&self, frame: &mut Frame<'_>, area: Rect, scene: Scene<'_>) {
        let theme = scene.theme;
        let room = window::inner_width(area, WIDTH);
        let hint = match self.form.at() {
            PRESET => "fills in the figures; empty: none",
            LATENCY => "how long all is on its way",
            JITTER => "how much longer at most",
            BANDWIDTH => "1 MB/s, 56 kbit/s, unlimited",
            LOSS => "frames that get lost, in %",
            _ => "Down chooses",
        };
        let mut lines = self.form.lines(&Beside {
            theme,
            room,
            offers: &self.offers(),
            notes: &[(self.form.at(), hint.to_owned())],
        });
        lines.push(WindowLine::blank());
        let names = Preset::names().map(str::len).max().unwrap_or_default();
        lines.extend(PRESETS.iter().map(|preset| {
            let name = Span::styled(format!("  {:<names$}  ", preset.name), theme.text());
            let like = Span::styled(show_conditions(&preset.conditions), theme.dim());
            WindowLine::ranked(8, vec![name, like])
        }));
        lines.push(window::keys(
            theme,
            room,
            &[
                ("Enter", "changes it"),
                ("Tab", "next field"),
                ("Esc", "leaves"),
            ],
        ));
        let title = format!("change {} - {}", self.ends[0], self.ends[1]);
        window::render(frame, area, theme, &title, WIDTH, lines);
    }
}

/// What differs from what any of these directions is like.
fn change(befores: &[Conditions], like: Conditions) -> LinkChange {
    let differs = |field: fn(&Conditions, &Conditions) -> bool| {
        befores.iter().any(|before| field(before, &like))
    };
    LinkChange {
        latency: differs(|a, b| a.latency != b.latency).then_some(like.latency),
        jitter: differs(|a, b| a.jitter != b.jitter).then_some(like.jitter),
        bandwidth: differs(|a, b| a.bandwidth != b.bandwidth).then_some(like.bandwidth),
        loss: differs(|a, b| (a.loss - b.loss).abs() > 1e-9).then_some(like.loss),
        state: differs(|a, b| a.state != b.state).then_some(like.state),
        next: None,
    }
}

fn one_way(from: &str, to: &str) -> String {
    format!("{from} to {to}")
}

fn show_wide(bandwidth: Option<u64>) -> String {
    bandwidth.map_or_else(|| UNLIMITED.to_owned(), show_bandwidth)
}

/// As it is read back, whole.
fn show_loss(loss: f64) -> String {
    let text = format!("{:.6}", loss * 100.0);
    format!("{} %", text.trim_end_matches('0').trim_end_matches('.'))
}

fn state_word(state: LinkState) -> &'static str {
    let found = STATES.iter().find(|(_, other)| *other == state);
    found.map_or("", |(word, _)| word)
}
