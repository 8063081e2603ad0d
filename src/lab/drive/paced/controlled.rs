//! What a lab in virtual time shows and does for its control server.

use super::lab::PacedLab;
use super::recipient::Recipient;
use super::runner::Runner;
use crate::lab::ask::params::BadParam;
use crate::lab::ask::{Named, Request};
use crate::lab::control::{
    About, Controlled, Edition, Later, NodeEvent, Refusal, Subscription, WantsMessages, WantsTime,
};
use crate::lab::drive::endpoint;
use crate::lab::view::{LabStatus, LinkStatus, LinkView, NodeStatus, NodeView, TimeView};
use crate::node::{NodeIx, Time};
use std::sync::Arc;
use tokio::sync::{oneshot, watch};

impl Controlled for PacedLab {
    fn about(&self) -> About {
        let about = self.with(|runner| {
            endpoint::about(
                runner.lab().core(),
                runner.lab().sim().params(),
                runner.lab().now(),
            )
        });
        about.unwrap_or_default()
    }

    fn round(&self) -> u32 {
        self.with(|runner| runner.round()).unwrap_or_default()
    }

    fn status(&self) -> Vec<NodeStatus> {
        self.seen().nodes.iter().map(NodeView::status).collect()
    }

    fn fresh_status(&self) -> Later<'static, Vec<NodeStatus>> {
        let all = self.status();
        Box::pin(async move { all })
    }

    fn status_of(&self, ix: NodeIx) -> Option<(Edition, NodeStatus)> {
        self.with(move |runner| runner.status_of(ix)).flatten()
    }

    fn editions(&self) -> Vec<(NodeIx, Edition)> {
        self.with(Runner::editions).unwrap_or_default()
    }

    fn lab_status(&self) -> LabStatus {
        let status = self.with(|runner| runner.lab().core().status());
        status.unwrap_or_default()
    }

    fn links(&self) -> Vec<LinkStatus> {
        let view = self.seen();
        let names: Vec<_> = view
            .nodes
            .iter()
            .map(|node| node.name.to_string())
            .collect();
        let both = |link: &LinkView| {
            let (one, other) = link.ends;
            let way = |from: NodeIx, to: NodeIx| LinkStatus {
                from: names[from.0].clone(),
                to: names[to.0].clone(),
                conditions: *link.from(from),
            };
            [way(one, other), way(other, one)]
        };
        view.links.iter().flat_map(both).collect()
    }

    fn changes(&self) -> watch::Receiver<u64> {
        self.common.changes.subscribe()
    }

    fn events(&self) -> (Subscription, Vec<NodeEvent>) {
        let common = Arc::clone(&self.common);
        // In the thread that tells: none is told twice or left out.
        let events = self.with(move |runner| {
            let mut events = Vec::new();
            for (ix, recent) in (0..).map(NodeIx).zip(runner.history.recent()) {
                events.extend(recent.iter().map(|event| NodeEvent {
                    node: runner.lab().core().name(ix).to_owned(),
                    event: Arc::clone(event),
                }));
            }
            events.sort_by_key(|event: &NodeEvent| -> Time { event.event.at });
            (common.bus.listen(), events)
        });
        events.unwrap_or_else(|| (self.common.bus.listen(), Vec::new()))
    }

    fn shows(&self, _: NodeIx) -> bool {
        true
    }

    fn time(&self) -> Option<TimeView> {
        self.with(Runner::time_view)
    }

    fn want_time(&self) -> Option<WantsTime> {
        Some(self.common.bus.want_time())
    }

    fn want_messages(&self) -> WantsMessages {
        self.common.bus.want_messages()
    }

    fn serve(&self, request: Request<Named>) -> Later<'static, Result<serde_json::Value, Refusal>> {
        let (told, answer) = oneshot::channel();
        let begun = self.with(move |runner| -> Result<(), BadParam> {
            let request = request.resolve(runner.lab().core())?;
            runner.request(Recipient::Program(told), request);
            Ok(())
        });
        let common = Arc::clone(&self.common);
        Box::pin(async move {
            match begun {
                None => Err(Refusal::Failed(common.over())),
                Some(Err(bad)) => Err(Refusal::Request(bad)),
                Some(Ok(())) => match answer.await {
                    Ok(answer) => answer.map_err(Refusal::Failed),
                    Err(_) => Err(Refusal::Failed(common.over())),
                },
            }
        })
    }
}
