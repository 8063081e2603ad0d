//! The resolver itself, on small houses: each rule of it has a test that fails without it.

use super::circles::circles;
use super::house::House;

fn house(files: &[(&str, &str)]) -> House {
    let mut house = House::default();
    for (path, source) in files {
        house.add(path, source);
    }
    house
}

/// The arrows as `from -> to`, with ` (test)` behind those of tests.
fn arrows(files: &[(&str, &str)]) -> Vec<String> {
    let arrows = house(files).arrows();
    let told = arrows.iter().map(|arrow| {
        let test = if arrow.test { " (test)" } else { "" };
        format!("{} -> {}{test}", arrow.from.join("::"), arrow.to.join("::"))
    });
    told.collect()
}

/// The files that `a/b.rs` uses, if it has this text and stands in a house with a few others.
fn uses(text: &str) -> Vec<String> {
    let files = [
        ("lib.rs", "pub mod a; pub mod x; pub mod y;"),
        (
            "a/mod.rs",
            "pub mod b; pub mod c; pub struct A; use crate::y::Y; use crate::x; fn x() {}",
        ),
        ("a/b.rs", text),
        ("a/b/kid.rs", "pub struct Kid; pub fn run() {}"),
        ("a/c.rs", "pub struct C; pub mod inner { pub struct D; }"),
        (
            "x/mod.rs",
            "mod deep; mod more; mod wide; pub use deep::Deep; pub use self::wide::*; pub struct X; pub use std::time::Duration;",
        ),
        ("x/deep.rs", "pub struct Deep;"),
        (
            "x/wide.rs",
            "pub struct Wide; pub use super::deep::Deep as Deeper; pub use crate::x::more::*;",
        ),
        ("x/more.rs", "pub struct More;"),
        ("y.rs", "pub struct Y; pub fn y() {}"),
    ];
    let arrows = arrows(&files);
    let own = arrows
        .iter()
        .filter_map(|arrow| arrow.strip_prefix("a::b -> "));
    own.map(str::to_owned).collect()
}

#[test]
fn absolute_paths_and_those_that_climb_lead_to_files() {
    assert_eq!(uses("use crate::y::Y;"), ["y"]);
    assert_eq!(uses("use chainlab::y::Y;"), ["y"]);
    assert_eq!(uses("use super::c::C;"), ["a::c"]);
    assert_eq!(uses("use super::super::y::Y;"), ["y"]);
    assert_eq!(uses("use super::A;"), ["a"]);
    assert_eq!(uses("fn f() -> super::A { crate::y::y() }"), ["a", "y"]);
    assert_eq!(
        uses("use std::fmt; use serde::Serialize; fn f() { fmt::x() }"),
        [""; 0]
    );
}

#[test]
fn relative_paths_begin_at_a_child_or_at_an_import() {
    assert_eq!(uses("mod kid; use kid::Kid;"), ["a::b::kid"]);
    assert_eq!(uses("mod kid; use self::kid::Kid;"), ["a::b::kid"]);
    assert_eq!(uses("mod kid; fn f() { kid::run() }"), ["a::b::kid"]);
    assert_eq!(uses("use crate::x; fn f() { x::Deep }"), ["x::deep"]);
    assert_eq!(uses("use crate::x; use x::Deep;"), ["x::deep"]);
    // No module of the house: the crate of that name.
    assert_eq!(uses("use y::y; fn f() { y::z() }"), [""; 0]);
    assert_eq!(uses("use y::Y; fn f() { kid::run() }"), [""; 0]);
}

#[test]
fn groups_and_new_names_are_followed() {
    assert_eq!(
        uses("use crate::{y::Y, x::{X, Deep}, a::c};"),
        ["a::c", "x", "x::deep", "y"]
    );
    assert_eq!(
        uses("use crate::x::{self, X}; fn f() { x::Deep }"),
        ["x", "x::deep"]
    );
    assert_eq!(
        uses("use crate::x as other; fn f() { other::Deep }"),
        ["x::deep"]
    );
    assert_eq!(
        uses("use crate::x::Deep as D; fn f() { D::new() }"),
        ["x::deep"]
    );
}

#[test]
fn what_is_passed_on_leads_to_its_own_file() {
    assert_eq!(uses("use crate::x::Deep;"), ["x::deep"]);
    assert_eq!(uses("use crate::x::Wide;"), ["x::wide"]);
    assert_eq!(uses("use crate::x::Deeper;"), ["x::deep"]);
    assert_eq!(uses("use crate::x::More;"), ["x::more"]);
    assert_eq!(uses("use crate::x::X;"), ["x"]);
    // What comes from another crate is had from the file that offers it.
    assert_eq!(uses("use crate::x::Duration;"), ["x"]);
    assert_eq!(uses("mod kid; fn f() { ::kid::run() }"), [""; 0]);
    // The parent's function, though the parent knows a module by that name.
    assert_eq!(uses("fn f() { super::x() }"), ["a"]);
    assert_eq!(uses("use crate::x; fn x() {} fn f() { x() }"), ["x"]);
    // A name that the parent has only for itself is borrowed from the parent.
    assert_eq!(uses("use super::Y;"), ["a", "y"]);
}

