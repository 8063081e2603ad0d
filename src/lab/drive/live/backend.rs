//! A lab of real nodes, as the [handle](crate::lab::Lab) holds it.

use super::round::Round;
use super::rounds::Rounds;
use crate::lab::ask::{Answer, Request, Ticket};
use crate::lab::control::{Endpoint, Later, Subscription};
use crate::lab::core::summary::Summary;
use crate::lab::drive::registry::Entry;
use crate::lab::drive::{Backend, LabError, attached};
use crate::lab::layout::Layout;
use crate::lab::layout::resolve::Resolver;
use crate::lab::observe::histogram::Percentiles;
use crate::lab::script::{Expr, Facts};
use crate::lab::view::LabView;
use crate::live::LabClock;
use crate::node::Time;
use crate::node::io::CommandError;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::sync::watch;

impl Backend for Rounds {
    fn view(&self) -> LabView {
        let round = self.round();
        let mut view = round.core().view(round.moment(), &[]);
        view.wall_offset_us = wall_offset_us(view.now);
        view.is_temporary = round.is_temporary.load(Ordering::Relaxed);
        view
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

    fn held(&self) -> Option<Percentiles> {
        self.round().core().times()
    }

    fn summary(&self) -> Summary {
        let round = self.round();
        round.core().summary(round.elapsed())
    }

    fn check(&self, expr: &Expr) -> Result<(), String> {
        let round = self.round();
        let core = round.core();
        let resolver = Resolver::at_the_end(&round.layout);
        expr.check(&core.names().and(resolver.names()))
    }

    fn facts_for<'a>(&'a self, expr: &'a Expr) -> Later<'a, Facts> {
        let shared = self.round();
        Box::pin(async move { shared.facts_for(expr).await })
    }

    fn attach_to(self: Arc<Self>, endpoint: Endpoint) -> Later<'static, Result<(), LabError>> {
        Box::pin(async move { attached::attach_to(&self, endpoint).await })
    }

    fn keep(&self) -> Later<'_, Result<PathBuf, CommandError>> {
        let shared = self.round();
        Box::pin(async move { shared.keep().await })
    }

    fn close(&self) -> Later<'_, Result<(), LabError>> {
        Box::pin(async move {
            let last = self.last();
            last.close_endpoints();
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
            last.close_endpoints();
            let stopped = last.stop_all().await;
            last.stay().and(stopped)
        })
    }

    fn abandon(&self) {
        self.last().drop_all();
    }
}

impl Round {
    /// What an expression is judged by, now.
    async fn facts_for(self: &Arc<Self>, expr: &Expr) -> Facts {
        let (mut facts, unknown) = self.core().facts_for(expr);
        for unknown in unknown {
            let (ix, question) = (unknown.node, unknown.question.clone());
            let asked = self.ask(Request::Ask(ix, question)).answer().await;
            let reply = asked.and_then(|answer| match answer {
                Answer::Node(_, reply) => Ok(reply),
                _ => Err("no answer to that".into()),
            });
            if let Some(told) = unknown.said(reply) {
                self.core()
                    .put_down(&mut facts, ix, &unknown.quantity, told);
            }
        }
        facts
    }
}

/// How much later the lab clock is than the wall clock, in microseconds.
fn wall_offset_us(now: Time) -> i64 {
    let wall = LabClock::wall();
    i64::try_from(i128::from(now.0) - i128::from(wall.0)).unwrap_or_default()
}
