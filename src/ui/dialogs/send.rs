//! A payment, step by step.
//!
//! ```text
//! filling ─Enter─► planning ─the plan─► planned ─Enter─► paying ─sent─► closed
//!    ▲                │                    │               │
//!    └── edits, Esc, or what is wrong ─────┴───────────────┘
//! ```
//!
//! Every question has a number. An answer to any but the last one says nothing about what the form
//! holds now, and is not this form's: what came of a payment then stands on the message line.

use super::dialog::{Dialog, Verdict};
use super::form::{Beside, Field, Fields, Pressed};
use super::payment::{self, AMOUNT, FEE, FROM, TO};
use super::window::{self, WindowLine};
use crate::lab::{Answer, LabView, Request};
use crate::node::NodeIx;
use crate::node::io::{Command, Question, Reply, SendPlan};
use crate::ui::keymap::{Action, KeyPress};
use crate::ui::viewer::{Effect, Purpose, Viewer};
use crate::ui::widgets::scene::Scene;
use crossterm::event::KeyCode;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Span;

/// Columns that it likes to have.
const WIDTH: u16 = 70;

/// The form of a payment.
pub struct SendForm {
    /// The node that was focused.
    node: NodeIx,
    form: Fields,
    stage: Progress,
}

enum Progress {
    /// Fields are filled in; what was said against the last attempt.
    Filling(Option<String>),
    /// The node works out the payment.
    Planning { edition: u64, payer: NodeIx },
    /// This is what would happen.
    Planned { payer: NodeIx, plan: Box<SendPlan> },
    /// The node pays.
    Paying { edition: u64 },
}

impl SendForm {
    /// Who paid last when the form was opened on this node is proposed to pay again.
    pub fn new(lab: &LabView, viewer: &Viewer) -> Self {
        let node = viewer.focus;
        let mine_key = viewer.keymap.key_of(Action::MineNow);
        let last = viewer.last_payers.get(&node).map(String::as_str);
        let payers = payers(lab, node);
        let is_there = |last: &&str| {
            let found = payment::find(lab, last);
            found.is_some_and(|(ix, _)| payment::unable(lab, ix).is_none())
        };
        let last = last.filter(is_there).map(ToOwned::to_owned);
        let from = last.or(payers.into_iter().next());
        let has_payer = from.is_some();
        let from = from.unwrap_or_default();
        let emptiness = payment::emptiness(lab, node, &from, &mine_key);
        let fields = vec![
            Field::new("From", from),
            Field::new("To", ""),
            Field::new("Amount", ""),
            Field::new("Fee", lab.fee.to_string()),
        ];
        // Who pays is proposed: the first question is who is paid.
        let mut form = Fields::new(fields, if has_payer { TO } else { FROM });
        if let Some(words) = emptiness {
            form.blame(FROM, words);
        } else if !has_payer {
            form.blame(FROM, "no node that runs has a wallet");
        }
        Self {
            node,
            form,
            stage: Progress::Filling(None),
        }
    }

    fn submit(&mut self, lab: &LabView, viewer: &mut Viewer) -> Vec<Effect> {
        match &self.stage {
            Progress::Filling(_) => self.ask_plan(lab, viewer),
            Progress::Planned { payer, plan } => {
                let (payer, payment) = (*payer, plan.payment.clone());
                let edition = viewer.next_edition();
                let from = self.form.text(FROM).to_owned();
                viewer.last_payers.insert(self.node, from);
                self.stage = Progress::Paying { edition };
                let request = Request::Node(payer, Command::Send(payment));
                vec![Effect::Ask(request, Purpose::Pay(edition))]
            }
            Progress::Planning { .. } | Progress::Paying { .. } => Vec::new(),
        }
    }

    fn ask_plan(&mut self, lab: &LabView, viewer: &mut Viewer) -> Vec<Effect> {
        self.stage = Progress::Filling(None);
        self.form.forgive();
        let texts = [FROM, TO, AMOUNT, FEE].map(|at| self.form.text(at));
        let mine = viewer.keymap.key_of(Action::MineNow);
        let emptiness = payment::emptiness(lab, self.node, texts[FROM], &mine);
        let mut errors = match payment::read(lab, texts) {
            Ok((payer, payment)) if emptiness.is_none() => {
                let edition = viewer.next_edition();
                self.stage = Progress::Planning { edition, payer };
                let request = Request::Ask(payer, Question::PlanSend(payment));
                return vec![Effect::Ask(request, Purpose::Plan(edition))];
            }
            Ok(_) => Vec::new(),
            Err(errors) => errors,
        };
        if let Some(words) = emptiness {
            // That it is also short of the amount goes without saying.
            errors.retain(|(at, _)| *at != AMOUNT);
            errors.push((FROM, words));
        }
        for (at, error) in errors {
            self.form.blame(at, error);
        }
        self.form.go_to_error();
        Vec::new()
    }

