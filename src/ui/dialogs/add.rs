//! A new node.

use super::dialog::{Dialog, Verdict};
use super::form::{Beside, Field, Fields, Pressed};
use super::wallet::check_new_wallet;
use super::window::{self, WindowLine};
use crate::lab::layout::NODES_MAX;
use crate::lab::paper::names::{missing, parse_node_name};
use crate::lab::paper::units::parse_rate;
use crate::lab::spec::{MineSpec, NodeSpec};
use crate::lab::{LabView, Request};
use crate::node::NodeIx;
use crate::node::config::MiningMode;
use crate::node::message::Role;
use crate::ui::keymap::KeyPress;
use crate::ui::viewer::{Effect, Purpose, Viewer};
use crate::ui::widgets::scene::Scene;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Span;

/// Columns that it likes to have.
const WIDTH: u16 = 66;

const NAME: usize = 0;
const CONNECT: usize = 1;
const MINES: usize = 2;
const WALLET: usize = 3;

/// What to say of a node.
pub struct AddForm {
    form: Fields,
    /// What the lab said against it.
    refusal: Option<String>,
    waits: bool,
}

impl AddForm {
    pub fn new(lab: &LabView, node: NodeIx) -> Self {
        let peer = lab.node(node).map_or("", |node| &*node.name);
        let fields = vec![
            Field::new("Name", free_name(lab)),
            Field::new("Connect to", peer),
            Field::new("Mines at", ""),
            Field::new("Wallet", ""),
        ];
        Self {
            form: Fields::new(fields, NAME),
            refusal: None,
            waits: false,
        }
    }

    /// The node as the fields say it, and what is wrong beside them.
    fn read(&mut self, lab: &LabView) -> NodeSpec {
        let mut spec = NodeSpec::new(self.form.text(NAME));
        if lab.nodes.len() >= NODES_MAX {
            self.refusal = Some(format!("a lab has {NODES_MAX} nodes at most"));
        }
        if let Err(why) = parse_node_name(&spec.name) {
            self.form.blame(NAME, why);
        } else if lab.named(&spec.name).is_some() {
            let words = format!("there is a node {} already", spec.name);
            self.form.blame(NAME, words);
        }
        for peer in words(self.form.text(CONNECT)).map(ToOwned::to_owned) {
            if !spec.connect.contains(&peer) {
                spec.connect.push(peer);
            }
        }
        let names = lab.nodes.iter().map(|node| &*node.name);
        let unknown = spec
            .connect
            .iter()
            .find(|peer| lab.named(peer).is_none())
            .cloned();
        if let Some(peer) = unknown {
            self.form.blame(CONNECT, missing("node", &peer, names));
        }
        self.read_mining(lab, &mut spec);
        spec
    }

    fn read_mining(&mut self, lab: &LabView, spec: &mut NodeSpec) {
        let rate = self.form.text(MINES).to_owned();
        if !rate.is_empty() {
            match parse_rate(&rate) {
                Ok(hashrate) => {
                    spec.role = Role::Miner;
                    spec.mine = MineSpec {
                        mode: MiningMode::On,
                        hashrate,
                        ..MineSpec::default()
                    };
                }
                Err(why) => self.form.blame(MINES, why.to_string()),
            }
        }
        let wallet = self.form.text(WALLET).to_owned();
        if wallet.is_empty() {
            return;
        }
        if let Err(why) = check_new_wallet(lab, &wallet) {
            self.form.blame(WALLET, why);
        }
        if spec.role == Role::Full {
            spec.role = Role::Wallet;
        }
        spec.wallets.push(wallet);
    }

    /// For peers: what was typed up to its last word, with each name that is not in it.
    fn offers(&self, lab: &LabView) -> Vec<String> {
        if self.form.at() != CONNECT {
            return Vec::new();
        }
        let typed = self.form.typed();
        let head = typed.rfind([',', ' ']).map_or("", |at| &typed[..=at]);
        let is_new = |name: &&str| words(head).all(|there| there != *name);
        let names = lab.nodes.iter().map(|node| &*node.name).filter(is_new);
        names.map(|name| format!("{head}{name}")).collect()
    }
}

impl Dialog for AddForm {
    fn key(&mut self, lab: &LabView, _viewer: &mut Viewer, key: KeyPress) -> Verdict {
        let offers = self.offers(lab);
        match self.form.key(key, &offers) {
            Pressed::Leave => return Verdict::close(),
            Pressed::Submit if !self.waits => {}
            _ => return Verdict::stay(),
        }
        self.refusal = None;
        self.form.forgive();
        let spec = self.read(lab);
        if self.form.go_to_error() || self.refusal.is_some() {
            return Verdict::stay();
        }
        self.waits = true;
        let request = Request::Add(Box::new(spec));
        Verdict::Stay(vec![Effect::Ask(request, Purpose::Add)])
    }

    fn paste(&mut self, text: &str) -> Result<(), String> {
        self.form.paste(text);
        Ok(())
    }

    fn awaits(&self, purpose: &Purpose) -> bool {
        self.waits && *purpose == Purpose::Add
    }

    fn refused(&mut self, why: &str) {
        self.waits = false;
        self.refusal = Some(why.to_owned());
    }

    fn render(&self, frame: &mut Frame<'_>, area: Rect, scene: Scene<'_>) {
        let lab = scene.lab;
        let theme = scene.theme;
        let room = window::inner_width(area, WIDTH);
        let hint = match self.form.at() {
            CONNECT => "names, with commas",
            MINES => "14 kH/s; empty: no",
            WALLET => "empty: none",
            _ => "",
        };
        let mut lines = self.form.lines(&Beside {
            theme,
            room,
            offers: &self.offers(lab),
            notes: &[(self.form.at(), hint.to_owned())],
        });
        if let Some(why) = &self.refusal {
            lines.extend(window::paragraph(why, room, 0, 1, theme.bad()));
        }
        lines.push(match self.waits {
            true => WindowLine::new(vec![Span::styled(
                format!("adding it{}", window::dots(theme)),
                theme.warn(),
            )]),
            false => WindowLine::blank(),
        });
        lines.push(window::keys(
            theme,
            room,
            &[
                ("Enter", "adds it"),
                ("Tab", "next field"),
                ("Esc", "leaves"),
            ],
        ));
        window::render(frame, area, theme, "add a node", WIDTH, lines);
    }
}

/// Names, separated by commas or spaces.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split([',', ' ']).filter(|word| !word.is_empty())
}

/// `node4` in a lab of three.
fn free_name(lab: &LabView) -> String {
    let numbers = lab.nodes.len() + 1..;
    let mut names = numbers.map(|number| format!("node{number}"));
    let free = names.find(|name| lab.named(name).is_none());
    free.expect("a lab has not every name")
}
