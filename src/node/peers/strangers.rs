//! What strangers cause, counted.
//!
//! A stranger is who opens a connection and never comes to a handshake, or is turned away; and, when
//! they are very many, also who does come to one. A few of them in a minute are told of one by one, in
//! words, as a single one is worth knowing: it may be a friend of another network. What is more than
//! that is only counted, and told in sums: the first at once, then once a minute. So noise costs a
//! line a minute, however fast it is made.

use crate::node::io::StrangerSums;
use crate::node::time::Time;
use std::time::Duration;

/// Time between two sums, and in which so many are told of in words.
pub const SUMS_EVERY: Duration = Duration::from_secs(60);

/// Connections without a handshake, and bans, that are told of one by one in a minute.
const IN_WORDS_MAX: u32 = 10;

/// Peers that come to a handshake on connections that they opened, told of one by one in a minute:
/// more than a lab has nodes, so that of those none is left out.
const PEERS_IN_WORDS_MAX: u32 = 200;

/// What is added before a time is cut to whole seconds.
const HALF_A_SECOND: Duration = Duration::from_millis(500);

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// See [`StrangerSums::turned_out`].
    TurnedOut,
    /// See [`StrangerSums::no_handshake`].
    NoHandshake,
    /// See [`StrangerSums::banned`].
    Banned,
    /// See [`StrangerSums::came`].
    Came,
}

/// What is counted, and what was told.
#[derive(Clone, Debug)]
pub struct Strangers {
    sums: StrangerSums,
    /// When the first of what is counted happened; `None`: nothing did.
    since: Option<Time>,
    told: Option<Time>,
    few: Allowance,
    peers: Allowance,
}

/// So many in a minute.
#[derive(Clone, Debug)]
struct Allowance {
    most: u32,
    left: u32,
    renewed: Time,
}

impl Allowance {
    fn new(most: u32) -> Self {
        Self {
            most,
            left: most,
            renewed: Time::default(),
        }
    }

    fn takes(&mut self, now: Time) -> bool {
        if now - self.renewed >= SUMS_EVERY {
            (self.left, self.renewed) = (self.most, now);
        }
        let has_room = self.left > 0;
        self.left = self.left.saturating_sub(1);
        has_room
    }
}

impl Default for Strangers {
    fn default() -> Self {
        Self {
            sums: StrangerSums::default(),
            since: None,
            told: None,
            few: Allowance::new(IN_WORDS_MAX),
            peers: Allowance::new(PEERS_IN_WORDS_MAX),
        }
    }
}

impl Strangers {
    /// Whether this one is told of in words; otherwise it is counted.
    pub fn tells(&mut self, deed: Deed, now: Time) -> bool {
        let tells = match deed {
            Deed::TurnedOut => false,
            Deed::NoHandshake | Deed::Banned => self.few.takes(now),
            Deed::Came => self.peers.takes(now),
        };
        if !tells {
            let sums = self.count(now);
            let sum = match deed {
                Deed::TurnedOut => &mut sums.turned_out,
                Deed::NoHandshake => &mut sums.no_handshake,
                Deed::Banned => &mut sums.banned,
                Deed::Came => &mut sums.came,
            };
            *sum += 1;
        }
        tells
    }

    /// A connection was turned away.
    pub fn turned_away(&mut self, why: &str, now: Time) {
        let sums = self.count(now);
        sums.turned_away += 1;
        sums.why = Some(why.to_owned());
    }

    fn count(&mut self, now: Time) -> &mut StrangerSums {
        self.since.get_or_insert(now);
        &mut self.sums
    }

    /// The sums, if it is time to tell them.
    pub fn due(&mut self, now: Time) -> Option<StrangerSums> {
        if self.deadline().is_none_or(|at| now < at) {
            return None;
        }
        let since = self.since.take()?;
        self.told = Some(now);
        let mut sums = std::mem::take(&mut self.sums);
        sums.over_s = (now - since + HALF_A_SECOND).as_secs();
        Some(sums)
    }

    /// When sums are to be told.
    pub fn deadline(&self) -> Option<Time> {
        let since = self.since?;
        Some(self.told.map_or(since, |told| since.max(told + SUMS_EVERY)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Time = Time(1_000_000_000_000);

    fn at(ms: u64) -> Time {
        START + Duration::from_millis(ms)
    }

    #[test]
    fn a_few_are_told_of_in_words_and_the_rest_in_sums_at_once_and_then_once_a_minute() {
        let mut strangers = Strangers::default();
        let mut in_words = 0;
        let mut told = Vec::new();
        // A thousand a second for three minutes.
        for ms in 0..180_000 {
            in_words += u32::from(strangers.tells(Deed::NoHandshake, at(ms)));
            told.extend(strangers.due(at(ms)).map(|sums| (ms, sums)));
        }
        assert_eq!(in_words, 3 * IN_WORDS_MAX);
        let times: Vec<_> = told.iter().map(|(ms, _)| *ms).collect();
        assert_eq!(times, [10, 60_010, 120_010]);
        assert_eq!(told[0].1.no_handshake, 1);
        assert_eq!(told[1].1.no_handshake, 59_990);
        assert_eq!(told[1].1.over_s, 60);
    }

    #[test]
    fn whoever_is_turned_away_is_counted_and_after_a_quiet_minute_the_first_is_told_at_once() {
        let mut strangers = Strangers::default();
        for start in [0, 200_000] {
            assert_eq!(strangers.deadline(), None);
            strangers.turned_away("full", at(start));
            assert_eq!(strangers.deadline(), Some(at(start)));
            let sums = strangers.due(at(start)).expect("at once");
            assert_eq!((sums.turned_away, sums.over_s), (1, 0));
            assert_eq!(sums.why.as_deref(), Some("full"));
            strangers.turned_away("full", at(start + 1));
            assert_eq!(strangers.due(at(start + 59_999)), None);
            assert_eq!(strangers.deadline(), Some(at(start + 60_000)));
            assert!(strangers.due(at(start + 60_000)).is_some());
        }
    }
}
