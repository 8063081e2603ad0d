//! What is asked of a lab, and how it is done.

use super::errands::GOES_BY_ITSELF;
use super::io::{CallId, Moment, Output};
use super::node::Node;
use super::state::Core;
use super::work::{Asker, Work, fault};
use crate::chain::Txid;
use crate::lab::ask::verbs::key_holder;
use crate::lab::ask::{Ability, Answer, Request};
use crate::lab::layout::roster::taken;
use crate::node::NodeIx;
use crate::node::config::MiningMode;
use crate::node::io::{Command, CommandError, Payment, Question, RefusalKind, Reply};
use std::sync::Arc;

/// Why there is no file of a run.
const NOT_SAVED: &str =
    "only a run in virtual time is the same again: a lab with --virtual can be saved";

impl Core {
    /// Does what is asked, as far as that can be done at once.
    pub(super) fn request(&mut self, now: Moment, asker: Asker, request: Request) {
        self.mark_request(now, asker, &request);
        match self.try_to(now, asker, request) {
            Ok(Some(words)) => self.answer(asker, Ok(Answer::Done(words))),
            // The answer is still to come.
            Ok(None) => {}
            Err(refusal) => self.answer(asker, Err(refusal)),
        }
    }

    fn try_to(
        &mut self,
        now: Moment,
        asker: Asker,
        request: Request,
    ) -> Result<Option<String>, CommandError> {
        if let (Some(ability), Some(ix)) = (request.ability(), request.node()) {
            self.check_can(ix, ability)?;
        }
        match request {
            Request::Node(ix, command) => self.command(asker, ix, command, None),
            Request::Labelled(ix, payment, label) => {
                self.labels.claim(&label)?;
                let begun = self.command(asker, ix, Command::Send(payment), Some(label.clone()));
                if begun.is_err() {
                    self.labels.settle(label, None);
                }
                begun
            }
            Request::Ask(ix, question) => self.question(asker, ix, question),
            Request::Kill(ix) => self.kill(asker, ix),
            Request::Restart(ix) => self.restart(asker, ix),
            Request::Add(spec) => self.add(asker, *spec),
            Request::Link(bend) => self.bend(asker, &bend),
            Request::HealAll => Ok(self.heal_all(asker)),
            Request::Partition(named) => self.divide(asker, &named),
            Request::Unite => self.heal_partition(asker),
            Request::Traffic(change) => {
                let is_told = self.forward_to_labs(asker, &Request::Traffic(change));
                Ok((!is_told).then(|| self.payments.change(change)))
            }
            Request::Note(text) => {
                if self.forward_to_labs(asker, &Request::Note(text.clone())) {
                    return Ok(None);
                }
                let words = text.as_ref().map_or("no caption", |_| "a caption");
                self.caption = text.map(Arc::from);
                Ok(Some(words.to_owned()))
            }
            Request::Script(change) if self.has_own_nodes() => self.lead(now, change).map(Some),
            Request::Script(change) => self.lead_far(asker, Request::Script(change)),
            Request::Time(change) if self.has_own_nodes() => match asker {
                Asker::Script => {
                    self.outputs.push_back(Output::Time(change));
                    Ok(Some(String::new()))
                }
                Asker::Ticket(_) => Err(GOES_BY_ITSELF.into()),
            },
            Request::Time(change) => self.lead_far(asker, Request::Time(change)),
            Request::Keep if self.has_own_nodes() => {
                Err("nothing of this lab is on disk, so there is nothing to keep".into())
            }
            Request::Keep => Err("these nodes run elsewhere, and stay".into()),
            Request::Save(_) | Request::Export | Request::Run { .. } => Err(NOT_SAVED.into()),
        }
    }

    /// # Errors
    /// A node cannot do this, and why.
    pub(super) fn check_can(&self, ix: NodeIx, ability: Ability) -> Result<(), CommandError> {
        match self.at(ix)?.lacks(ability) {
            Some(why) => Err(why.into()),
            None => Ok(()),
        }
    }

    pub(super) fn answer(&mut self, asker: Asker, answer: Result<Answer, CommandError>) {
        match asker {
            Asker::Ticket(ticket) => self.outputs.push_back(Output::Answer(ticket, answer)),
            Asker::Script => {
                let done = answer.map(drop).map_err(|refusal| refusal.words);
                self.play.done(done);
            }
        }
    }

    /// A node has answered.
    pub(super) fn replied(
        &mut self,
        now: Moment,
        call: CallId,
        reply: Result<Reply, CommandError>,
    ) {
        let Some((ix, work)) = self.calls.remove(&call) else {
            return;
        };
        match work {
            Work::Command {
                asker,
                command,
                claimed,
                label,
            } => {
                self.fresh = None;
                self.is_stale = true;
                if let Some(label) = label {
                    self.labels.settle(label, sent(&reply));
                }
                let answer = reply.map(|reply| {
                    self.note_done(ix, &command, &reply, asker);
                    Answer::Node(ix, reply)
                });
                if let (Err(_), Some(name)) = (&answer, claimed) {
                    self.wallets.remove(&name);
                }
                self.answer(asker, answer);
            }
            Work::Key { asker, of, command } => self.found_key(asker, of, command, reply),
            Work::Question(asker) => {
                let answer = reply.map(|reply| Answer::Node(ix, reply));
                self.answer(asker, answer);
            }
            Work::Payment => {
                self.fresh = None;
                self.payments.count(reply.is_ok());
            }
            Work::First => self.fresh = None,
            Work::Fact(unknown) => self.fact_came(call, *unknown, reply),
            Work::Figures => self.figures_came(now, reply),
        }
    }

