//! What a lab holds of a node that runs: in this process, or in another one.

use crate::lab::control::registry::{self, Entry};
use crate::lab::control::{About, Client, ClientError, Door};
use crate::live::NodeHandle;
use crate::node::io::{Command, CommandError, Question, RefusalKind, Reply};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A node that runs. Clones are the same node.
#[derive(Clone)]
pub(super) enum Hand {
    /// In this process.
    Own(Arc<NodeHandle>),
    /// In another one, which calls it by this name.
    Far(Client, Arc<str>),
}

/// Another process, with nodes that are shown here.
pub(super) struct Host {
    /// Where it is. Started again, it may be elsewhere.
    door: Mutex<Door>,
    /// It was put down among all that run here.
    is_registered: bool,
    /// There while it answers.
    client: Mutex<Option<Client>>,
}

impl Hand {
    /// Has the node do something and waits for the answer.
    ///
    /// # Errors
    /// The node's refusal, or that it has ended.
    pub(super) async fn command(&self, command: Command) -> Result<Reply, CommandError> {
        match self {
            Self::Own(handle) => handle.command(command).await,
            Self::Far(client, node) => Ok(client.command(node, &command).await?),
        }
    }

    /// Asks the node something and waits for the answer.
    ///
    /// # Errors
    /// As of [`Hand::command`].
    pub(super) async fn ask(&self, question: Question) -> Result<Reply, CommandError> {
        match self {
            Self::Own(handle) => handle.ask(question).await,
            Self::Far(client, node) => Ok(client.ask(node, &question).await?),
        }
    }

    /// The node, if it is in this process.
    pub(super) fn own(&self) -> Option<Arc<NodeHandle>> {
        match self {
            Self::Own(handle) => Some(Arc::clone(handle)),
            Self::Far(..) => None,
        }
    }
}

impl Host {
    /// One that nobody has called yet.
    pub(super) fn new(door: Door) -> Self {
        Self {
            is_registered: is_registered(&door),
            door: Mutex::new(door),
            client: Mutex::default(),
        }
    }

    /// The connection.
    ///
    /// # Errors
    /// There is none just now.
    pub(super) fn client(&self) -> Result<Client, CommandError> {
        let words = || format!("nobody answers at {} just now", self.door().at);
        let gone = || CommandError::new(RefusalKind::NotRunning, words());
        self.lock().clone().ok_or_else(gone)
    }

    /// There is a connection from now on, or none.
    pub(super) fn set(&self, client: Option<Client>) {
        *self.lock() = client;
    }

    /// Opens the door.
    ///
    /// # Errors
    /// [`ClientError`].
    pub(super) async fn connect(&self) -> Result<Client, ClientError> {
        let client = Client::connect(&self.door()).await?;
        self.set(Some(client.clone()));
        Ok(client)
    }

    /// Opens the door again, of whatever has been started anew under the name of what was there.
    ///
    /// Of what was put down as running here the old place is not tried: somebody else may have its
    /// port now, and would be told the cookie.
    ///
    /// # Errors
    /// [`ClientError`].
    pub(super) async fn connect_again(&self, before: &About) -> Result<Client, ClientError> {
        if self.is_registered {
            let gone = || ClientError::Ended(self.door().at);
            let door = find(before).ok_or_else(gone)?;
            *self.door.lock().unwrap_or_else(PoisonError::into_inner) = door;
        }
        let client = self.connect().await?;
        if is_same(client.about(), before) {
            return Ok(client);
        }
        self.set(None);
        Err(ClientError::Ended(client.place().clone()))
    }

    /// Where it was last.
    pub(super) fn door(&self) -> Door {
        let door = self.door.lock();
        door.unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn lock(&self) -> MutexGuard<'_, Option<Client>> {
        // No panic can leave it half changed.
        self.client.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_registered(door: &Door) -> bool {
    let entries = registry::running().unwrap_or_default();
    let mut doors = entries.iter().flat_map(Entry::doors);
    doors.any(|listed| listed.is_at(&door.at))
}

fn is_same(now: &About, before: &About) -> bool {
    (now.kind, &now.name, &now.network) == (before.kind, &before.name, &before.network)
}

/// The door to what has this name on this network, if just one has.
fn find(before: &About) -> Option<Door> {
    let entries = registry::running().ok()?;
    let alike = entries
        .iter()
        .filter(|entry| entry.network == before.network);
    let mut found = alike
        .flat_map(Entry::doors)
        .filter(|listed| (listed.kind, listed.name) == (before.kind, &before.name));
    match (found.next(), found.next()) {
        (Some(listed), None) => Some(listed.door.clone()),
        _ => None,
    }
}
