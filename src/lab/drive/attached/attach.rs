//! How a lab begins to show what runs in other processes.

use super::follow::follow_all;
use super::met::{Met, begin};
use crate::lab::control::Endpoint;
use crate::lab::core::HostId;
use crate::lab::drive::live::round::{Lasting, Round};
use crate::lab::drive::live::rounds::Rounds;
use crate::lab::drive::{Answers, LabError};
use crate::lab::layout::Layout;
use crate::lab::paper::network;
use crate::live::{self, LabClock, Links};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use tokio::runtime::Handle;
use tokio::sync::mpsc;

/// Makes a lab of what runs behind these endpoints.
pub(in crate::lab) async fn attach(
    endpoints: Vec<Endpoint>,
    runtime: Handle,
) -> Result<(Arc<Rounds>, Answers), LabError> {
    let mut met = Vec::new();
    for (id, endpoint) in (1..).map(HostId).zip(endpoints) {
        met.push(Met::new(id, endpoint, &runtime).await?);
    }
    let first = met.first().expect("there is a door");
    let about = first.client.about();
    let file = format!("the network at {}", first.host.endpoint().at);
    let params = network::read(&file, &about.network_file).map_err(|error| LabError::Strange {
        at: first.host.endpoint().at.clone(),
        problem: error.to_string(),
    })?;
    let name = match &met[..] {
        [only] => only.client.about().name.clone(),
        _ => "attached".to_owned(),
    };
    let mut layout = Layout::around(&name, &params);
    layout.view = about.view.clone();
    layout.chain.fee = about.fee;
    let since = met.iter().map(|met| met.client.about().since).min();
    // What is shown goes on while this process is stopped.
    let clock = LabClock::starting_at(about.now).of_the_world();
    let (answered, answers) = mpsc::unbounded_channel();
    let params = Arc::new(params);
    let draws = live::seeds().map_err(LabError::Randomness)?.run;
    let mut lasting = Lasting::around(layout, params, clock, runtime, answered, draws);
    lasting.since = since.unwrap_or(lasting.since);
    let last_host = met.iter().map(|met| met.host.id.0).max();
    *lasting.last_host.get_mut() = last_host.unwrap_or_default();
    let lasting = Arc::new(lasting);
    let core = lasting.core(0);
    let rounds = Rounds::new(Round::new(lasting, 0, core, Links::default()));
    let first = rounds.round();
    follow_all(begin(met, &first), &rounds, &first);
    first.goes();
    Ok((rounds, answers))
}

/// Shows what runs behind another endpoint as well.
///
/// # Errors
/// [`LabError`].
pub(in crate::lab::drive) async fn attach_to(
    rounds: &Arc<Rounds>,
    endpoint: Endpoint,
) -> Result<(), LabError> {
    let round = rounds.round();
    let id = HostId(round.last_host.fetch_add(1, Ordering::Relaxed) + 1);
    let met = Met::new(id, endpoint, &round.runtime).await?;
    let at = met.client.place().clone();
    let round = rounds.round();
    follow_all(begin(vec![met], &round), rounds, &round);
    // Only now: a lab that shows others is not made anew, and one that is goes on without them.
    match round.course().words() {
        Some(problem) => Err(LabError::Strange { at, problem }),
        None => Ok(()),
    }
}
