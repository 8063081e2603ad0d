//! When time goes back: what was seen of later times is forgotten, and nothing else takes its place.

use super::scene::{go, paused, running, said, shown, time};
use crate::blocks_desk::Desk;
use crate::network::scene::{Said, talk};
use crate::picture::{COLOURED, at, block, change, press, scenario, screen};
use crate::zoom_paper::Paper;
use crate::zoom_view::{self, Lab};
use chainlab::lab::LabView;
use chainlab::lab::view::{Reorganisation, TimeView};
use chainlab::node::NodeIx;
use chainlab::node::io::{Question, Reply};
use chainlab::ui::app::UiEvent;
use chainlab::ui::keymap::ViewId;
use chainlab::ui::viewer::Effect;
use std::sync::Arc;

fn changed(lab: &LabView, ui: &mut chainlab::ui::app::UiState) -> Vec<Effect> {
    ui.update(lab, UiEvent::Changed)
}

#[test]
fn answers_that_are_on_their_way_are_not_taken_any_more() {
    let mut lab = running();
    let mut ui = screen(&lab, (80, 24), COLOURED);
    assert!(!changed(&lab, &mut ui).contains(&Effect::Forget));
    go(&mut lab, 30_000);
    assert_eq!(changed(&lab, &mut ui).first(), Some(&Effect::Forget));
    assert_eq!(changed(&lab, &mut ui), [], "once");
    go(&mut lab, 45_000);
    assert_eq!(changed(&lab, &mut ui), [], "on is not back");
}

#[test]
fn a_screen_that_is_new_has_nothing_to_forget() {
    let mut lab = running();
    time(&mut lab).leaps = 7;
    let mut ui = screen(&lab, (80, 24), COLOURED);
    assert_eq!(changed(&lab, &mut ui), []);
}

/// The blocks of a lab in virtual time, whose chains are this high.
fn blocks(tip: u32) -> Desk {
    let mut desk = Desk::new(tip);
    desk.lab.time = Some(TimeView::default());
    desk.changed();
    desk.answers();
    desk
}

/// Goes back to when chains were this high.
fn go_back(desk: &mut Desk, tip: u32) {
    for node in &mut desk.lab.nodes {
        change(node, |node| {
            node.recent.retain(|info| info.id.height <= tip);
            node.tip = block(tip, 0);
        });
    }
    desk.lab.blocks = Default::default();
    crate::common::lab_view::see_blocks(&mut desk.lab);
    desk.lab.time.as_mut().expect("virtual").leaps += 1;
    desk.changed();
}

#[test]
fn a_chosen_block_stays_chosen_if_it_is_there_and_else_none_is_in_its_place() {
    let mut desk = blocks(100);
    desk.press("j j j j j");
    let chosen = block(95, 0).hash.to_string();
    assert_eq!(desk.copies(), chosen);
    go_back(&mut desk, 97);
    desk.answers();
    assert_eq!(desk.copies(), chosen);
    go_back(&mut desk, 90);
    desk.answers();
    assert_eq!(desk.copies(), block(90, 0).hash.to_string());
    // It follows the newest again.
    let shown = desk.text();
    assert!(!shown.contains("#95"), "{shown}");
}

#[test]
fn an_open_block_is_asked_for_again() {
    let mut desk = blocks(100);
    desk.press("j j Enter");
    let hash = block(98, 0).hash;
    let asks = |desk: &Desk| {
        let mut waiting = desk.waiting.iter();
        waiting.any(|(_, question, _)| *question == Question::Block { hash })
    };
    assert!(asks(&desk));
    desk.waiting.clear();
    go_back(&mut desk, 99);
    assert!(asks(&desk), "{:?}", desk.waiting);
    assert!(desk.text().contains("on its way"), "{}", desk.text());
}

#[test]
fn a_zoomed_node_is_asked_again_and_its_list_has_no_later_blocks() {
    let mut desk = zoom_view::Desk::new(InVirtualTime {
        paper: Paper::new(400),
        leaps: 0,
    });
    desk.press("j j");
    desk.answers();
    desk.refresh();
    assert!(desk.waiting.is_empty(), "{:?}", desk.waiting);
    desk.lab.paper = Paper::new(380);
    desk.lab.leaps += 1;
    desk.refresh();
    assert!(!desk.waiting.is_empty(), "pages below the newest blocks");
    desk.answers();
    let shown = desk.text();
    assert!(
        shown.contains(" 380 ") && !shown.contains(" 398 "),
        "{shown}"
    );
    assert!(!shown.contains("on its way"), "{shown}");
}

/// A node that is only written down, in virtual time.
struct InVirtualTime {
    paper: Paper,
    leaps: u64,
}

impl Lab for InVirtualTime {
    fn view(&self) -> LabView {
        let time = TimeView {
            is_paused: true,
            leaps: self.leaps,
            ..TimeView::default()
        };
        LabView {
            time: Some(time),
            ..self.paper.view()
        }
    }

    fn ask(&mut self, node: NodeIx, question: Question) -> Result<Reply, String> {
        self.paper.ask(node, question)
    }
}

fn talking(count: u64) -> LabView {
    let mut lab = running();
    let said: Vec<_> = (0..count)
        .map(|nth| Said::tx((0, 1), 41_000 + nth, Some(41_500 + nth)))
        .collect();
    lab.transcript = talk(&said);
    lab
}

