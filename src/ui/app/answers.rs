//! What is said and done when an answer comes.

use super::state::UiState;
use crate::lab::{Answer, LabView};
use crate::node::NodeIx;
use crate::node::config::MiningMode;
use crate::node::io::words::{Piece, Tone};
use crate::node::io::{Reply, SendPlan};
use crate::ui::dialogs::{Dialog, Verdict};
use crate::ui::keymap::ViewId;
use crate::ui::text;
use crate::ui::viewer::{Effect, Purpose};
use crate::ui::widgets::scene::Scene;

impl UiState {
    pub(super) fn answered(
        &mut self,
        lab: &LabView,
        purpose: Purpose,
        answer: Result<Answer, String>,
    ) -> Vec<Effect> {
        if let Ok(Answer::Kept(path)) = answer {
            self.kept = Some(path);
            return vec![Effect::Leave];
        }
        match purpose {
            // A node that is not looked at any more is asked nothing else.
            Purpose::Fetch(ViewId::Zoom, _) if !self.viewer.is_zoomed => return Vec::new(),
            Purpose::Fetch(view, fetch) => {
                let scene = Scene::new(lab, &self.viewer);
                return self
                    .views
                    .get_mut(view)
                    .fetched(scene, fetch, reply(answer));
            }
            Purpose::Caption | Purpose::Script | Purpose::Time if answer.is_ok() => {
                return Vec::new();
            }
            Purpose::Tell
            | Purpose::Mining { .. }
            | Purpose::Rate
            | Purpose::Caption
            | Purpose::Script
            | Purpose::Time => {}
            Purpose::Plan(_) | Purpose::Pay(_) | Purpose::Wallet | Purpose::Add | Purpose::Keep => {
                let awaits = |dialog: &mut Box<dyn Dialog>| dialog.awaits(&purpose);
                let Some(mut dialog) = self.dialog.take_if(awaits) else {
                    // What a payment would have done is not wanted any more.
                    if !matches!(purpose, Purpose::Plan(_)) {
                        self.report(lab, &purpose, answer);
                    }
                    return Vec::new();
                };
                let verdict = dialog.answered(&answer);
                let is_over = matches!(verdict, Verdict::Close(_));
                if is_over {
                    self.report(lab, &purpose, answer);
                }
                return self.judge(lab, dialog, verdict);
            }
        }
        self.report(lab, &purpose, answer);
        Vec::new()
    }

    /// Says what came of it on the message line.
    pub fn report(&mut self, lab: &LabView, purpose: &Purpose, answer: Result<Answer, String>) {
        match answer {
            Ok(answer) => {
                if let Some(pieces) = pieces(lab, purpose, answer) {
                    self.say(lab.now, Tone::Good, pieces);
                }
            }
            Err(why) => self.tell(lab.now, Tone::Bad, why),
        }
    }
}

/// What a node said.
fn reply(answer: Result<Answer, String>) -> Result<Reply, String> {
    answer.and_then(|answer| match answer {
        Answer::Node(_, reply) => Ok(reply),
        other => Err(format!("no answer to that: {other:?}")),
    })
}

fn name(lab: &LabView, ix: NodeIx) -> String {
    lab.node(ix)
        .map_or_else(String::new, |node| node.name.to_string())
}

fn pieces(lab: &LabView, purpose: &Purpose, answer: Answer) -> Option<Vec<Piece>> {
    let words = |words: String| Some(vec![Piece::Text(words)]);
    match answer {
        Answer::Node(ix, reply) => reply_pieces(lab, purpose, ix, reply),
        Answer::Killed(ix) => words(format!("{} is down", name(lab, ix))),
        Answer::Restarted(ix) => words(format!("{} runs again", name(lab, ix))),
        Answer::Added(ix) => words(format!("{} is new in the lab", name(lab, ix))),
        Answer::Done(said) => words(said),
        Answer::Kept(path) => words(format!("the lab is kept in {}", path.display())),
        // Who asks for it writes it.
        Answer::Text(_) => None,
    }
}

fn sent_words(lab: &LabView, plan: SendPlan) -> String {
    let wallet = lab.wallet_of(&plan.address);
    let to = wallet.map(|(_, name)| name.to_owned());
    let to = to.unwrap_or(plan.payment.to);
    format!("sent {} to {to}, ", plan.payment.amount)
}

fn reply_pieces(lab: &LabView, purpose: &Purpose, ix: NodeIx, reply: Reply) -> Option<Vec<Piece>> {
    let mut pieces = match reply {
        Reply::Mined { block, after } => vec![
            Piece::Text(format!("{} mined ", name(lab, ix))),
            Piece::Block(block),
            Piece::Text(format!(" in {}", text::lapse(after))),
        ],
        Reply::Sent {
            txid,
            plan,
            announced_to,
            withheld,
        } => {
            let heard = match announced_to {
                _ if withheld => "; kept private",
                0 => "; no peer has heard of it yet",
                _ => "",
            };
            vec![
                Piece::Text(sent_words(lab, plan)),
                Piece::Tx(txid),
                Piece::Text(heard.to_owned()),
            ]
        }
        Reply::Wallet(wallet) => vec![Piece::Text(format!(
            "new wallet {} on {}: {}",
            wallet.name,
            name(lab, ix),
            wallet.address
        ))],
        Reply::Done(_) if *purpose == Purpose::Rate => {
            let mining = lab.node(ix)?.snapshot.as_ref()?.mining.as_ref()?;
            let what = match mining.mode {
                MiningMode::Off => "will mine with",
                _ => "mines with",
            };
            let rate = text::rate(mining.hashrate);
            vec![Piece::Text(format!("{} {what} {rate}", name(lab, ix)))]
        }
        Reply::Done(words) => vec![Piece::Text(words)],
        _ => return None,
    };
    if let Purpose::Mining { makes_wallet: true } = purpose {
        let words = format!("; {} got a wallet for it", name(lab, ix));
        pieces.push(Piece::Text(words));
    }
    Some(pieces)
}