#[test]
fn everything_of_a_module_is_that_module_and_what_is_taken_of_it() {
    assert_eq!(
        uses("use crate::x::*; fn f(deep: Deep) {}"),
        ["x", "x::deep"]
    );
    assert_eq!(uses("use crate::x::*; fn f(deep: Other) {}"), ["x"]);
    assert_eq!(uses("use crate::y::*; fn f() { y() }"), ["y"]);
}

#[test]
fn passing_on_a_child_is_no_use_of_it_but_using_it_is() {
    assert_eq!(uses("mod kid; pub use kid::Kid;"), [""; 0]);
    assert_eq!(
        uses("mod kid; pub(crate) use crate::a::b::kid::{Kid, run};"),
        [""; 0]
    );
    assert_eq!(uses("mod kid; pub use self::kid::*;"), [""; 0]);
    assert_eq!(
        uses("mod kid; pub use kid::Kid; fn f(kid: Kid) {}"),
        ["a::b::kid"]
    );
    assert_eq!(
        uses("mod kid; pub use kid::run; fn f() { run() }"),
        ["a::b::kid"]
    );
    assert_eq!(
        uses("mod kid; pub use kid::*; fn f() { run() }"),
        ["a::b::kid"]
    );
    assert_eq!(
        uses("mod kid; pub use kid::m; fn f() { m!() }"),
        ["a::b::kid"]
    );
    // A method of the same name is none of it.
    assert_eq!(
        uses("mod kid; pub use kid::run; impl S { fn run() { self.run() } }"),
        [""; 0]
    );
    // Passing on what another room has is a use.
    assert_eq!(uses("pub use crate::y::Y;"), ["y"]);
    assert_eq!(uses("pub use super::c;"), ["a::c"]);
    assert_eq!(
        uses("pub use crate::x; fn f() { x::Deep }"),
        ["x", "x::deep"]
    );
}

#[test]
fn paths_are_resolved_wherever_they_hide() {
    assert_eq!(uses("fn f() { vec![crate::y::Y] }"), ["y"]);
    assert_eq!(uses("macro_rules! m { () => { $crate::y::Y } }"), ["y"]);
    assert_eq!(uses("fn f() -> impl A + use<'_> { crate::y::Y }"), ["y"]);
    assert_eq!(uses("mod m { use super::super::c::C; }"), ["a::c"]);
    assert_eq!(
        uses("mod m { pub struct M; } use m::M; fn f() { self::m::M }"),
        [""; 0]
    );
    assert_eq!(uses("use super::c::inner::D;"), ["a::c"]);
    assert_eq!(
        uses("fn f() { use crate::x; x::Deep } fn g() { x::Wide }"),
        ["x::deep"]
    );
    assert_eq!(uses("#[serde(with = \"crate::y::y\")] struct S;"), ["y"]);
    assert_eq!(
        uses("use crate::x; fn f() { use std::fmt; x::Deep }"),
        ["x::deep"]
    );
    assert_eq!(uses("#[derive(crate::y::Y)] struct S;"), ["y"]);
    assert_eq!(
        uses("pub(in crate::y) struct S; pub(super) struct T;"),
        [""; 0]
    );
    assert_eq!(
        uses("// crate::y\n/// crate::y\nconst S: &str = \"crate::y::Y\";"),
        [""; 0]
    );
}

#[test]
fn tests_are_told_apart() {
    let of_tests = ["y (test)"];
    assert_eq!(
        uses("#[cfg(test)] mod tests { use crate::y::Y; }"),
        of_tests
    );
    assert_eq!(uses("#[cfg(test)] use crate::{y::Y}; struct S;"), of_tests);
    assert_eq!(
        uses("#[cfg(test)] #[allow(x)] impl S { fn f() { crate::y::y() } }"),
        of_tests
    );
    assert_eq!(
        uses("#[cfg(test)] mod tests { use crate::x::X; } use crate::y::Y;"),
        ["x (test)", "y"]
    );
    let files = [
        ("lib.rs", "mod a; mod y;"),
        ("a/mod.rs", "#[cfg(test)] mod testing; mod tests;"),
        ("a/testing.rs", "use crate::y::Y;"),
        ("a/tests/more.rs", "use crate::y::Y;"),
        ("y.rs", "pub struct Y;"),
    ];
    assert_eq!(
        arrows(&files),
        ["a::testing -> y (test)", "a::tests::more -> y (test)"]
    );
}

#[test]
fn files_that_reach_each_other_are_a_circle() {
    let files = [
        ("lib.rs", "mod a; mod b; mod c; mod d;"),
        ("a.rs", "use crate::b::B; pub struct A;"),
        ("b.rs", "use crate::c::C; pub struct B;"),
        ("c.rs", "use crate::a::A; use crate::d::D; pub struct C;"),
        (
            "d.rs",
            "pub struct D; #[cfg(test)] mod tests { use crate::a::A; }",
        ),
    ];
    let arrows = house(&files).arrows();
    let found = circles(arrows.iter().filter(|arrow| !arrow.test));
    let names: Vec<Vec<String>> = found
        .iter()
        .map(|circle| circle.iter().map(|file| file.join("::")).collect())
        .collect();
    assert_eq!(names, [["a", "b", "c"]]);
}
