//! What a script in virtual time knows, for its test to look at.

use std::sync::{Arc, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// Held by a script and by its test. A clone is the same; what a clone of the script gets is
/// [apart](Watched::apart) from it.
#[derive(Default)]
pub struct Watched<T>(Arc<RwLock<T>>);

impl<T> Clone for Watched<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Watched<T> {
    pub fn new(state: T) -> Self {
        Self(Arc::new(RwLock::new(state)))
    }

    pub fn borrow(&self) -> RwLockReadGuard<'_, T> {
        self.0.try_read().expect("nothing changes it meanwhile")
    }

    pub fn borrow_mut(&self) -> RwLockWriteGuard<'_, T> {
        self.0.try_write().expect("nothing looks at it meanwhile")
    }
}

impl<T: Clone> Watched<T> {
    /// Another that knows the same so far.
    pub fn apart(&self) -> Self {
        Self::new(self.borrow().clone())
    }
}
