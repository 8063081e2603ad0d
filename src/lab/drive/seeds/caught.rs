//! Work whose panic is an answer like another.

use std::any::Any;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

thread_local! {
    static IS_CAUGHT: Cell<bool> = const { Cell::new(false) };
}

/// Does this; if it panics, that is told in words. All that it held is to be left behind then.
///
/// # Errors
/// What the panic says.
pub fn caught<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    let was_caught = IS_CAUGHT.replace(true);
    let done = catch_unwind(AssertUnwindSafe(work));
    IS_CAUGHT.set(was_caught);
    done.map_err(|panic| words_of(&*panic))
}

/// Whether a panic of this thread would be caught and told by itself now: who tells of panics need not.
pub fn is_caught() -> bool {
    IS_CAUGHT.get()
}

fn words_of(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    text.unwrap_or("without words").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;

    #[test]
    fn a_panic_is_told_in_its_words_and_what_comes_after_it_goes_on() {
        let number = 7;
        assert_eq!(caught(|| number + 1), Ok(8));
        assert_eq!(
            caught(|| panic!("seed {number}")),
            Err::<(), _>("seed 7".to_owned())
        );
        assert_eq!(caught(|| panic!("plain")), Err::<(), _>("plain".to_owned()));
        let other = caught(|| std::panic::panic_any(number));
        assert_eq!(other, Err::<(), _>("without words".to_owned()));
        assert_eq!(caught(|| 2), Ok(2));
    }

    #[test]
    fn only_what_is_caught_is_kept_from_who_tells_of_panics() {
        let seen = RefCell::new(Vec::new());
        let look = || seen.borrow_mut().push(is_caught());
        look();
        let _ = caught(|| {
            look();
            let _ = caught(|| panic!("within"));
            look();
        });
        look();
        assert_eq!(*seen.borrow(), [false, true, true, false]);
    }
}