    fn command(
        &mut self,
        asker: Asker,
        ix: NodeIx,
        mut command: Command,
        label: Option<String>,
    ) -> Result<Option<String>, CommandError> {
        self.check_running(ix)?;
        // A key may be given by the name of a wallet that has it: its node is asked. Whatever else it
        // is, the node says what is wrong with it.
        if let Command::ImportWallet { secret, .. } = &command
            && let Some(name) = key_holder(secret)
            && let Some(holder) = self.wallets.get(name).copied()
        {
            self.check_running(holder)?;
            let name = name.to_owned();
            let work = Work::Key {
                asker,
                of: ix,
                command,
            };
            self.ask(holder, Question::ExportWallet { name }, work);
            return Ok(None);
        }
        if let Command::Send(Payment { to, .. })
        | Command::Forge { to, .. }
        | Command::LeaveOut { of: to } = &mut command
        {
            self.name_address(to);
        }
        let claimed = self.claim_wallet(ix, &command)?;
        let work = Work::Command {
            asker,
            command: command.clone(),
            claimed,
            label,
        };
        self.call(ix, command, work);
        Ok(None)
    }

    fn found_key(
        &mut self,
        asker: Asker,
        ix: NodeIx,
        mut command: Command,
        reply: Result<Reply, CommandError>,
    ) {
        let key = match reply {
            Ok(Reply::Secret(key)) => Ok(key),
            Ok(other) => Err(fault(&format!("no answer to that: {other:?}"))),
            Err(error) => Err(error),
        };
        let begun = key.and_then(|key| {
            if let Command::ImportWallet { secret, .. } = &mut command {
                *secret = key;
            }
            self.command(asker, ix, command, None)
        });
        if let Err(refusal) = begun {
            self.answer(asker, Err(refusal));
        }
    }

    fn question(
        &mut self,
        asker: Asker,
        ix: NodeIx,
        question: Question,
    ) -> Result<Option<String>, CommandError> {
        let question = self.to_ask(ix, question)?;
        self.ask(ix, question, Work::Question(asker));
        Ok(None)
    }

    /// What a node is to be asked, in words that it understands.
    ///
    /// # Errors
    /// There is no such node, or it does not run, or it cannot tell.
    pub fn to_ask(&self, ix: NodeIx, mut question: Question) -> Result<Question, CommandError> {
        self.check_running(ix)?;
        if let Question::PlanSend(Payment { to: of, .. }) | Question::Coins { of } = &mut question {
            self.name_address(of);
        }
        Ok(question)
    }

    /// A node knows only its own wallets: of another's it is given the address.
    fn name_address(&self, of: &mut String) {
        if let Some(address) = self.address_of(of) {
            of.clone_from(address);
        }
    }

    pub(super) fn at(&self, ix: NodeIx) -> Result<&Node, CommandError> {
        let missing = || format!("there is no node {}", ix.0 + 1);
        let node = self.nodes.get(ix.0);
        node.ok_or_else(|| CommandError::new(RefusalKind::NoSuchNode, missing()))
    }

    pub(super) fn check_running(&self, ix: NodeIx) -> Result<(), CommandError> {
        match self.at(ix)?.absence() {
            Some(absence) => Err(CommandError::new(RefusalKind::NotRunning, absence)),
            None => Ok(()),
        }
    }

    /// Keeps the name of a wallet that is about to be made, so that no other node takes it.
    fn claim_wallet(
        &mut self,
        ix: NodeIx,
        command: &Command,
    ) -> Result<Option<String>, CommandError> {
        let name = match command {
            Command::CreateWallet { name } | Command::ImportWallet { name, .. } => name.clone(),
            // A node without a wallet makes one for its rewards.
            Command::Mine(MiningMode::On | MiningMode::OnTx(_)) | Command::MineNow
                if self.wallets_of(ix).next().is_none() =>
            {
                self.nodes[ix.0].name.to_string()
            }
            _ => return Ok(None),
        };
        match self.wallets.get(&name) {
            // Its own: the node says so itself.
            Some(owner) if *owner == ix => Ok(None),
            Some(owner) => {
                let words = taken(&self.nodes[owner.0].name, &name);
                Err(CommandError::new(RefusalKind::Taken, words))
            }
            None => {
                self.wallets.insert(name.clone(), ix);
                Ok(Some(name))
            }
        }
    }

    /// What a node did. A miner that was changed stays like that when the node starts again.
    fn note_done(&mut self, ix: NodeIx, command: &Command, reply: &Reply, asker: Asker) {
        if let Reply::Wallet(wallet) = reply {
            let (name, address) = (wallet.name.clone(), wallet.address.clone());
            self.addresses.insert(name, address);
        }
        let made = &mut self.made_by_hand;
        match (command, reply) {
            _ if asker == Asker::Script => {}
            (Command::CreateWallet { .. } | Command::ImportWallet { .. }, Reply::Wallet(_)) => {
                made.wallets += 1;
            }
            (Command::Send(_), Reply::Sent { .. }) => made.payments += 1,
            _ => {}
        }
        Arc::make_mut(&mut self.nodes[ix.0].spec)
            .mine
            .changed(command);
    }
}

/// The transaction of a payment that was made.
fn sent(reply: &Result<Reply, CommandError>) -> Option<Txid> {
    match reply {
        Ok(Reply::Sent { txid, .. }) => Some(*txid),
        _ => None,
    }
}
