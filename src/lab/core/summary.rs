//! What a run of a lab comes to: for programs as JSON, for people in a few lines.

use crate::chain::BlockHash;
use crate::lab::observe::stats::Stats;
use crate::lab::script::{Facts, ScriptView, StepState};
use crate::node::{NodeIx, Time};
use serde::Serialize;
use std::fmt;
use std::time::Duration;

/// What a run comes to.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Summary {
    /// The layout's name.
    pub lab: String,
    /// Time on the lab clock, in milliseconds.
    pub elapsed_ms: f64,
    /// The nodes.
    pub nodes: Vec<NodeSummary>,
    /// Different tips of the nodes that run at the end: more than one is a fork.
    pub tips: usize,
    /// All reorganisations.
    pub reorganisations: Vec<ReorgSummary>,
    /// Different payments that became invalid in any of them.
    pub lost: usize,
    /// How long blocks took to get to every node that ran.
    pub propagation: PropagationSummary,
    /// The steps of the script.
    pub steps: Vec<StepSummary>,
    /// Steps that began though what they waited for was not true in time. That is no failure.
    pub late: usize,
    /// Whether all that was asked for was true in time.
    pub held: bool,
    /// What was not, with the values.
    pub failed: Vec<String>,
}

/// What a node comes to.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NodeSummary {
    /// Its name.
    pub node: String,
    /// Whether it runs at the end.
    pub running: bool,
    /// The height of its chain.
    pub height: u32,
    /// Its tip.
    pub tip: BlockHash,
    /// Blocks that it found.
    pub mined: u64,
    /// Messages that it sent.
    pub messages: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Events that came too fast to be counted: there may be as many more messages.
    pub missed: u64,
}

/// A reorganisation.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ReorgSummary {
    /// Which node's.
    pub node: String,
    /// Blocks that it left behind.
    pub depth: usize,
    /// When, in microseconds since 1970 on the lab clock, as in events.
    pub at: Time,
    /// Payments in them that are back in the mempool.
    pub returned: usize,
    /// Payments in them that the next block cannot have, but a later one can.
    pub held: usize,
    /// Payments in them that no block of the new chain can have.
    pub lost: usize,
}

/// How long blocks took, in milliseconds; percentiles are null if none has arrived.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct PropagationSummary {
    /// Blocks that were mined in the lab and got everywhere.
    pub blocks: usize,
    /// Half of them were as fast as this.
    pub p50_ms: Option<f64>,
    /// Nine of ten were.
    pub p90_ms: Option<f64>,
    /// 99 of a hundred were.
    pub p99_ms: Option<f64>,
}

/// A step.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StepSummary {
    /// What it does.
    pub step: String,
    /// `waiting`, `running`, `done`, `skipped` or `failed`.
    pub state: &'static str,
    /// It began though what it waited for was not true in time.
    pub late: bool,
    /// Why it has failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

impl Summary {
    /// What a run comes to, when nothing is expected of it. `traffic` has, for each node, messages
    /// sent, their bytes, and events that were missed.
    pub fn new(
        lab: &str,
        elapsed: Duration,
        facts: &Facts,
        stats: &Stats,
        times: &[Duration],
        traffic: &[(u64, u64, u64)],
    ) -> Self {
        let nodes = facts.nodes.iter().zip(traffic).enumerate();
        let nodes = nodes.map(|(ix, (node, &(messages, bytes, missed)))| NodeSummary {
            node: node.name.to_string(),
            running: node.is_running,
            height: node.height,
            tip: node.tip,
            mined: stats.mined(NodeIx(ix)),
            messages,
            bytes,
            missed,
        });
        let reorganisations = stats.reorganisations().map(|reorg| ReorgSummary {
            node: facts.nodes[reorg.node.0].name.to_string(),
            depth: reorg.depth,
            at: reorg.at,
            returned: reorg.returned,
            held: reorg.held,
            lost: reorg.lost_count,
        });
        Self {
            lab: lab.to_owned(),
            elapsed_ms: ms(elapsed),
            nodes: nodes.collect(),
            tips: facts.tips(),
            reorganisations: reorganisations.collect(),
            lost: stats.lost().len(),
            propagation: PropagationSummary::of(times),
            steps: Vec::new(),
            late: 0,
            held: true,
            failed: Vec::new(),
        }
    }

