//! What is asked of time, and what is shown of it.

use super::errand::{Errand, Goal};
use super::recipient::Recipient;
use super::runner::Runner;
use crate::lab::ask::{Answer, TimeChange, When};
use crate::lab::drive::history::{Judge, Place, Watch};
use crate::lab::layout::resolve::Resolver;
use crate::lab::paper::units::show_clock;
use crate::lab::script::Expr;
use crate::lab::spec::Speed;
use crate::lab::view::{MarkKind, TimeView};
use crate::node::io::{CommandError, RefusalKind};
use std::time::Duration;

impl Runner {
    /// Goes to how the lab is to open.
    pub(super) fn open(&mut self) {
        let (at, pause_at) = (self.spec.at, self.spec.pause_at.clone());
        if let Some(text) = &pause_at {
            let added = self
                .read(text)
                .and_then(|expr| self.breakpoints.add(text, expr, &self.history));
            if let Err(words) = added {
                tracing::error!("no breakpoint: {words}");
            }
            if let Some(hit) = self.breakpoints.holding().map(str::to_owned) {
                self.hit(&hit);
            }
        }
        if let Some(at) = at {
            self.errand = Some(Errand {
                goal: Goal::Ahead(self.lab().since() + at),
                words: format!("at {}", show_clock(at)),
                from: None,
                goes_on: !self.spec.is_paused,
                takes_back: false,
            });
        }
    }

    /// Does what is asked of time.
    pub(super) fn change_time(&mut self, from: Recipient, change: TimeChange) {
        match self.errand_of(&change) {
            Ok(Some((goal, words))) => {
                self.break_off("time was sent elsewhere");
                // Where it goes back to was looked for from here.
                let goal = self.begin(goal);
                self.errand = Some(Errand {
                    goal,
                    words,
                    from: Some(from),
                    goes_on: false,
                    takes_back: change == TimeChange::Undo,
                });
                self.common.changed();
            }
            Ok(None) => {
                let answer = self.change_here(&change, from.is_program());
                self.answer(
                    from,
                    answer
                        .map(Answer::Done)
                        .map_err(|words| wrong(&change, &words)),
                );
            }
            Err(words) => self.answer(from, Err(wrong(&change, &words))),
        }
    }

    /// What takes no way.
    fn change_here(&mut self, change: &TimeChange, is_program: bool) -> Result<String, String> {
        let words = match change {
            TimeChange::Pause => self.pause(),
            TimeChange::Resume => self.resume(),
            TimeChange::Toggle if self.is_paused && self.errand.is_none() => self.resume(),
            TimeChange::Toggle => self.pause(),
            TimeChange::Speed(speed) => self.set_speed(*speed),
            TimeChange::Faster => self.set_speed(self.pace.speed().faster()),
            TimeChange::Slower => self.set_speed(self.pace.speed().slower()),
            TimeChange::PauseWhen(None) => {
                self.breakpoints.clear();
                "no breakpoints".to_owned()
            }
            TimeChange::PauseWhen(Some(text)) => {
                let expr = self.read(text)?;
                self.breakpoints.add(text, expr, &self.history)?;
                format!("pauses when {text}")
            }
            _ => return Err("that is a way to somewhere".to_owned()),
        };
        let mut told = self.told(&words);
        told.is_elsewhere = is_program;
        self.say(told);
        Ok(words)
    }

    fn pause(&mut self) -> String {
        self.break_off("time was paused");
        self.is_paused = true;
        "paused".to_owned()
    }

    fn resume(&mut self) -> String {
        self.is_paused = false;
        self.anchor();
        format!("goes on at x{}", self.pace.speed())
    }

    fn set_speed(&mut self, speed: Speed) -> String {
        self.pace.begin(speed, self.lab().now(), self.clock.ran());
        match speed {
            Speed::Max => "as fast as it can".to_owned(),
            speed => format!("x{speed}"),
        }
    }

    /// Where time is to go; `None`: it stays.
    ///
    /// # Errors
    /// In words: there is no such moment.
    fn errand_of(&mut self, change: &TimeChange) -> Result<Option<(Goal, String)>, String> {
        Ok(Some(match change {
            TimeChange::Step => (
                Goal::Step(Watch::new(self.lab())),
                "one thing on".to_owned(),
            ),
            TimeChange::Back => {
                let to = self.history.place();
                if to.at() <= self.lab().since() {
                    return Err("this is the beginning".to_owned());
                }
                let (watch, began) = (Watch::new(self.lab()), to);
                let goal = Goal::Back {
                    watch,
                    to,
                    began,
                    found: None,
                };
                (goal, "one thing back".to_owned())
            }
            TimeChange::NextMark => self.next_mark()?,
            TimeChange::PreviousMark => self.previous_mark()?,
            TimeChange::Go(When::At(at)) => self.way_to(*at)?,
            TimeChange::Go(When::Block(height)) => self.way_to_block(*height),
            TimeChange::Until(text) => {
                let expr = self.read(text)?;
                (
                    Goal::Until(Judge::new(expr, self.lab())),
                    format!("until {text}"),
                )
            }
            TimeChange::Undo => {
                let place = self.history.before_last_command();
                let place = place.ok_or("nothing was done by hand before this")?;
                (
                    Goal::Place(place),
                    "before the last command: going on drops it".to_owned(),
                )
            }
            _ => return Ok(None),
        }))
    }

