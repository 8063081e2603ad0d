//! Keys that change something: what is asked of the lab. What stands in the way was looked at before.

use super::links::bend;
use super::state::UiState;
use crate::chain::Amount;
use crate::lab::{LabView, NodeView, Request, TrafficChange};
use crate::node::config::MiningMode;
use crate::node::io::{Command, Payment};
use crate::node::snapshot::{MiningInfo, NodeSnapshot};
use crate::ui::keymap::{Action, by_action};
use crate::ui::viewer::{DialogId, Effect, Purpose};

impl UiState {
    /// Does what an action that changes something is for, at once or by a form.
    pub(super) fn change(&mut self, lab: &LabView, action: Action) -> Vec<Effect> {
        let dialog = match action {
            Action::ScriptNext | Action::ScriptAuto | Action::ScriptRestart => {
                return self.drive(lab, action);
            }
            Action::AddNode => DialogId::Add,
            Action::NewWallet => DialogId::Wallet,
            Action::Send => DialogId::Send,
            Action::EditLink => DialogId::Link,
            Action::Partition if lab.partition.is_none() => DialogId::Partition,
            // It is not known yet what to double.
            Action::Faster | Action::Slower if self.seen(lab).is_none() => return Vec::new(),
            _ => {
                let wish = self.wish(lab, action);
                let ask = wish.map(|(request, purpose)| Effect::Ask(request, purpose));
                return ask.into_iter().collect();
            }
        };
        self.open(lab, dialog);
        Vec::new()
    }

    /// What an action asks of the lab, or the form that it opens, as far as that is known before it is
    /// filled in.
    pub(super) fn wish(&self, lab: &LabView, action: Action) -> Option<(Request, Purpose)> {
        let of_node = |command| Request::Node(self.viewer.focus, command);
        Some(match action {
            Action::NewWallet => {
                let name = String::new();
                (of_node(Command::CreateWallet { name }), Purpose::Wallet)
            }
            Action::Send => {
                let payment = Payment {
                    from: String::new(),
                    to: String::new(),
                    amount: Amount::ZERO,
                    fee: None,
                };
                (of_node(Command::Send(payment)), Purpose::Tell)
            }
            Action::Mine => match self.miner(lab).map(|miner| miner.mode) {
                None | Some(MiningMode::Off) => {
                    (of_node(Command::Mine(MiningMode::On)), self.mining(lab))
                }
                Some(_) => (of_node(Command::Mine(MiningMode::Off)), Purpose::Tell),
            },
            Action::MineNow => (of_node(Command::MineNow), self.mining(lab)),
            Action::Faster => (of_node(self.rate(lab, 2.0)), Purpose::Rate),
            Action::Slower => (of_node(self.rate(lab, 0.5)), Purpose::Rate),
            Action::Kill => {
                let is_up = |node: &NodeView| node.state.is_up();
                let request = match lab.node(self.viewer.focus).is_none_or(is_up) {
                    true => Request::Kill(self.viewer.focus),
                    false => Request::Restart(self.viewer.focus),
                };
                (request, Purpose::Tell)
            }
            Action::EditLink | Action::CutLink | Action::HoleLink => {
                let link = self.viewer.chosen_link(lab)?;
                (bend(lab, link, action), Purpose::Tell)
            }
            Action::Partition => match lab.partition {
                Some(_) => (Request::Unite, Purpose::Tell),
                None => (Request::Partition(Vec::new()), Purpose::Tell),
            },
            Action::ToggleTraffic => (toggle_traffic(lab), Purpose::Tell),
            action => {
                let asks = by_action(action).asks?;
                (asks(self.viewer.focus), Purpose::Tell)
            }
        })
    }

    /// The focused node, as it was last seen.
    fn seen<'a>(&self, lab: &'a LabView) -> Option<&'a NodeSnapshot> {
        lab.node(self.viewer.focus)?.snapshot.as_deref()
    }

    fn miner<'a>(&self, lab: &'a LabView) -> Option<&'a MiningInfo> {
        self.seen(lab)?.mining.as_ref()
    }

    fn rate(&self, lab: &LabView, by: f64) -> Command {
        let rate = self.miner(lab).map_or(0.0, |miner| miner.hashrate);
        Command::SetHashrate(rate * by)
    }

    /// To be told how it mines, and whether it gets a wallet for its rewards.
    fn mining(&self, lab: &LabView) -> Purpose {
        Purpose::Mining {
            makes_wallet: self.seen(lab).is_some_and(|seen| seen.wallets.is_empty()),
        }
    }
}

/// Off, if payments are made; else on.
fn toggle_traffic(lab: &LabView) -> Request {
    let is_on = lab.traffic.is_some_and(|traffic| traffic.is_on);
    Request::Traffic(TrafficChange {
        on: Some(!is_on),
        rate: None,
    })
}
