//! What is asked of a lab, and how it is done.

use super::forward::Forwarded;
use super::hand::{Hand, Host};
use super::model::{Model, Node};
use super::{Shared, Standing, nodes};
use crate::lab::ask::verbs::key_holder;
use crate::lab::ask::{Answer, Request};
use crate::lab::control::ClientError;
use crate::lab::layout::roster::{Roster, reward_wallet, taken};
use crate::lab::spec::NodeSpec;
use crate::lab::view::NodeState;
use crate::node::NodeIx;
use crate::node::io::{Command, CommandError, Payment, Question, RefusalKind, Reply};
use crate::node::mining::MiningMode;
use std::fmt;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use tokio::runtime::Handle;

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    /// Somebody, by a key or from a shell: what is made then is missed when it goes.
    Hand,
    /// The layout's script, which makes it again.
    Script,
}

/// Begins to do what is asked. When this returns it has its place in the order of things: tasks
/// begin in any order, but by the time this work first waits, a command is in its node's queue.
pub(super) fn begin(
    shared: &Arc<Shared>,
    request: Request,
    by: By,
) -> impl Future<Output = Result<Answer, CommandError>> + Send + use<> {
    at_once(&shared.runtime, Arc::clone(shared).serve(request, by))
}

/// Begins work, as [`begin`] does.
pub(super) fn at_once<W>(
    runtime: &Handle,
    work: W,
) -> impl Future<Output = Result<Answer, CommandError>> + Send + use<W>
where
    W: Future<Output = Result<Answer, CommandError>> + Send + 'static,
{
    let mut work = Box::pin(work);
    let _within = runtime.enter();
    let begun = tokio::task::unconstrained(Pin::as_mut(&mut work));
    let begun = pin!(begun).poll(&mut Context::from_waker(Waker::noop()));
    // Whoever asked may go before it is done; what was begun is done all the same.
    let begun = match begun {
        Poll::Ready(answer) => Ok(answer),
        Poll::Pending => Err(runtime.spawn(work)),
    };
    async move {
        match begun {
            Ok(answer) => answer,
            Err(task) => task.await.unwrap_or_else(|error| Err(fault(error))),
        }
    }
}

impl Shared {
    /// Does what is asked. What a round that is over left undone was not the request's fault.
    ///
    /// # Errors
    /// Why it cannot be done.
    pub(super) async fn serve(
        self: Arc<Self>,
        request: Request,
        by: By,
    ) -> Result<Answer, CommandError> {
        self.check_on()?;
        let done = Arc::clone(&self).try_to(request, by).await;
        done.map_err(|refusal| self.check_on().err().unwrap_or(refusal))
    }

    async fn try_to(self: Arc<Self>, request: Request, by: By) -> Result<Answer, CommandError> {
        let request = match self.standing {
            Standing::Attached => match self.forward(request).await? {
                Forwarded::Done(answer) => return Ok(answer),
                Forwarded::Here(request) => request,
            },
            Standing::Own | Standing::Adopted => request,
        };
        match request {
            Request::Node(ix, command) => self.command(ix, command, by).await,
            Request::Ask(ix, question) => self.question(ix, question).await,
            Request::Kill(ix) => self.kill(ix).await,
            Request::Restart(ix) => {
                let far = self.lock().host_of(ix);
                if let Some((host, name)) = far {
                    host.client()?
                        .request(&Request::Restart(Some(name)))
                        .await?;
                    return Ok(Answer::Restarted(ix));
                }
                if self.standing == Standing::Adopted {
                    return Err("start it again where it was started".into());
                }
                self.change(|model| model.restart(ix))?;
                self.open(ix, None).await.map_err(fault)?;
                Ok(Answer::Restarted(ix))
            }
            Request::Add(spec) => self.add(*spec).await,
            Request::Link(bend) => self.bend(&bend).map(Answer::Done),
            Request::HealAll => self.heal_all().map(Answer::Done),
            Request::Partition(named) => self.split(&named).map(Answer::Done),
            Request::Unite => self.unite().map(Answer::Done),
            Request::Traffic(change) => self.traffic(change).map(Answer::Done),
            Request::Note(text) => {
                let text: Option<Arc<str>> = text.map(Arc::from);
                let words = text.as_ref().map_or("no caption", |_| "a caption");
                self.change(|model| model.caption = text);
                Ok(Answer::Done(words.to_owned()))
            }
            Request::Script(change) => self.lead(change).map(Answer::Done),
            Request::Keep => Ok(Answer::Kept(self.keep().await?)),
        }
    }

