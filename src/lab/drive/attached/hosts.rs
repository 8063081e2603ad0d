//! Other processes, with nodes that are shown here.

use crate::lab::ask::{Named, Request};
use crate::lab::control::{About, Called, Client, ClientError, Endpoint};
use crate::lab::core::HostId;
use crate::lab::drive::lane::Lane;
use crate::lab::drive::registry::{self, Entry};
use crate::lab::view::TimeNews;
use crate::node::io::{CommandError, RefusalKind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::runtime::Handle;

/// Another process, with nodes that are shown here.
pub(in crate::lab::drive) struct Host {
    pub(in crate::lab::drive) id: HostId,
    /// What is asked of it.
    pub(in crate::lab::drive) lane: Lane,
    /// Where it is. Started again, it may be elsewhere.
    endpoint: Mutex<Endpoint>,
    /// It was put down among all that run here.
    is_registered: bool,
    /// There while it answers.
    client: Mutex<Option<Client>>,
    /// Something was asked of its time from here, and it has not told yet what came of that.
    moves_time: AtomicBool,
}

impl Host {
    /// One that was not called yet.
    pub(in crate::lab::drive) fn new(id: HostId, endpoint: Endpoint, runtime: &Handle) -> Self {
        Self {
            id,
            lane: Lane::new(runtime),
            is_registered: is_registered(&endpoint),
            endpoint: Mutex::new(endpoint),
            client: Mutex::default(),
            moves_time: AtomicBool::new(false),
        }
    }

    /// The connection.
    ///
    /// # Errors
    /// There is none just now.
    fn client(&self) -> Result<Client, CommandError> {
        let words = || format!("nobody answers at {} just now", self.endpoint().at);
        let gone = || CommandError::new(RefusalKind::NotRunning, words());
        self.lock().clone().ok_or_else(gone)
    }

    /// Asks for something: it has its place there when this returns.
    ///
    /// # Errors
    /// There is no connection just now.
    pub(in crate::lab::drive) async fn begin(
        &self,
        request: &Request<Named>,
    ) -> Result<Called, CommandError> {
        let client = self.client()?;
        if matches!(request, Request::Time(_)) {
            self.moves_time.store(true, Ordering::Relaxed);
        }
        Ok(client.begin(request).await)
    }

    /// It does not do what was asked.
    pub(in crate::lab::drive) fn refused(&self) {
        self.moves_time.store(false, Ordering::Relaxed);
    }

    /// Its own screen and other programs move its time as well: whether it was one of those, as seen from here.
    pub(in crate::lab::drive) fn say_who_moved(
        &self,
        before: Option<&TimeNews>,
        news: &mut TimeNews,
    ) {
        let known = before.and_then(|before| before.time.told.as_ref());
        let Some(told) = &mut news.time.told else {
            return;
        };
        told.is_elsewhere = match known {
            Some(known) if known.number == told.number => known.is_elsewhere,
            _ => !self.moves_time.swap(false, Ordering::Relaxed),
        };
    }

    /// There is a connection from now on, or none.
    pub(in crate::lab::drive) fn set(&self, client: Option<Client>) {
        *self.lock() = client;
    }

    /// Connects to the endpoint.
    ///
    /// # Errors
    /// [`ClientError`].
    pub(in crate::lab::drive) async fn connect(&self) -> Result<Client, ClientError> {
        let client = Client::connect(&self.endpoint()).await?;
        self.set(Some(client.clone()));
        Ok(client)
    }

    /// Connects again, to what has been started anew under the name of what was there.
    ///
    /// Of what was put down as running here the old place is not tried: another program may have its
    /// port now, and would be told the cookie.
    ///
    /// # Errors
    /// [`ClientError`].
    pub(in crate::lab::drive) async fn connect_again(
        &self,
        before: &About,
    ) -> Result<Client, ClientError> {
        if self.is_registered {
            let gone = || ClientError::Ended(self.endpoint().at);
            let endpoint = find(before).ok_or_else(gone)?;
            *self.endpoint.lock().unwrap_or_else(PoisonError::into_inner) = endpoint;
        }
        let client = self.connect().await?;
        if is_same(client.about(), before) {
            return Ok(client);
        }
        self.set(None);
        Err(ClientError::Ended(client.place().clone()))
    }

    /// Where it was last.
    pub(in crate::lab::drive) fn endpoint(&self) -> Endpoint {
        let endpoint = self.endpoint.lock();
        endpoint.unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn lock(&self) -> MutexGuard<'_, Option<Client>> {
        // No panic can leave it half changed.
        self.client.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_registered(endpoint: &Endpoint) -> bool {
    let entries = registry::running().unwrap_or_default();
    let mut endpoints = entries.iter().flat_map(Entry::endpoints);
    endpoints.any(|listed| listed.is_at(&endpoint.at))
}

fn is_same(now: &About, before: &About) -> bool {
    (now.kind, &now.name, &now.network) == (before.kind, &before.name, &before.network)
}

/// The endpoint of what has this name on this network, if just one has.
fn find(before: &About) -> Option<Endpoint> {
    let entries = registry::running().ok()?;
    let alike = entries
        .iter()
        .filter(|entry| entry.network == before.network);
    let mut found = alike
        .flat_map(Entry::endpoints)
        .filter(|listed| (listed.kind, listed.name) == (before.kind, &before.name));
    match (found.next(), found.next()) {
        (Some(listed), None) => Some(listed.endpoint.clone()),
        _ => None,
    }
}
