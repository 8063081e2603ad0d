//! What is to become of the next message of a kind on a link: faults that testers ask for, one by one.
//!
//! A link carries a stream and loses nothing for good, so a peer that forgets to send a message, or sends it
//! twice, is never seen on it. Here one can be made to. Who puts messages into a [`Link`](super::Link)
//! asks first what is to become of each, on any connection of that direction.

use super::DELAY_MAX;
use crate::node::message::Kind;
use std::collections::VecDeque;
use std::time::Duration;

/// Faults that wait on one direction of a link: more than a test thinks of.
pub const NEXT_MAX: usize = 16;

/// The longest that a message is held back: as long as a link may be late.
pub const HELD_MAX: Duration = DELAY_MAX;

/// What is to become of the next message of a kind that enters a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NextMessage {
    /// Which kind.
    pub kind: Kind,
    /// What.
    pub fate: Fate,
}

/// What becomes of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It takes its time on the link, and does not arrive.
    Drop,
    /// It arrives so much later, [`HELD_MAX`] at most, and what follows it no earlier.
    Delay(Duration),
    /// It arrives twice.
    Repeat,
}

/// The faults that wait on one direction of a link, oldest first.
#[derive(Clone, Debug, Default)]
pub struct Fates(VecDeque<NextMessage>);

impl Fates {
    /// Asks for one. The oldest goes if there are too many.
    pub fn ask(&mut self, next: NextMessage) {
        if self.0.len() >= NEXT_MAX {
            self.0.pop_front();
        }
        self.0.push_back(next);
    }

    /// What becomes of a message of this kind, if anything: that is over then.
    pub fn take(&mut self, kind: Kind) -> Option<Fate> {
        let at = self.0.iter().position(|next| next.kind == kind)?;
        self.0.remove(at).map(|next| next.fate)
    }

    /// Whether none waits.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::{Conditions, Link};
    use crate::node::Time;

    #[test]
    fn faults_of_a_kind_come_in_the_order_in_which_they_were_asked_for() {
        let mut fates = Fates::default();
        for (kind, fate) in [
            (Kind::Block, Fate::Drop),
            (Kind::Tx, Fate::Repeat),
            (Kind::Block, Fate::Repeat),
        ] {
            fates.ask(NextMessage { kind, fate });
        }
        let kinds = [Kind::Ping, Kind::Block, Kind::Block, Kind::Block, Kind::Tx];
        let taken = kinds.map(|kind| fates.take(kind));
        let (drop, repeat) = (Some(Fate::Drop), Some(Fate::Repeat));
        assert_eq!(taken, [None, drop, repeat, None, repeat]);
        assert!(fates.is_empty());
    }

    #[test]
    fn a_frame_that_is_held_back_holds_up_those_behind_it_and_no_other() {
        let held = Duration::from_secs(5);
        let mut link = Link::new(Conditions::latency(Duration::from_millis(10)), 1);
        let ms = |ms: u64| Time(ms * 1_000);
        link.push(ms(0), 9, "before").expect("it is open");
        link.push_late(ms(1), 9, "held", held).expect("it is open");
        link.push(ms(2), 9, "behind").expect("it is open");
        assert_eq!(link.pop(ms(10)), Some("before"));
        assert_eq!(link.pop(ms(5_010)), None);
        assert_eq!(link.pop(ms(5_011)), Some("held"));
        assert_eq!(link.pop(ms(5_011)), Some("behind"));
    }

    #[test]
    fn of_too_many_the_oldest_goes() {
        let mut fates = Fates::default();
        let kinds = Kind::ALL.into_iter().take(NEXT_MAX + 1);
        for kind in kinds {
            let fate = Fate::Drop;
            fates.ask(NextMessage { kind, fate });
        }
        assert_eq!(fates.take(Kind::ALL[0]), None);
        assert_eq!(fates.take(Kind::ALL[1]), Some(Fate::Drop));
    }
}