    async fn command(
        &self,
        ix: NodeIx,
        mut command: Command,
        by: By,
    ) -> Result<Answer, CommandError> {
        if let Command::ImportWallet { secret, .. } = &mut command {
            self.find_key(secret).await?;
        }
        let (node, claimed) = {
            let mut model = self.lock();
            let node = model.running(ix)?;
            if let Command::Send(Payment { to, .. }) = &mut command {
                model.resolve(to);
            }
            let claimed = model.claim_wallet(ix, &command)?;
            (node, claimed)
        };
        let done = node.command(command.clone()).await;
        let mut model = self.lock();
        match done {
            Ok(reply) => {
                model.note_done(ix, &command, &reply, by);
                Ok(Answer::Node(ix, reply))
            }
            Err(error) => {
                if let Some(name) = claimed {
                    model.wallets.remove(&name);
                }
                Err(error)
            }
        }
    }

    async fn question(&self, ix: NodeIx, mut question: Question) -> Result<Answer, CommandError> {
        let node = {
            let model = self.lock();
            if let Question::PlanSend(Payment { to: of, .. }) | Question::Coins { of } =
                &mut question
            {
                model.resolve(of);
            }
            model.running(ix)?
        };
        let reply = node.ask(question).await?;
        Ok(Answer::Node(ix, reply))
    }

    /// A key may be given by the name of a wallet that has it: its node is asked.
    async fn find_key(&self, secret: &mut String) -> Result<(), CommandError> {
        let holder = {
            let model = self.lock();
            let name = key_holder(secret).map(ToOwned::to_owned);
            let owner = name.and_then(|name| Some((*model.wallets.get(&name)?, name)));
            match owner {
                Some((owner, name)) => (model.running(owner)?, name),
                // Whatever it is, the node says what is wrong with it.
                None => return Ok(()),
            }
        };
        let (node, name) = holder;
        match node.ask(Question::ExportWallet { name }).await {
            Ok(Reply::Secret(key)) => *secret = key,
            Ok(other) => return Err(fault(format!("no answer to that: {other:?}"))),
            Err(error) => return Err(error),
        }
        Ok(())
    }

    async fn kill(&self, ix: NodeIx) -> Result<Answer, CommandError> {
        let hand = self.lock().running(ix)?;
        let (node, life) = match hand {
            Hand::Own(handle) => self.change(|model| {
                let node = &mut model.nodes[ix.0];
                node.state = NodeState::Stopping;
                (handle, node.life)
            }),
            Hand::Far(client, name) => {
                let killed = client.request(&Request::Kill(Some(name.to_string()))).await;
                return match killed {
                    // A process with one node ends with it, maybe before it can say so.
                    Ok(_) | Err(ClientError::Ended(_)) => Ok(Answer::Killed(ix)),
                    Err(error) => Err(error.into()),
                };
            }
        };
        let end = node.kill().await;
        drop(node);
        // Whoever watches it may come later: for whoever asked, it is down now.
        self.ended(ix, life, &end);
        Ok(Answer::Killed(ix))
    }

    async fn add(self: Arc<Self>, spec: NodeSpec) -> Result<Answer, CommandError> {
        let listener = {
            // Under one lock, or two nodes could have the same name.
            let mut model = self.lock();
            model.check_new(&spec)?;
            let listener = nodes::listen(&spec, None).map_err(fault)?;
            let addr = listener.local_addr().map_err(fault)?;
            let ix = NodeIx(model.nodes.len());
            let wallets = spec.wallets.iter().map(String::as_str);
            for wallet in wallets.chain(reward_wallet(&spec, &[])) {
                model.wallets.insert(wallet.to_owned(), ix);
            }
            self.clock.reserve(&spec.name);
            model.nodes.push(Node::new(spec, addr));
            self.admit(&mut model, ix);
            (ix, listener)
        };
        let (ix, listener) = listener;
        self.changed();
        let saving = Arc::clone(&self);
        let saved = self.runtime.spawn_blocking(move || saving.save());
        let opened = Arc::clone(&self).open(ix, Some(listener)).await;
        let saved = saved.await.map_err(fault)?;
        opened.map_err(fault)?;
        let (shared, door) = (Arc::clone(&self), ix);
        let door = self
            .runtime
            .spawn_blocking(move || shared.open_node_door(door));
        if let Ok(Err(error)) = door.await {
            tracing::warn!("other programs cannot control the new node: {error}");
        }
        saved.map_err(fault)?;
        Ok(Answer::Added(ix))
    }
}

