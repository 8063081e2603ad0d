//! docs/architecture.md says where things are: they are there.

use super::house::sources;
use std::path::Path;

#[test]
fn files_that_the_page_of_the_house_names_are_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = include_str!("../../../docs/architecture.md");
    let mut files = Vec::new();
    sources(&root.join("src"), &mut files);
    let files: Vec<String> = files
        .iter()
        .map(|file| file.display().to_string())
        .collect();
    let words = page.split('`').skip(1).step_by(2);
    let named: Vec<&str> = words
        .filter(|word| word.ends_with(".rs") || word.ends_with('/'))
        .collect();
    assert!(named.len() > 20, "{named:?}");
    let missing = named.iter().filter(|name| {
        let below_src = format!("/{name}");
        let is_source = |file: &String| match name.ends_with('/') {
            true => file.contains(&below_src),
            false => file.ends_with(&below_src),
        };
        !root.join(name).exists() && !files.iter().any(is_source)
    });
    assert_eq!(missing.collect::<Vec<_>>(), Vec::<&&str>::new());
}
