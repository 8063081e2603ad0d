//! A lane: what is asked of one node or one process, in its order.

use crate::lab::control::Later;
use tokio::runtime::Handle;
use tokio::sync::mpsc;

/// What may wait in a lane. A node takes thousands before anything waits here.
const LANE_MAX: usize = 1_024;

/// What is asked of one node or one process, in its order: each is begun when the one before has its
/// place there. Answers are not waited for. It ends with the last of its clones.
#[derive(Clone)]
pub(in crate::lab::drive) struct Lane(mpsc::Sender<Todo>);

/// Something to do there: it has its place there when what is left of it is known.
pub(in crate::lab::drive) type Todo = Later<'static, Rest>;

/// What is left to do of something that was begun, beside all else.
pub(in crate::lab::drive) struct Rest(Later<'static, ()>);

impl Rest {
    pub(in crate::lab::drive) fn new(rest: impl Future<Output = ()> + Send + 'static) -> Self {
        Self(Box::pin(rest))
    }
}

impl Lane {
    pub(in crate::lab::drive) fn new(runtime: &Handle) -> Self {
        let (sender, mut todo) = mpsc::channel::<Todo>(LANE_MAX);
        let spawner = runtime.clone();
        runtime.spawn(async move {
            while let Some(next) = todo.recv().await {
                let Rest(rest) = next.await;
                spawner.spawn(rest);
            }
        });
        Self(sender)
    }

    /// Adds something; whether there is room.
    pub(in crate::lab::drive) fn push(&self, todo: Todo) -> bool {
        self.0.try_send(todo).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::sync::oneshot;

    #[tokio::test]
    async fn a_lane_keeps_the_order_and_refuses_what_it_has_no_room_for() {
        let lane = Lane::new(&Handle::current());
        let (began, begun) = oneshot::channel();
        let (lets_go, gone_on) = oneshot::channel::<()>();
        assert!(lane.push(Box::pin(async move {
            let _ = began.send(());
            let _ = gone_on.await;
            Rest::new(async {})
        })));
        begun.await.expect("it begins");
        let (order, mut came) = mpsc::unbounded_channel();
        for number in 0..LANE_MAX {
            let order = order.clone();
            assert!(lane.push(Box::pin(async move {
                let _ = order.send(number);
                Rest::new(async {})
            })));
        }
        assert!(!lane.push(Box::pin(async { Rest::new(async {}) })));
        lets_go.send(()).expect("it waits");
        drop(order);
        let mut all = Vec::new();
        while let Some(number) = came.recv().await {
            all.push(number);
        }
        assert!(all.into_iter().eq(0..LANE_MAX));
    }
}
