//! What other processes are asked to do, and what comes of it.

use super::io::{CallId, FarReply, HostId, Moment, Output};
use super::state::Core;
use super::work::{Asker, Errand, Outcome, fault};
use crate::lab::ask::{Answer, Named, Request};
use crate::lab::spec::NodeSpec;
use crate::node::NodeIx;
use crate::node::io::CommandError;
use std::time::Duration;

/// How long a node that was added elsewhere may take to show here.
const SHOWN_MAX: Duration = Duration::from_secs(10);

/// Why nothing is done about time.
pub(super) const GOES_BY_ITSELF: &str =
    "time of a live lab goes by itself: this needs chainlab run --virtual";

impl Core {
    /// Has other processes do something.
    pub(super) fn forward(
        &mut self,
        asker: Asker,
        outcome: Outcome,
        tells: Vec<(HostId, Request<Named>)>,
    ) {
        self.last_call += 1;
        let id = CallId(self.last_call);
        self.forwards.insert(id, Errand { asker, outcome });
        self.outputs.push_back(Output::Forward { id, tells });
    }

    /// Has the process of a node do something with it; whether it runs elsewhere.
    pub(super) fn forward_node(
        &mut self,
        asker: Asker,
        ix: NodeIx,
        outcome: Outcome,
        request: impl FnOnce(Named) -> Request<Named>,
    ) -> bool {
        let node = &self.nodes[ix.0];
        let Some(host) = node.host else { return false };
        let request = request(Some(node.spec.name.clone()));
        self.forward(asker, outcome, vec![(host, request)]);
        true
    }

    /// Has the lab do something that all nodes are of: no other can cut what is between them at one
    /// moment.
    ///
    /// # Errors
    /// There is none.
    pub(super) fn forward_to_only_lab(
        &mut self,
        asker: Asker,
        request: Request<Named>,
    ) -> Result<Option<String>, CommandError> {
        let (hosts, labs) = (self.hosts_in_order(), self.labs());
        if hosts.len() != 1 || hosts != labs {
            return Err("these nodes are not of one lab: cut their links one by one".into());
        }
        self.forward(asker, Outcome::Done, vec![(hosts[0], request)]);
        Ok(None)
    }

    /// Has the labs of a lab without nodes of its own do something. Whether there are any: nodes that run
    /// alone have no screen to show a note on, and make no payments by themselves.
    pub(super) fn forward_to_labs(&mut self, asker: Asker, request: &Request<Named>) -> bool {
        let labs = self.labs();
        let is_any = !self.has_own_nodes() && !labs.is_empty();
        if is_any {
            let tells = labs.into_iter().map(|lab| (lab, request.clone()));
            self.forward(asker, Outcome::Done, tells.collect());
        }
        is_any
    }

    /// Leads the script of another lab, or its time.
    ///
    /// # Errors
    /// It is not clear which.
    pub(super) fn lead_far(
        &mut self,
        asker: Asker,
        request: Request<Named>,
    ) -> Result<Option<String>, CommandError> {
        match &self.labs()[..] {
            [] if matches!(request, Request::Time(_)) => Err(GOES_BY_ITSELF.into()),
            [] => Err(super::no_script()),
            [lab] => {
                self.forward(asker, Outcome::Done, vec![(*lab, request)]);
                Ok(None)
            }
            _ if matches!(request, Request::Time(_)) => {
                Err("these nodes are of several labs: each has its own time".into())
            }
            _ => Err("these nodes are of several labs: lead each script in its own lab".into()),
        }
    }

    /// Adds a node to another lab.
    ///
    /// # Errors
    /// It is not clear which.
    pub(super) fn add_far(
        &mut self,
        asker: Asker,
        spec: NodeSpec,
    ) -> Result<Option<String>, CommandError> {
        let [lab] = self.labs()[..] else {
            let words = "a node can be added to a lab; start this one with chainlab node";
            return Err(words.into());
        };
        let outcome = Outcome::Added(spec.name.clone());
        self.forward(asker, outcome, vec![(lab, Request::Add(Box::new(spec)))]);
        Ok(None)
    }

    /// Other processes have done what they were told, or have not.
    pub(super) fn forwarded(&mut self, now: Moment, call: CallId, told: FarReply) {
        let Some(Errand { asker, outcome }) = self.forwards.remove(&call) else {
            return;
        };
        let answer = match (told, outcome) {
            (FarReply::Done(words), Outcome::Done) | (FarReply::Done(_), Outcome::Words(words)) => {
                Ok(Answer::Done(words))
            }
            // A process with one node ends with it, maybe before it can say so.
            (FarReply::Done(_) | FarReply::Ended(_), Outcome::Killed(ix)) => Ok(Answer::Killed(ix)),
            (FarReply::Done(_), Outcome::Restarted(ix)) => Ok(Answer::Restarted(ix)),
            (FarReply::Done(_), Outcome::Added(name)) => match self.position(&name) {
                Some(ix) => Ok(Answer::Added(ix)),
                None => {
                    let waits = (asker, now.ran + SHOWN_MAX);
                    self.hosts.expected.insert(name, waits);
                    return;
                }
            },
            (FarReply::Refused(refusal) | FarReply::Ended(refusal), _) => Err(refusal),
        };
        self.answer(asker, answer);
    }

    /// Nodes that were added elsewhere are not waited for any longer.
    pub(super) fn give_up(&mut self, now: Moment) {
        let is_late = |_: &String, (_, until): &mut (Asker, Duration)| *until <= now.ran;
        let late: Vec<_> = self.hosts.expected.extract_if(.., is_late).collect();
        for (name, (asker, _)) in late {
            let words = format!("{name} was added, and does not show");
            self.answer(asker, Err(fault(&words)));
        }
    }
}
