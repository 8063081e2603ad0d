//! Goes on with what was attached to: listens, finds a process again that went away, and begins anew
//! with a lab that was made anew.

use super::met::{Following, Met, begin, runs_of};
use crate::lab::control::{Notice, Opening};
use crate::lab::core::{Far, Input};
use crate::lab::drive::live::round::Round;
use crate::lab::drive::live::rounds::Rounds;
use crate::live::Links;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval, sleep};

/// Time between two looks at what links are like.
const LINKS_EVERY: Duration = Duration::from_millis(500);

/// Time between two tries to find a process that went away.
const RETRY: Duration = Duration::from_millis(250);

/// Goes on to listen to all of them, until the round is over.
pub(in crate::lab::drive) fn follow_all(
    all: Vec<Following>,
    rounds: &Arc<Rounds>,
    round: &Arc<Round>,
) {
    for following in all {
        let (rounds, its) = (Arc::clone(rounds), Arc::clone(round));
        round.runtime.spawn(follow(rounds, its, following));
    }
}

async fn follow(rounds: Arc<Rounds>, round: Arc<Round>, following: Following) {
    tokio::select! {
        () = listen(&rounds, &round, following) => {}
        () = round.over() => {}
    }
}

async fn listen(rounds: &Arc<Rounds>, round: &Arc<Round>, mut following: Following) {
    loop {
        let mut parting = following.listen(round).await;
        while let Parting::Back(opening) = parting {
            let met = following.met(*opening);
            if round.core().shows_only(met.host.id) {
                return show_anew(met, rounds, round);
            }
            round.handle(Input::Far(met.host.id, Far::Anew));
            following = begin(vec![met], round).pop().expect("one was met");
            parting = following.listen(round).await;
        }
        let (host, runs) = (Arc::clone(&following.host), following.runs);
        let before = following.client.about().clone();
        drop(following);
        let lost = || {
            host.set(None);
            round.handle(Input::Far(host.id, Far::Lost));
        };
        let mut is_lost = parting == Parting::Gone;
        if is_lost {
            lost();
        }
        let met = loop {
            // Also at first: the other side may say again and again that it begins anew.
            sleep(RETRY).await;
            match Met::again(Arc::clone(&host), &before).await {
                Ok(met) => break met,
                // It was to begin anew, and has ended instead.
                Err(_) if !is_lost => {
                    is_lost = true;
                    lost();
                }
                Err(_) => round.handle(Input::Far(host.id, Far::NotFound)),
            }
        };
        if runs_of(&met.opening.lab) != runs {
            if round.core().shows_only(host.id) {
                return show_anew(met, rounds, round);
            }
            round.handle(Input::Far(host.id, Far::Anew));
        }
        let mut all = begin(vec![met], round);
        following = all.pop().expect("as many as were met");
    }
}

/// Shows a lab that was made anew, in another round of this one.
fn show_anew(met: Met, rounds: &Arc<Rounds>, old: &Arc<Round>) {
    old.clock.begin_again(met.now());
    let (lasting, number) = (Arc::clone(&old.lasting), old.number + 1);
    let core = lasting.core(number);
    let new = Round::new(lasting, number, core, Links::default());
    let all = begin(vec![met], &new);
    if rounds.put(old, &new) {
        follow_all(all, rounds, &new);
        new.goes();
    }
}

/// Why a process is not listened to any more.
#[derive(Debug, PartialEq)]
enum Parting {
    /// It does not answer.
    Gone,
    /// Its lab was made anew: nothing that was known of it holds.
    Anew,
    /// Its time went back, and all is like this now.
    Back(Box<Opening>),
}

impl Following {
    /// The same process, of which all is to be heard anew.
    fn met(self, mut opening: Opening) -> Met {
        if let Some(news) = &mut opening.time {
            self.host.say_who_moved(self.time.as_ref(), news);
        }
        Met {
            host: self.host,
            client: self.client,
            opening,
            notices: self.notices,
        }
    }

    /// Puts down what it hears, as long as that can be added to what is known.
    async fn listen(&mut self, round: &Arc<Round>) -> Parting {
        let mut links = interval(LINKS_EVERY);
        links.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                notice = self.notices.recv() => match notice {
                    Some(Notice::Lab(lab)) if runs_of(&lab) != self.runs => return Parting::Anew,
                    Some(Notice::Opening(opening)) => return Parting::Back(opening),
                    Some(notice) => self.take(round, notice),
                    None => return Parting::Gone,
                },
                _ = links.tick() => {
                    self.ask_links(round);
                    self.ask_time_if_it_goes(round);
                }
            }
        }
    }
}
