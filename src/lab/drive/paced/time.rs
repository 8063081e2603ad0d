//! What is asked of time, and what is shown of it.

use super::errand::{Errand, Goal, Way};
use super::recipient::Recipient;
use super::runner::Runner;
use super::timelines;
use crate::lab::ask::{Answer, TimeChange, When};
use crate::lab::drive::history::{Judge, Place, Watch};
use crate::lab::layout::resolve::Resolver;
use crate::lab::paper::units::show_clock;
use crate::lab::script::Expr;
use crate::lab::spec::Speed;
use crate::lab::view::{Mark, MarkKind, TimeView};
use crate::node::io::{CommandError, RefusalKind};
use std::cmp::Ordering;
use std::time::Duration;

impl Runner {
    /// Goes to how the lab is to open.
    pub(super) fn open(&mut self) {
        let (at, pause_at) = (self.options.time.at, self.options.time.pause_at.clone());
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
                goes_on: !self.options.time.is_paused,
                takes_back: None,
            });
        }
    }

    /// Does what is asked of time.
    pub(super) fn change_time(&mut self, from: Recipient, change: TimeChange) {
        let undoes = self.history.before_last_command();
        let undoes = undoes.filter(|_| change == TimeChange::Undo);
        let done = match self.way(&change) {
            Ok(Some((way, words))) => {
                self.break_off("time was sent elsewhere");
                let goal = self.set_out(way);
                self.errand = Some(Errand {
                    goal,
                    words,
                    from: Some(from),
                    goes_on: matches!(change, TimeChange::Compare(_)) && !self.is_paused,
                    takes_back: undoes.map(|(_, to)| to),
                });
                return self.common.changed();
            }
            Ok(None) => self.change_here(&change, from.is_program()),
            Err(words) => Err(words),
        };
        let answer = done.map(Answer::Done);
        self.answer(from, answer.map_err(|words| wrong(&change, &words)));
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
            TimeChange::Compare(_) => {
                self.history.compare(None)?;
                "no comparison".to_owned()
            }
            TimeChange::DropTimeline(id) => {
                self.history.drop_timeline(*id)?;
                format!("timeline {id} is dropped")
            }
            TimeChange::DropLater => self.drop_later()?,
            _ => return Err("that is a way to somewhere".to_owned()),
        };
        let mut told = self.told(&words);
        told.is_elsewhere = is_program;
        self.say(told);
        Ok(words)
    }

    fn pause(&mut self) -> String {
        self.break_off("time was paused");
        self.stand_still();
        "paused".to_owned()
    }

    fn resume(&mut self) -> String {
        self.break_off("time goes on at its pace");
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
    fn way(&self, change: &TimeChange) -> Result<Option<(Way, String)>, String> {
        Ok(Some(match change {
            TimeChange::Step => {
                let watch = Watch::new(self.lab());
                (Way::On(Goal::Step(watch)), "one thing on".to_owned())
            }
            TimeChange::Back if self.history.place().at() <= self.lab().since() => {
                return Err("this is the beginning".to_owned());
            }
            TimeChange::Back => (Way::Back, "one thing back".to_owned()),
            TimeChange::NextMark => self.next_mark()?,
            TimeChange::PreviousMark => self.previous_mark()?,
            TimeChange::Go(When::At(at)) => self.way_to(*at)?,
            TimeChange::Go(When::Block(height)) => self.way_to_block(*height),
            TimeChange::Until(text) => {
                let judge = Judge::new(self.read(text)?, self.lab());
                (Way::On(Goal::Until(judge)), format!("until {text}"))
            }
            TimeChange::Undo => {
                let place = self.history.before_last_command();
                let (place, _) = place.ok_or("nothing was done by hand before this")?;
                let words = "before the last command: going on leaves it out";
                (Way::To(place), words.to_owned())
            }
            TimeChange::Compare(Some(id)) => {
                let shown = self.history.timeline();
                self.history.find(*id)?;
                if *id == shown {
                    return Err(format!("timeline {id} is the one that is shown"));
                }
                (Way::Beside(*id), format!("{shown} beside {id}"))
            }
            TimeChange::Switch(id) => {
                self.history.find(*id)?;
                (Way::Over(*id), format!("timeline {id}"))
            }
            _ => return Ok(None),
        }))
    }

    /// Goes to where the way begins.
    fn set_out(&mut self, way: Way) -> Goal {
        match way {
            Way::To(place) => {
                self.history.jump(&place);
                Goal::Place(place)
            }
            Way::Beside(id) => {
                // It was found just now.
                let _ = self.history.compare(Some(id));
                Goal::Compare
            }
            Way::Over(id) => {
                let place = self.history.switch(id);
                self.history.jump(&place);
                Goal::Place(place)
            }
            Way::Back => self.back_to(self.history.place()),
            Way::On(goal) => goal,
        }
    }

    fn next_mark(&self) -> Result<(Way, String), String> {
        let now = self.lab().elapsed();
        let next = self.history.marks().iter().find(|mark| mark.at > now);
        match next {
            Some(mark) => {
                let place = Place::end_of(self.lab().since() + mark.at);
                Ok((Way::To(place), self.lab().core().mark_words(mark)))
            }
            None if self.history.is_newest() => {
                Err("this is the newest moment: there is no mark after it yet".to_owned())
            }
            None => {
                let place = self.history.newest_place();
                Ok((Way::To(place), "the newest moment".to_owned()))
            }
        }
    }

    fn previous_mark(&self) -> Result<(Way, String), String> {
        let (now, since) = (self.lab().elapsed(), self.lab().since());
        if now.is_zero() {
            return Err("this is the beginning".to_owned());
        }
        let last = self.history.marks().iter().rev().find(|mark| mark.at < now);
        let (at, words) = match last {
            Some(mark) => (mark.at, self.lab().core().mark_words(mark)),
            None => (Duration::ZERO, "the beginning".to_owned()),
        };
        Ok((Way::To(Place::end_of(since + at)), words))
    }

    fn way_to(&self, at: Duration) -> Result<(Way, String), String> {
        if let Some(limit) = self.options.time.limit.filter(|limit| at > *limit) {
            return Err(format!(
                "time goes no further than {} in this lab",
                show_clock(limit)
            ));
        }
        let time = self.lab().since() + at;
        let way = match at.cmp(&self.history.newest()) {
            Ordering::Less => Way::To(Place::end_of(time)),
            Ordering::Equal if !self.history.is_newest() => Way::To(self.history.newest_place()),
            _ => Way::On(Goal::Ahead(time)),
        };
        Ok((way, format!("at {}", show_clock(at))))
    }

    fn way_to_block(&self, height: u32) -> (Way, String) {
        let is_it = |mark: &&Mark| {
            let block = mark.block.filter(|_| mark.kind == MarkKind::Block);
            block.is_some_and(|block| block.height >= height)
        };
        match self.history.marks().iter().find(is_it) {
            Some(mark) => {
                let place = Place::end_of(self.lab().since() + mark.at);
                (Way::To(place), self.lab().core().mark_words(mark))
            }
            None => (Way::On(Goal::Block(height)), format!("block #{height}")),
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
        expr.check(&core.names().and(resolver.names()))?;
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
            timelines: timelines::shown(&self.history),
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
