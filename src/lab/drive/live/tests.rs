//! A lab of real nodes, held by its rounds.

use super::open::open;
use super::rounds::Rounds;
use crate::lab::ask::{Answer, Request, Ticket};
use crate::lab::drive::{Answers, Backend, Consent, Control, LabOptions, Outside};
use crate::lab::layout::read;
use std::sync::Arc;
use tokio::runtime::Handle;

/// A temporary lab of this layout, and where its answers come from.
pub(super) fn lab(text: &str) -> (Arc<Rounds>, Answers) {
    let options = LabOptions {
        layout: read("scenario", text).expect("sound"),
        layout_text: text.to_owned(),
        is_layout_chosen: false,
        data_dir: None,
        seed: Some(1),
        clock: None,
        control: Control::Off,
        programs: Consent::Refused,
        outside: Outside::default(),
    };
    open(options, Handle::current()).expect("starts")
}

/// Asks something.
pub(super) fn ask(rounds: &Arc<Rounds>, request: Request) {
    Arc::clone(rounds).request(Ticket(1), request);
}

/// The next answer.
pub(super) async fn answer(answers: &mut Answers) -> Result<Answer, String> {
    let (_, answer) = answers.recv().await.expect("the lab holds a sender");
    answer
}
