//! Keys that change something: what is asked of the lab. What stands in the way was looked at before.

use super::{Effect, Purpose, UiState};
use crate::lab::view::NodeState;
use crate::lab::{LabView, NodeView, Request, TrafficChange};
use crate::node::io::Command;
use crate::node::mining::MiningMode;
use crate::ui::dialog::Dialog;
use crate::ui::keymap::Action;

impl UiState {
    /// Does something with the focused node.
    pub(super) fn act_on_node(&mut self, lab: &LabView, action: Action) -> Vec<Effect> {
        if let Action::EditLink | Action::CutLink | Action::HoleLink | Action::Partition = action {
            return self.act_on_links(lab, action);
        }
        if let Action::ScriptNext | Action::ScriptAuto | Action::ScriptRestart = action {
            return self.drive(lab, action);
        }
        let Some(node) = lab.node(self.focus) else {
            return Vec::new();
        };
        match action {
            Action::AddNode => {
                self.dialog = Some(Dialog::add(lab, self.focus));
                return Vec::new();
            }
            Action::Kill => return self.kill(node),
            Action::ToggleTraffic => return toggle_traffic(lab),
            _ => {}
        }
        match action {
            Action::NewWallet => self.dialog = Some(Dialog::wallet(self.focus)),
            Action::Send => {
                let mine = self.keymap.key_of(Action::MineNow);
                let last = self.last_payers.get(&self.focus).map(String::as_str);
                self.dialog = Some(Dialog::send(lab, self.focus, last, &mine));
            }
            Action::Mine => return self.mine(node),
            Action::MineNow => return self.ask(Command::MineNow, mining(node)),
            Action::Faster => return self.change_rate(node, 2.0),
            Action::Slower => return self.change_rate(node, 0.5),
            Action::Release => return self.ask(Command::Release, Purpose::Tell),
            _ => {}
        }
        Vec::new()
    }

    fn ask(&self, command: Command, purpose: Purpose) -> Vec<Effect> {
        vec![Effect::Ask(Request::Node(self.focus, command), purpose)]
    }

    /// Off, if it mines; else on.
    fn mine(&self, node: &NodeView) -> Vec<Effect> {
        let mode = node.snapshot.as_ref().map(|snapshot| snapshot.mining.mode);
        match mode {
            None | Some(MiningMode::Off) => self.ask(Command::Mine(MiningMode::On), mining(node)),
            Some(_) => self.ask(Command::Mine(MiningMode::Off), Purpose::Tell),
        }
    }

    fn change_rate(&self, node: &NodeView, by: f64) -> Vec<Effect> {
        let Some(snapshot) = &node.snapshot else {
            return Vec::new();
        };
        self.ask(
            Command::SetHashrate(snapshot.mining.hashrate * by),
            Purpose::Rate,
        )
    }

    fn kill(&self, node: &NodeView) -> Vec<Effect> {
        let request = match node.state {
            NodeState::Up => Request::Kill(self.focus),
            _ => Request::Restart(self.focus),
        };
        vec![Effect::Ask(request, Purpose::Tell)]
    }
}

/// Off, if payments are made; else on.
fn toggle_traffic(lab: &LabView) -> Vec<Effect> {
    let is_on = lab.traffic.is_some_and(|traffic| traffic.is_on);
    let change = TrafficChange {
        on: Some(!is_on),
        rate: None,
    };
    vec![Effect::Ask(Request::Traffic(change), Purpose::Tell)]
}

/// To be told how it mines, and whether it gets a wallet for its rewards.
fn mining(node: &NodeView) -> Purpose {
    let wallets = node
        .snapshot
        .as_ref()
        .map(|snapshot| snapshot.wallets.len());
    Purpose::Mining {
        makes_wallet: wallets == Some(0),
    }
}
