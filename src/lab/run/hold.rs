//! A lab of real nodes, as the [handle](crate::lab::Lab) holds it.

use super::attach;
use super::rounds::Rounds;
use crate::lab::LabError;
use crate::lab::ask::{Known, Request, Ticket};
use crate::lab::control::registry::Entry;
use crate::lab::control::{Door, Later, Subscription};
use crate::lab::handle::Backend;
use crate::lab::layout::Layout;
use crate::lab::script::cast::Cast;
use crate::lab::script::{Expr, Facts};
use crate::lab::summary::Summary;
use crate::lab::view::LabView;
use crate::live::LabClock;
use crate::node::Time;
use crate::node::io::CommandError;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::sync::watch;

impl Backend for Rounds {
    fn view(&self) -> LabView {
        let shared = self.round();
        let now = shared.clock.now();
        let chain = &shared.layout.chain;
        let transcript = shared.overheard().transcript();
        let mut model = shared.lock();
        LabView {
            name: shared.layout.name.as_str().into(),
            now,
            since: shared.since,
            wall_offset_us: wall_offset_us(now),
            virtual_seed: None,
            nodes: model.node_views(),
            headline: model.headline(now),
            chips: Arc::clone(&model.chips),
            journeys: model.propagation.show(),
            tx_journeys: model.tx_propagation.show(),
            block_times: model.propagation.percentiles(),
            tx_times: model.tx_propagation.percentiles(),
            reorganisations: model.stats.newest(),
            links: model.links(&shared.links),
            transcript,
            block_interval: Duration::from_millis(shared.params.block_interval_ms),
            fee: chain.proposed_fee(),
            is_temporary: model.is_temporary,
            made_by_hand: model.made_by_hand,
            caption: model.caption.clone(),
            script: model.script.clone(),
            partition: model.groups(),
            traffic: model.traffic_view(),
        }
    }

    fn changes(&self) -> watch::Receiver<u64> {
        self.lasting().changes.subscribe()
    }

    fn request(self: Arc<Self>, ticket: Ticket, request: Request) {
        let work = self.begin(&self.round(), request);
        let lasting = self.lasting();
        let answered = lasting.answered.clone();
        lasting.runtime.spawn(async move {
            // Its asker may not care.
            let answer = work.await.map_err(|refusal| refusal.words);
            let _ = answered.send((ticket, answer));
        });
    }

    fn clock(&self) -> &LabClock {
        &self.lasting().clock
    }

    fn now(&self) -> Time {
        self.clock().now()
    }

    fn log_time(&self) -> Box<dyn Fn() -> Time + Send + Sync> {
        let clock = self.clock().clone();
        Box::new(move || clock.now())
    }

    fn elapsed(&self) -> Duration {
        self.round().elapsed()
    }

    fn layout(&self) -> &Layout {
        &self.lasting().layout
    }

    fn data_dir(&self) -> &Path {
        &self.lasting().dir
    }

    fn entry(&self) -> Option<Entry> {
        self.round().open_entry()
    }

    fn hear(&self) -> Subscription {
        self.lasting().bus.listen()
    }

    fn summary(&self) -> Summary {
        self.round().summary()
    }

    fn check(&self, expr: &Expr) -> Result<(), String> {
        let shared = self.round();
        let model = shared.lock();
        let cast = Cast::at_the_end(&shared.layout);
        let nodes: BTreeSet<_> = model.node_names().into_iter().chain(cast.nodes()).collect();
        let wallets = model.wallets.keys().map(String::as_str);
        let wallets: BTreeSet<_> = wallets.chain(cast.wallets()).collect();
        expr.check(nodes.iter().copied(), wallets.iter().copied())
    }

    fn facts_for<'a>(&'a self, expr: &'a Expr) -> Later<'a, Facts> {
        let shared = self.round();
        Box::pin(async move { shared.facts_for(expr).await })
    }

    fn attach_to(self: Arc<Self>, door: Door) -> Later<'static, Result<(), LabError>> {
        Box::pin(async move { attach::attach_to(&self, door).await })
    }

    fn keep(&self) -> Later<'_, Result<PathBuf, CommandError>> {
        let shared = self.round();
        Box::pin(async move { shared.keep().await })
    }

    fn close(&self) -> Later<'_, Result<(), LabError>> {
        Box::pin(async move {
            let last = self.last();
            last.close_doors();
            if let Err(error) = last.stop_all().await {
                // A node may still write there.
                last.stay()?;
                return Err(error);
            }
            last.leave()
        })
    }

    fn close_and_stay(&self) -> Later<'_, Result<(), LabError>> {
        Box::pin(async move {
            let last = self.last();
            last.close_doors();
            let stopped = last.stop_all().await;
            last.stay().and(stopped)
        })
    }

    fn abandon(&self) {
        self.last().drop_all();
    }
}

/// How much later the lab clock is than the wall clock, in microseconds.
#[allow(clippy::disallowed_methods, reason = "this is a view of both clocks")]
fn wall_offset_us(now: Time) -> i64 {
    let wall = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let wall = i128::try_from(wall.unwrap_or_default().as_micros()).unwrap_or_default();
    i64::try_from(i128::from(now.0) - wall).unwrap_or_default()
}
