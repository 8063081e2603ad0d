//! What the control protocol costs: a request, a subscriber, a screen that comes from elsewhere.
//! Each figure stands beside its limit or its rival, measured in the same run: see
//! `docs/performance.md`.
//!
//! ```sh
//! cargo bench --bench control               # all of it, three minutes
//! cargo bench --bench control -- request    # one group: request, subscribers, attach
//! ```

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a benchmark drives the machine"
)]

#[path = "control/attach.rs"]
mod attach;
#[path = "control/doors.rs"]
mod doors;
#[allow(dead_code, reason = "not every lab is needed here")]
#[path = "ui/labs.rs"]
mod labs;
#[allow(dead_code, reason = "not every kind of target is needed here")]
#[path = "chain/ratio.rs"]
mod ratio;
#[path = "control/request.rs"]
mod request;
#[path = "control/subscribers.rs"]
mod subscribers;
#[path = "ui/tail.rs"]
mod tail;

fn main() {
    if subscribers::is_audience() {
        return;
    }
    ratio::Harness::from_args().measure(&[
        ("request", request::request),
        ("subscribers", subscribers::subscribers),
        ("attach", attach::attach),
    ]);
}