    /// All suggestions for the active field.
    fn offers(&self, lab: &LabView) -> Vec<String> {
        match self.form.at() {
            FROM => payers(lab, self.node),
            TO => {
                let from = payment::find(lab, self.form.text(FROM));
                let network = |ix: NodeIx| lab.node(ix).map(|node| &node.network);
                // Coins of one network mean nothing on another.
                let fits = |ix: NodeIx, name: &str| {
                    from.is_none_or(|(payer, wallet)| {
                        wallet.name != name && network(payer) == network(ix)
                    })
                };
                let names = lab.wallets().filter(|(ix, wallet)| fits(*ix, &wallet.name));
                names.map(|(_, wallet)| wallet.name.clone()).collect()
            }
            _ => Vec::new(),
        }
    }
}

impl Dialog for SendForm {
    fn key(&mut self, lab: &LabView, viewer: &mut Viewer, key: KeyPress) -> Verdict {
        if let Progress::Paying { .. } = self.stage {
            // What is under way cannot be changed any more, only left to itself.
            return match key.code {
                KeyCode::Esc => Verdict::close(),
                _ => Verdict::stay(),
            };
        }
        let offers = self.offers(lab);
        let effects = match self.form.key(key, &offers) {
            Pressed::Leave => match self.stage {
                Progress::Planned { .. } => {
                    self.stage = Progress::Filling(None);
                    Vec::new()
                }
                _ => return Verdict::close(),
            },
            Pressed::Submit => self.submit(lab, viewer),
            Pressed::Edited => {
                self.stage = Progress::Filling(None);
                Vec::new()
            }
            Pressed::Nothing => Vec::new(),
        };
        Verdict::Stay(effects)
    }

    fn paste(&mut self, text: &str) -> Result<(), String> {
        if !matches!(self.stage, Progress::Paying { .. }) {
            self.form.paste(text);
            self.stage = Progress::Filling(None);
        }
        Ok(())
    }

    fn awaits(&self, purpose: &Purpose) -> bool {
        match (&self.stage, purpose) {
            (Progress::Planning { edition, .. }, Purpose::Plan(of))
            | (Progress::Paying { edition }, Purpose::Pay(of)) => edition == of,
            _ => false,
        }
    }

    fn answered(&mut self, answer: &Result<Answer, String>) -> Verdict {
        let payer = match self.stage {
            Progress::Planning { payer, .. } => Some(payer),
            _ => None,
        };
        match (answer, payer) {
            (Ok(Answer::Node(_, Reply::Plan(plan))), Some(payer)) => {
                let plan = Box::new(plan.clone());
                self.stage = Progress::Planned { payer, plan };
            }
            (Ok(_), None) => return Verdict::close(),
            (Ok(_), Some(_)) => {
                let words = "the node answered something else".to_owned();
                self.stage = Progress::Filling(Some(words));
            }
            (Err(why), _) => self.stage = Progress::Filling(Some(why.clone())),
        }
        Verdict::stay()
    }

    fn render(&self, frame: &mut Frame<'_>, area: Rect, scene: Scene<'_>) {
        let lab = scene.lab;
        let theme = scene.theme;
        let room = window::inner_width(area, WIDTH);
        let payer = payment::find(lab, self.form.text(FROM));
        let can_spend = payer.map(|(_, wallet)| format!("{} to spend", wallet.spendable));
        let mut lines = self.form.lines(&Beside {
            theme,
            room,
            offers: &self.offers(lab),
            notes: &[(FROM, can_spend.unwrap_or_default())],
        });
        lines.push(WindowLine::blank());
        let busy = |words: &str| {
            let words = format!("{words}{}", window::dots(theme));
            WindowLine::new(vec![Span::styled(words, theme.warn())])
        };
        let mut keys = vec![
            ("Enter", "shows what happens"),
            ("Tab", "next field"),
            ("Esc", "leaves"),
        ];
        match &self.stage {
            Progress::Filling(None) => {}
            Progress::Filling(Some(why)) => {
                lines.extend(window::paragraph(why, room, 0, 1, theme.bad()));
            }
            Progress::Planning { .. } => lines.push(busy("working it out")),
            Progress::Planned { plan, .. } => {
                let words = payment::describe(plan);
                lines.extend(window::paragraph(&words, room, 0, 0, theme.good()));
                keys = vec![("Enter", "sends"), ("Esc", "goes back")];
            }
            Progress::Paying { .. } => {
                lines.push(busy("sending"));
                keys = vec![("Esc", "leaves it to itself")];
            }
        }
        lines.push(window::keys(theme, room, &keys));
        window::render(frame, area, theme, "send coins", WIDTH, lines);
    }
}

/// Wallets that can pay: the node's own, then those of all others, each in the order in
/// which they were made.
fn payers(lab: &LabView, node: NodeIx) -> Vec<String> {
    let pays = |ix: NodeIx| payment::unable(lab, ix).is_none();
    let wallets = || lab.wallets().filter(|(ix, _)| pays(*ix));
    let own = wallets().filter(|(ix, _)| *ix == node);
    let own = own.map(|(_, wallet)| wallet.name.clone());
    let others = wallets().filter(|(ix, _)| *ix != node);
    let others = others.filter_map(|(ix, wallet)| {
        let node = lab.node(ix)?;
        Some(format!("{}@{}", wallet.name, node.name))
    });
    own.chain(others).collect()
}