/// That something which should hold did not.
pub(super) fn fault(words: impl fmt::Display) -> CommandError {
    CommandError::new(RefusalKind::Fault, words)
}

/// That what was given cannot be.
pub(super) fn invalid(words: impl fmt::Display) -> CommandError {
    CommandError::new(RefusalKind::Invalid, words)
}

/// That there is no such node.
pub(super) fn no_such_node(words: impl fmt::Display) -> CommandError {
    CommandError::new(RefusalKind::NoSuchNode, words)
}

impl Model {
    fn at(&self, ix: NodeIx) -> Result<&Node, CommandError> {
        self.node(ix)
            .ok_or_else(|| no_such_node(format!("there is no node {}", ix.0 + 1)))
    }

    /// The process in which a node runs, if that is another one, and what it is called there.
    fn host_of(&self, ix: NodeIx) -> Option<(Arc<Host>, String)> {
        let node = self.node(ix)?;
        let host = node.host.as_ref()?;
        Some((Arc::clone(host), node.spec.name.clone()))
    }

    fn running(&self, ix: NodeIx) -> Result<Hand, CommandError> {
        let node = self.at(ix)?;
        match (node.absence(), &node.handle) {
            (Some(absence), _) => Err(CommandError::new(RefusalKind::NotRunning, absence)),
            (None, hand) => Ok(hand.clone().expect("it is up")),
        }
    }

    fn restart(&mut self, ix: NodeIx) -> Result<(), CommandError> {
        let node = self.at(ix)?;
        match node.state {
            NodeState::Up => Err(format!("{} runs already", node.name).into()),
            NodeState::Starting | NodeState::Stopping | NodeState::Gone => {
                let words = node.absence().unwrap_or_default();
                Err(CommandError::new(RefusalKind::NotRunning, words))
            }
            NodeState::Down | NodeState::Failed(_) => {
                self.nodes[ix.0].state = NodeState::Starting;
                Ok(())
            }
        }
    }

    /// A payment may go to a wallet of any node, and so may a question for coins: the node knows
    /// only its own, and is given the address.
    fn resolve(&self, of: &mut String) {
        if let Some(address) = self.address_of(of) {
            *of = address;
        }
    }

    /// Keeps the name of a wallet that is about to be made, so that nobody else takes it.
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
                self.at(ix)?.name.to_string()
            }
            _ => return Ok(None),
        };
        match self.wallets.get(&name) {
            // Its own: the node says so itself.
            Some(owner) if *owner == ix => Ok(None),
            Some(owner) => Err(self.taken(&name, *owner)),
            None => {
                self.wallets.insert(name.clone(), ix);
                Ok(Some(name))
            }
        }
    }

    fn taken(&self, wallet: &str, owner: NodeIx) -> CommandError {
        let owner = self.node(owner).map_or("another node", |node| &node.name);
        CommandError::new(RefusalKind::Taken, taken(owner, wallet))
    }

    /// What a node did for somebody. A miner that was changed by hand stays like that when the node
    /// starts again.
    fn note_done(&mut self, ix: NodeIx, command: &Command, reply: &Reply, by: By) {
        if let Reply::Wallet(wallet) = reply {
            let (name, address) = (wallet.name.clone(), wallet.address.clone());
            self.made.insert(name, address);
        }
        let made = &mut self.made_by_hand;
        match (command, reply) {
            _ if by != By::Hand => {}
            (Command::CreateWallet { .. } | Command::ImportWallet { .. }, Reply::Wallet(_)) => {
                made.wallets += 1;
            }
            (Command::Send(_), Reply::Sent { .. }) => made.payments += 1,
            _ => {}
        }
        self.nodes[ix.0].spec.mine.changed(command);
    }

    /// Whether a node like this can be added.
    fn check_new(&self, spec: &NodeSpec) -> Result<(), CommandError> {
        if let Some(words) = self.course.words() {
            return Err(words.into());
        }
        let mut roster = Roster::default();
        for node in &self.nodes {
            roster.enter(&node.spec);
        }
        for (wallet, owner) in &self.wallets {
            roster.give(wallet, owner.0);
        }
        let fits = roster.admit(spec).and_then(|()| roster.dials(spec));
        fits.map_err(|wrong| CommandError::new(wrong.kind, wrong.problem))
    }
}
