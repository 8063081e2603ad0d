//! What happens in the lab and is told on the message line of every view: deep reorganisations.

use super::state::UiState;
use crate::lab::LabView;
use crate::lab::observe::news::News;
use crate::node::io::words::Tone;
use crate::node::{BlockId, Time};
use crate::ui::widgets::reorganisation::message;

/// What was told last.
#[derive(Default)]
pub(super) struct Told {
    /// The screen has looked at a lab: what came before is no news.
    has_begun: bool,
    /// Where the branches part.
    fork: Option<BlockId>,
    /// When it came to the last node that was named.
    at: Option<Time>,
    /// When it was said, if it was.
    said: Option<Time>,
}

impl UiState {
    /// Tells once of a deep reorganisation. While that stands on the message line, it takes up
    /// further nodes that do the same.
    pub(super) fn tell_news(&mut self, lab: &LabView) {
        let newest = News::newest(&lab.reorganisations);
        let had_begun = std::mem::replace(&mut self.news.has_begun, true);
        let Some(newest) = newest else {
            return;
        };
        let (fork, at) = (Some(newest.last.fork), Some(newest.last.at));
        let is_known = self.news.fork == fork;
        if is_known && self.news.at == at {
            return;
        }
        self.news.at = at;
        if !had_begun || !newest.is_worth_telling() {
            (self.news.fork, self.news.said) = (fork, None);
            return;
        }
        let said = self.message.as_ref().map(|message| Some(message.at));
        let stands = self.news.said.is_some() && said == Some(self.news.said);
        if !is_known || stands {
            self.news.fork = fork;
            self.news.said = Some(lab.now);
            self.say(lab.now, Tone::Warn, message(&newest, lab));
        }
    }
}