    /// Adds the steps of a script as they are.
    pub fn tell_steps(&mut self, script: Option<&ScriptView>) {
        self.late = script.map_or(0, ScriptView::late);
        let steps = script.into_iter().flat_map(|script| &script.steps);
        self.steps = steps
            .map(|step| {
                let why = match &step.state {
                    StepState::Failed(why) => Some(why.to_string()),
                    _ => None,
                };
                StepSummary {
                    step: step.what.to_string(),
                    state: step.state.name(),
                    late: step.is_late,
                    why,
                }
            })
            .collect();
    }

    /// Adds what was not true in time.
    pub fn fail(&mut self, why: impl IntoIterator<Item = String>) {
        self.failed.extend(why);
        self.held = self.failed.is_empty();
    }
}

impl PropagationSummary {
    /// Of times that are sorted.
    fn of(times: &[Duration]) -> Self {
        // The smallest that so many in a hundred do not exceed.
        let at = |percent: usize| {
            let rank = (times.len() * percent).div_ceil(100);
            Some(ms(*times.get(rank.checked_sub(1)?)?))
        };
        Self {
            blocks: times.len(),
            p50_ms: at(50),
            p90_ms: at(90),
            p99_ms: at(99),
        }
    }
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

impl fmt::Display for Summary {
    /// A few lines, for people.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.elapsed_ms / 1e3;
        writeln!(f, "{} ran for {seconds:.1} s", self.lab)?;
        self.nodes.iter().try_for_each(|node| node.fmt(f))?;
        self.fmt_blocks(f)?;
        self.fmt_steps(f)
    }
}

impl fmt::Display for NodeSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = if self.running { "" } else { ", down" };
        let Self {
            node: name,
            height,
            mined,
            messages,
            bytes,
            ..
        } = self;
        let end = self.tip.short();
        writeln!(
            f,
            "  {name}: height {height} ..{end}, mined {mined}, sent {messages} messages with \
             {bytes} bytes{state}"
        )
    }
}

impl Summary {
    fn fmt_blocks(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let deepest = self.reorganisations.iter().map(|reorg| reorg.depth).max();
        match deepest {
            Some(deepest) => writeln!(
                f,
                "  {} reorganisations, the deepest of {deepest} blocks",
                self.reorganisations.len()
            )?,
            None => writeln!(f, "  no reorganisation")?,
        }
        match self.lost {
            0 => {}
            1 => writeln!(f, "  1 payment became invalid")?,
            lost => writeln!(f, "  {lost} payments became invalid")?,
        }
        if let PropagationSummary {
            blocks,
            p50_ms: Some(p50),
            p90_ms: Some(p90),
            p99_ms: Some(p99),
        } = self.propagation
        {
            writeln!(
                f,
                "  blocks that got everywhere: {blocks}; half within {p50:.1} ms, 90 % within {p90:.1} \
                 ms, 99 % within {p99:.1} ms"
            )?;
        }
        Ok(())
    }

    fn fmt_steps(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, step) in self.steps.iter().enumerate() {
            let (number, what, state) = (at + 1, &step.step, step.state);
            let late = if step.late { ", began late" } else { "" };
            writeln!(f, "  step {number}, {what}: {state}{late}")?;
        }
        match self.late {
            0 => Ok(()),
            1 => writeln!(f, "  1 step began before what it waited for was true"),
            late => writeln!(
                f,
                "  {late} steps began before what they waited for was true"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_times_that_were_measured() {
        let times: Vec<_> = (1..=10).map(Duration::from_millis).collect();
        let spread = PropagationSummary::of(&times);
        let found = (spread.p50_ms, spread.p90_ms, spread.p99_ms);
        assert_eq!(found, (Some(5.0), Some(9.0), Some(10.0)));
        assert_eq!(PropagationSummary::of(&times[..1]).p50_ms, Some(1.0));
        assert_eq!(PropagationSummary::of(&[]), PropagationSummary::default());
    }
}