#[test]
fn a_chosen_message_stays_open_if_it_was_said_and_is_closed_if_it_is_still_to_come() {
    let lab = talking(30);
    let mut ui = screen(&lab, (120, 36), COLOURED);
    press(&lab, &mut ui, "v v v k k Enter");
    let open = |lab: &LabView, ui: &chainlab::ui::app::UiState| {
        let all = shown(lab, ui).join("\n");
        all.contains("sent +00:41.027, received")
    };
    assert!(open(&lab, &ui), "{:#?}", shown(&lab, &ui));
    let mut back = talking(29);
    go(&mut back, 41_800);
    changed(&back, &mut ui);
    assert!(open(&back, &ui), "it was said by then");
    let mut further = talking(10);
    go(&mut further, 41_600);
    time(&mut further).leaps += 1;
    changed(&further, &mut ui);
    assert!(!open(&further, &ui));
    let title = &shown(&further, &ui)[1];
    assert!(!title.contains("stands still"), "it follows: {title}");
    // The numbers are given again, to other messages.
    let other = talking(30);
    changed(&other, &mut ui);
    assert!(!open(&other, &ui));
}

#[test]
fn another_message_of_the_same_number_is_not_the_chosen_one() {
    let lab = talking(30);
    let mut ui = screen(&lab, (120, 36), COLOURED);
    press(&lab, &mut ui, "v v v k k Enter");
    // Back, and on along another way, between two frames.
    let mut other = running();
    let said: Vec<_> = (0..30)
        .map(|nth| Said::block((2, 0), 41_000 + 3 * nth, Some(41_500 + 3 * nth)))
        .collect();
    other.transcript = talk(&said);
    time(&mut other).leaps += 1;
    changed(&other, &mut ui);
    let title = &shown(&other, &ui)[1];
    assert!(!title.contains("stands still"), "{title}");
}

#[test]
fn what_was_said_and_asked_of_later_times_goes() {
    let mut lab = running();
    let mut ui = screen(&lab, (80, 24), COLOURED);
    press(&lab, &mut ui, "s");
    assert!(ui.dialog.is_some());
    go(&mut lab, 30_000);
    changed(&lab, &mut ui);
    assert!(ui.dialog.is_none(), "it was about coins of later");
}

#[test]
fn a_reorganisation_that_is_past_is_no_news_after_a_leap() {
    let reorganised = |height: u32, ms: u64| Reorganisation {
        node: NodeIx(0),
        at: at(ms),
        fork: block(height, 0),
        old: block(height + 3, 0),
        new: block(height + 4, 1),
        depth: 3,
        returned: 0,
        held: 0,
        held_why: None,
        lost: Vec::new(),
        lost_count: 0,
    };
    let mut lab = running();
    let first = reorganised(3, 20_000);
    lab.reorganisations = Arc::new(vec![first.clone()]);
    let mut ui = screen(&lab, (120, 36), COLOURED);
    lab.reorganisations = Arc::new(vec![reorganised(8, 42_000), first.clone()]);
    changed(&lab, &mut ui);
    assert!(said(&lab, &ui).contains("reorg"), "{}", said(&lab, &ui));
    ui.message = None;
    go(&mut lab, 30_000);
    lab.reorganisations = Arc::new(vec![first.clone()]);
    changed(&lab, &mut ui);
    assert!(!said(&lab, &ui).contains("reorg"), "{}", said(&lab, &ui));
    go(&mut lab, 42_300);
    lab.reorganisations = Arc::new(vec![reorganised(8, 42_000), first]);
    changed(&lab, &mut ui);
    assert!(said(&lab, &ui).contains("reorg"), "it happens again");
}

#[test]
fn a_node_that_is_not_there_yet_is_not_looked_at() {
    let mut lab = paused();
    let mut ui = screen(&lab, (80, 24), COLOURED);
    for way in ["3", "3 z", "3 v x", "3 v v Enter", "3 v v v Enter", "3 V k"] {
        ui.viewer.view = ViewId::Lab;
        press(&lab, &mut ui, way);
        let mut before = lab.clone();
        before.nodes.truncate(2);
        before.links = Arc::default();
        before.block_propagation = Arc::default();
        time(&mut before).leaps += 1;
        changed(&before, &mut ui);
        assert_eq!(ui.viewer.focus, NodeIx(1), "{way}");
        shown(&before, &ui);
        for key in ["j", "k", "Enter", "Esc", "y", "z", "Tab", "PgDn", "Esc"] {
            press(&before, &mut ui, key);
            shown(&before, &ui);
        }
        time(&mut lab).leaps += 2;
        changed(&lab, &mut ui);
    }
}

#[test]
fn the_end_of_a_story_is_told_again() {
    use chainlab::lab::script::{ScriptView, StepState, StepView};
    let story = |is_over: bool| {
        let step = StepView {
            state: if is_over {
                StepState::Done
            } else {
                StepState::Running
            },
            ..StepView::default()
        };
        let mut lab = running();
        let steps = vec![step];
        lab.script = Some(Arc::new(ScriptView {
            steps,
            ..ScriptView::default()
        }));
        lab
    };
    let has_card = |lab: &LabView, ui: &chainlab::ui::app::UiState| {
        shown(lab, ui).join("\n").contains(" the end ")
    };
    let over = story(true);
    let mut ui = screen(&over, (80, 24), COLOURED);
    assert!(has_card(&over, &ui));
    press(&over, &mut ui, "Esc");
    assert!(!has_card(&over, &ui));
    let mut before = story(false);
    time(&mut before).leaps += 1;
    changed(&before, &mut ui);
    let mut again = story(true);
    time(&mut again).leaps += 1;
    changed(&again, &mut ui);
    assert!(has_card(&again, &ui));
}

#[test]
fn a_live_lab_forgets_nothing() {
    let mut lab = scenario();
    let mut ui = screen(&lab, (80, 24), COLOURED);
    press(&lab, &mut ui, "s");
    lab.now = at(30_000);
    changed(&lab, &mut ui);
    assert!(ui.dialog.is_some());
}
