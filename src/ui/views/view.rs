//! What all views have in common.

use crate::lab::LabView;
use crate::node::Time;
use crate::node::io::Reply;
use crate::ui::keymap::Action;
use crate::ui::viewer::{DialogId, Effect, Fetch, Outcome};
use crate::ui::widgets::scene::Scene;
use ratatui::Frame;
use ratatui::layout::{Position, Rect};

/// What fills the screen between its first and its last lines.
///
/// It keeps what a person did in it (what is chosen, opened, filtered) and what was asked for that,
/// nothing of what happened in the lab: that is in the [`LabView`] of each [`Scene`].
pub trait View {
    /// It comes to the front. Says what is to be asked.
    fn begin(&mut self, scene: Scene<'_>) -> Vec<Effect> {
        let _ = scene;
        Vec::new()
    }

    /// The lab is another than before, or the view was resized. Says what is to be asked of what it
    /// shows. `area` is where it is drawn; `None`: it is not in front.
    fn collect(&mut self, scene: Scene<'_>, area: Option<Rect>) -> Vec<Effect> {
        let _ = (scene, area);
        Vec::new()
    }

    /// Takes what a key stands for.
    fn act(&mut self, scene: Scene<'_>, action: Action, area: Rect) -> Outcome;

    /// Takes a click.
    fn click(&mut self, scene: Scene<'_>, at: Position, area: Rect) -> Outcome {
        let _ = (scene, at, area);
        Outcome::default()
    }

    /// Takes an answer to what it asked.
    fn fetched(
        &mut self,
        scene: Scene<'_>,
        fetch: Fetch,
        reply: Result<Reply, String>,
    ) -> Vec<Effect> {
        let _ = (scene, fetch, reply);
        Vec::new()
    }

    /// What the key that looks for something opens here.
    fn finds(&self) -> Result<DialogId, String> {
        Ok(DialogId::FindNode)
    }

    /// Shows only what fits a filter, where that is what [`finds`](Self::finds) opens.
    fn set_filter(&mut self, filter: &str) {
        let _ = filter;
    }

    /// Goes to a block, by its height or either end of its hash, where that is what
    /// [`finds`](Self::finds) opens.
    ///
    /// # Errors
    /// There is none, in words.
    fn seek(&mut self, scene: Scene<'_>, text: &str) -> Result<Vec<Effect>, String> {
        let _ = scene;
        Err(format!("{text:?} is not here"))
    }

    /// Whether nothing at all comes of an action now, not even an explanation.
    fn is_idle(&self, action: Action) -> bool {
        let _ = action;
        false
    }

    /// When it is to be drawn again though nothing happens: at once, if something in it moves.
    fn next_frame(&self, lab: &LabView) -> Option<Time> {
        let _ = lab;
        None
    }

    /// The lab was made anew: forgets what was of the old one.
    fn restart(&mut self);

    /// Time of the lab went back: forgets what was of times that are still to come, and asks anew for
    /// what nodes said. What a person chose stays, as far as it is there.
    fn went_back(&mut self, lab: &LabView);

    /// Draws it.
    fn render(&self, frame: &mut Frame<'_>, area: Rect, scene: Scene<'_>);
}
