use super::*;

#[test]
fn times_are_minutes_and_seconds_however_many() {
    for (ms, text) in [
        (0, "+00:00.000"),
        (12_345, "+00:12.345"),
        (7_265_007, "+121:05.007"),
    ] {
        assert_eq!(offset(Duration::from_millis(ms)), text);
    }
}

#[test]
fn words_stand_on_the_left_and_numbers_on_the_right_of_their_columns() {
    let mut table = Table::new(&[("wallet", Side::Left), ("holds", Side::Right)]);
    assert!(table.is_empty());
    table.row(["alice".to_owned(), "9.5".to_owned()]);
    table.row(["a-long-name".to_owned(), "1000000".to_owned()]);
    assert_eq!(
        table.text(),
        "wallet         holds\nalice            9.5\na-long-name  1000000\n"
    );
}
