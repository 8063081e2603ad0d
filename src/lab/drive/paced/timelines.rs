//! The timelines of a lab, as they are told of.

use super::runner::Runner;
use crate::lab::ask::Ticket;
use crate::lab::drive::history::{Begun, History, TIMELINES_MAX, TimelineInfo};
use crate::lab::paper::units::show_clock;
use crate::lab::script::in_words;
use crate::lab::view::{OriginView, TimelineView};
use crate::node::io::CommandError;

/// How they look, if there are several.
pub(super) fn shown(history: &History) -> Vec<TimelineView> {
    let all = history.timelines();
    if all.len() == 1 {
        return Vec::new();
    }
    all.map(|timeline| view(history, &timeline)).collect()
}

fn view(history: &History, timeline: &TimelineInfo<'_>) -> TimelineView {
    let since = history.lab().since();
    TimelineView {
        name: timeline.id,
        origin: timeline.origin.map(|origin| OriginView {
            of: origin.of,
            at: origin.at.since(since),
        }),
        newest: timeline.reaches,
        commands: timeline.commands.len(),
        is_shown: timeline.is_shown,
    }
}

impl Runner {
    /// Says that another timeline has begun, if one has.
    pub(super) fn tell_begun(&mut self) {
        let Some(begun) = self.history.take_begun() else {
            return;
        };
        let told = self.told(&begun_words(&begun));
        self.say(told);
    }

    /// Drops what comes later.
    ///
    /// # Errors
    /// In words: nothing does.
    pub(super) fn drop_later(&mut self) -> Result<String, String> {
        let dropped = match self.history.drop_later() {
            0 => return Err("nothing was given by hand later than this".to_owned()),
            1 => "1 command".to_owned(),
            more => format!("{more} commands"),
        };
        let words = match self.history.take_begun() {
            None => format!("{dropped} given later dropped"),
            Some(begun) => format!("{dropped} given later left out: {}", begun_words(&begun)),
        };
        Ok(words)
    }

    /// Says that what was given before in another timeline cannot be done in this one.
    pub(super) fn tell_skipped(&mut self, ticket: Ticket, refusal: &CommandError) {
        let Some(given) = self.history.given_again(ticket) else {
            return;
        };
        let at = show_clock(given.at.since(self.lab().since()));
        let what = in_words(&given.request);
        let told = self.told(&format!("{what}, given at {at}, is skipped: {refusal}"));
        self.say(told);
    }
}

fn begun_words(begun: &Begun) -> String {
    let (id, of) = (begun.id, begun.of);
    let again = match begun.again {
        0 => String::new(),
        1 => ", 1 command is given again".to_owned(),
        more => format!(", {more} commands are given again"),
    };
    let dropped = begun.dropped.map_or_else(String::new, |dropped| {
        format!("; {dropped} is dropped: {TIMELINES_MAX} are kept")
    });
    format!("timeline {id} begins, from {of}{again}{dropped}")
}
