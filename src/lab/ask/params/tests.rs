//! Named parameters.

use super::*;
use serde_json::json;

fn params(value: Value) -> Params {
    let Value::Object(map) = value else {
        panic!("an object")
    };
    Params::new(map)
}

#[test]
fn what_a_command_line_writes_reads_as_what_a_program_writes() {
    for value in [
        json!({"limit": 5, "on": true, "names": ["a", "b"], "rate": 1.5}),
        json!({"limit": "5", "on": "true", "names": "a, b", "rate": "1.5"}),
        json!({"limit": "5", "on": "true", "names": "[\"a\", \"b\"]", "rate": "1.5"}),
    ] {
        let mut params = params(value);
        assert_eq!(params.number::<usize>("limit"), Ok(Some(5)));
        assert_eq!(params.flag("on"), Ok(Some(true)));
        assert_eq!(
            params.texts("names"),
            Ok(vec!["a".to_owned(), "b".to_owned()])
        );
        assert_eq!(
            params.quantity("rate", "2", str::parse::<f64>),
            Ok(Some(1.5))
        );
        assert_eq!(params.finish(), Ok(()));
    }
}

#[test]
fn groups_are_lists_of_lists_or_words_with_commas() {
    for value in [
        json!([["a", "b"], ["c"]]),
        json!("a,b c"),
        json!("[[\"a\",\"b\"],[\"c\"]]"),
    ] {
        let read = params(json!({ "groups": value })).groups("groups");
        assert_eq!(
            read,
            Ok(vec![vec!["a".into(), "b".into()], vec!["c".into()]])
        );
    }
    for value in [json!(["a", "b"]), json!([[1]]), json!(true), json!("[a]")] {
        let said = params(json!({ "groups": value })).groups("groups");
        assert_eq!(
            said.expect_err("no groups").to_string(),
            "groups: lists of texts are wanted here, as in [[\"a\", \"b\"], [\"c\"]]"
        );
    }
}

#[test]
fn what_is_of_the_wrong_kind_is_said_with_its_key() {
    let all = json!({"amount": 1, "limit": [], "height": -1, "on": "yes", "names": 7, "to": {}});
    let mut params = params(all);
    let said = [
        params.amount("amount").expect_err("a number"),
        params.number::<usize>("limit").expect_err("a list"),
        params.number::<u32>("height").expect_err("negative"),
        params.flag("on").expect_err("a word"),
        params.texts("names").expect_err("a number"),
        params.text("to", "bob").expect_err("an object"),
    ];
    let said = said.map(|error| error.to_string());
    assert_eq!(
        said,
        [
            "amount: a text is wanted here, as in \"1.5\", not a number",
            "limit: a whole number is wanted here, not a list",
            "height: -1 is no whole number that fits here",
            "on: true or false is wanted here",
            "names: a list of texts is wanted here",
            "to: a text is wanted here, as in \"bob\", not an object",
        ]
    );
}

#[test]
fn what_nobody_asked_for_is_said_with_what_was_meant() {
    let mut params = params(json!({"ammount": "1"}));
    assert_eq!(params.amount("amount"), Ok(None));
    let said = params.finish().expect_err("nobody took it").to_string();
    assert_eq!(
        said,
        "ammount: there is no such parameter; did you mean \"amount\"?"
    );
}
