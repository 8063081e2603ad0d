//! What plays a lab: real nodes on sockets and disks, or virtual time.

use crate::common::live::soon;
use chainlab::lab::ask::{Answer, Request, Ticket};
use chainlab::lab::core::summary::Summary;
use chainlab::lab::drive::{Level, VirtualLab, VirtualOptions};
use chainlab::lab::{Consent, Control, Heard, Hearing, Lab, LabOptions, LabView, Layout, Outside};
use chainlab::node::NodeIx;
use chainlab::node::io::Event;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::runtime::Handle;

/// How long it goes on between two looks.
const SLICE: Duration = Duration::from_millis(50);

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// A lab that is played, whatever drives it.
pub trait Driver {
    /// What it is called.
    const NAME: &'static str;

    /// Asks for something, and waits for the answer: an error is the words of a refusal.
    fn request(&mut self, request: Request) -> Result<Answer, String>;
    fn view(&self) -> LabView;
    /// What happened to the nodes since this was last asked, in its order; of messages maybe nothing.
    fn take_events(&mut self) -> Vec<(NodeIx, Arc<Event>)>;
    fn summary(&mut self) -> Summary;
    /// How long it has been played, in its own time.
    fn played(&self) -> Duration;
    /// Lets a short while pass.
    fn go_on(&mut self);
    /// Ends it.
    fn close(self);
}

/// Nodes that really run.
pub struct Live {
    lab: Lab,
    hearing: Hearing,
    runtime: Handle,
    began: Instant,
}

impl Live {
    pub fn start(layout: &Layout, seed: u64, runtime: Handle) -> Self {
        let options = LabOptions {
            layout: layout.clone(),
            layout_text: String::new(),
            is_layout_chosen: false,
            data_dir: None,
            seed: Some(seed),
            clock: None,
            control: Control::Off,
            programs: Consent::Refused,
            outside: Outside::default(),
        };
        let entered = runtime.enter();
        let lab = Lab::start(options, runtime.clone()).expect("it starts");
        drop(entered);
        Self {
            hearing: lab.hear(),
            lab,
            runtime,
            began: Instant::now(),
        }
    }
}

impl Driver for Live {
    const NAME: &'static str = "live";

    fn request(&mut self, request: Request) -> Result<Answer, String> {
        let asked = self.lab.request(request);
        let (ticket, answer) = self.runtime.block_on(soon(self.lab.answer()));
        assert_eq!(ticket, asked);
        answer
    }

    fn view(&self) -> LabView {
        self.lab.view()
    }

    fn take_events(&mut self) -> Vec<(NodeIx, Arc<Event>)> {
        let heard: Vec<_> = std::iter::from_fn(|| self.hearing.try_next()).collect();
        // What a node tells comes after it is there.
        let view = self.lab.view();
        let heard = heard.into_iter();
        heard
            .map(|heard| match heard {
                Heard::Event(told) => {
                    let ix = view.named(&told.node);
                    (ix.expect("a node of the lab"), told.event)
                }
                Heard::Missed(count) => panic!("{count} events came too fast"),
            })
            .collect()
    }

    fn summary(&mut self) -> Summary {
        self.lab.summary()
    }

    fn played(&self) -> Duration {
        self.began.elapsed()
    }

    fn go_on(&mut self) {
        std::thread::sleep(SLICE);
    }

    fn close(self) {
        let closed = self.runtime.block_on(soon(self.lab.close()));
        closed.expect("it closes");
    }
}

/// Virtual time.
pub struct Virtual {
    lab: VirtualLab,
    asked: u64,
}

impl Virtual {
    pub fn start(layout: &Layout, seed: u64) -> Self {
        let options = VirtualOptions {
            seed,
            level: Level::All,
            ..VirtualOptions::default()
        };
        let mut lab = VirtualLab::new(layout, &options).expect("it can be played");
        lab.record_events();
        Self { lab, asked: 0 }
    }

    fn run_for(&mut self, time: Duration) {
        self.lab.run_until(self.lab.now() + time, || true);
    }
}

impl Driver for Virtual {
    const NAME: &'static str = "virtual";

    fn request(&mut self, request: Request) -> Result<Answer, String> {
        self.asked += 1;
        let (asked, words) = (Ticket(self.asked), format!("{request:?}"));
        let limit = self.lab.now() + PATIENCE;
        self.lab.request(asked, request);
        loop {
            if let Some((ticket, answer)) = self.lab.take_answers().pop() {
                assert_eq!(ticket, asked);
                return answer.map_err(|refusal| refusal.words);
            }
            assert!(self.lab.now() < limit, "no answer: {words}");
            self.run_for(Duration::from_millis(1));
        }
    }

    fn view(&self) -> LabView {
        self.lab.view()
    }

    fn take_events(&mut self) -> Vec<(NodeIx, Arc<Event>)> {
        self.lab.take_events()
    }

    fn summary(&mut self) -> Summary {
        self.lab.summary()
    }

    fn played(&self) -> Duration {
        self.lab.elapsed()
    }

    fn go_on(&mut self) {
        self.run_for(SLICE);
    }

    fn close(self) {}
}
