//! How long files may be. How many parameters a function may have is in clippy.toml.

use super::house::sources;
use std::fs;
use std::path::Path;

/// What can be read in one go.
const LINES_MAX: usize = 400;

#[test]
fn no_file_is_longer_than_can_be_read_in_one_go() {
    let mut paths = Vec::new();
    sources(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
        &mut paths,
    );
    let mut long = Vec::new();
    for path in paths {
        let lines = fs::read_to_string(&path).expect("readable").lines().count();
        if lines > LINES_MAX {
            long.push(format!("{}: {lines} lines", path.display()));
        }
    }
    assert_eq!(long, Vec::<String>::new());
}