    /// Goes to where the way begins.
    fn begin(&mut self, goal: Goal) -> Goal {
        match goal {
            Goal::Place(place) => {
                self.history.jump(&place);
                goal
            }
            Goal::Back { to, .. } => self.back_to(to),
            other => other,
        }
    }

    fn next_mark(&self) -> Result<(Goal, String), String> {
        let now = self.lab().elapsed();
        let next = self.history.marks().iter().find(|mark| mark.at > now);
        match next {
            Some(mark) => {
                let place = Place::end_of(self.lab().since() + mark.at);
                Ok((Goal::Place(place), self.lab().core().mark_words(mark)))
            }
            None if self.history.is_newest() => {
                Err("this is the newest moment: there is no mark after it yet".to_owned())
            }
            None => {
                let place = self.history.newest_place();
                Ok((Goal::Place(place), "the newest moment".to_owned()))
            }
        }
    }

    fn previous_mark(&self) -> Result<(Goal, String), String> {
        let (now, since) = (self.lab().elapsed(), self.lab().since());
        if now.is_zero() {
            return Err("this is the beginning".to_owned());
        }
        let last = self.history.marks().iter().rev().find(|mark| mark.at < now);
        let (at, words) = match last {
            Some(mark) => (mark.at, self.lab().core().mark_words(mark)),
            None => (Duration::ZERO, "the beginning".to_owned()),
        };
        Ok((Goal::Place(Place::end_of(since + at)), words))
    }

    fn way_to(&self, at: Duration) -> Result<(Goal, String), String> {
        if let Some(limit) = self.spec.limit.filter(|limit| at > *limit) {
            return Err(format!(
                "time goes no further than {} in this lab",
                show_clock(limit)
            ));
        }
        let time = self.lab().since() + at;
        let goal = match at < self.history.newest() {
            true => Goal::Place(Place::end_of(time)),
            false => Goal::Ahead(time),
        };
        Ok((goal, format!("at {}", show_clock(at))))
    }

    fn way_to_block(&self, height: u32) -> (Goal, String) {
        let is_it = |mark: &&crate::lab::view::Mark| {
            let block = mark.block.filter(|_| mark.kind == MarkKind::Block);
            block.is_some_and(|block| block.height >= height)
        };
        match self.history.marks().iter().find(is_it) {
            Some(mark) => {
                let place = Place::end_of(self.lab().since() + mark.at);
                (Goal::Place(place), self.lab().core().mark_words(mark))
            }
            None => (Goal::Block(height), format!("block #{height}")),
        }
    }

    /// Reads an expression.
    ///
    /// # Errors
    /// In words: it is none, or names what is not there.
    fn read(&self, text: &str) -> Result<Expr, String> {
        let expr: Expr = text.parse().map_err(|error| format!("{error}"))?;
        let core = self.lab().core();
        let resolver = Resolver::at_the_end(core.layout());
        let nodes = core.nodes().iter().map(|node| &**node.name());
        let wallets: Vec<&str> = resolver.wallets().chain(core.wallets()).collect();
        expr.check(nodes, wallets.into_iter())?;
        Ok(expr)
    }

    /// How time goes.
    pub(super) fn time_view(&mut self) -> TimeView {
        let is_quiet = self.is_travelling();
        let shown = self.common.last().time.as_ref().map(|time| time.at);
        let here = self.history.lab().elapsed();
        TimeView {
            at: shown.filter(|_| is_quiet).unwrap_or(here),
            newest: self.history.newest(),
            speed: self.pace.speed(),
            reached: self.pace.reached(),
            is_paused: self.is_paused && self.errand.is_none(),
            on_its_way: self
                .errand
                .as_ref()
                .map(|errand| errand.words.as_str().into()),
            told: self.time.told.clone(),
            breakpoints: self.breakpoints.texts().clone(),
            leaps: self.time.leaps,
            marks: self.time.marks(&self.history),
        }
    }
}

/// Why something is not done: an expression that cannot be is wrong whenever it is asked for.
fn wrong(change: &TimeChange, words: &str) -> CommandError {
    match change {
        TimeChange::Until(_) | TimeChange::PauseWhen(Some(_)) => {
            CommandError::new(RefusalKind::Invalid, format!("expr: {words}"))
        }
        _ => words.into(),
    }
}
