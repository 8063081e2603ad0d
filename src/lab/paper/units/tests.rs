//! Quantities, read and written.

use super::*;

#[test]
fn durations_are_read_as_people_write_them() {
    for (text, us) in [
        ("5s", 5_000_000),
        ("80ms", 80_000),
        ("80 ms", 80_000),
        ("1.5h", 5_400_000_000),
        ("0.000001s", 1),
        ("2min", 120_000_000),
        ("1d", 86_400_000_000),
        ("7us", 7),
        ("0", 0),
        ("0s", 0),
    ] {
        assert_eq!(
            parse_duration(text),
            Ok(Duration::from_micros(us)),
            "{text}"
        );
    }
}

#[test]
fn what_is_not_a_duration_is_refused_by_name() {
    for text in [
        "", "5", "s", "-5s", "+5s", "5 S", "5m", ".5s", "5.s", "1.2.3s", "5s ", "٥s",
    ] {
        let refused = parse_duration(text).expect_err(text);
        assert_eq!(refused, UnitError::Duration(text.into()));
    }
    let fine = "0.0000001s";
    let words = "\"0.0000001s\" is finer than a microsecond";
    assert_eq!(parse_duration(fine).expect_err(fine).to_string(), words);
    for text in ["366001d", "99999999999999999999999999999999999999d"] {
        assert_eq!(parse_duration(text), Err(UnitError::TooLong(text.into())));
    }
    let long = "9".repeat(1_000) + "s";
    let cut = "9".repeat(TEXT_MAX);
    assert_eq!(parse_duration(&long), Err(UnitError::Duration(cut)));
}

#[test]
fn durations_read_back_as_they_were_written() {
    for us in [
        0,
        1,
        999,
        1_000,
        80_000,
        1_500_000,
        5_000_000,
        90_000_000,
        7_200_000_000,
    ] {
        let duration = Duration::from_micros(us);
        assert_eq!(parse_duration(&show_duration(duration)), Ok(duration));
    }
    assert_eq!(show_duration(Duration::from_secs(5)), "5s");
    assert_eq!(show_duration(Duration::from_millis(1_500)), "1500ms");
    assert_eq!(show_duration(Duration::from_secs(86_400)), "1d");
}

#[test]
fn bandwidths_are_read_as_people_write_them() {
    for (text, bytes) in [
        ("1 MB/s", 1_000_000),
        ("1.5MB/s", 1_500_000),
        ("300 B/s", 300),
        ("2 GB/s", 2_000_000_000),
        ("56 kbit/s", 7_000),
        ("8 Mbit/s", 1_000_000),
        ("0.1 kB/s", 100),
        ("0 B/s", 0),
    ] {
        assert_eq!(parse_bandwidth(text), Ok(bytes), "{text}");
    }
    for text in [
        "", "1", "MB/s", "1 MB", "1 mb/s", "-1 MB/s", "fast", "1 bit/s",
    ] {
        let refused = parse_bandwidth(text).expect_err(text);
        assert_eq!(refused, UnitError::Bandwidth(text.into()));
    }
    let fine = parse_bandwidth("1.0001 kB/s").expect_err("a tenth of a byte");
    let words = "\"1.0001 kB/s\" is finer than a byte a second";
    assert_eq!(fine.to_string(), words);
    let wide = "99999999999999999999999999999 GB/s";
    assert_eq!(parse_bandwidth(wide), Err(UnitError::TooWide(wide.into())));
}

#[test]
fn bandwidths_read_back_as_they_were_written() {
    for (bytes, text) in [
        (0, "0 B/s"),
        (1, "1 B/s"),
        (7_000, "7 kB/s"),
        (1_500, "1500 B/s"),
        (1_000_000, "1 MB/s"),
        (125_000_000, "125 MB/s"),
        (1_000_000_000, "1 GB/s"),
    ] {
        assert_eq!(show_bandwidth(bytes), text);
        assert_eq!(parse_bandwidth(text), Ok(bytes));
    }
}

#[test]
fn a_link_is_told_in_a_line_of_numbers() {
    let dsl = parse_preset("dsl").expect("it is there").conditions;
    let words = "latency 20 ms, jitter 5 ms, 2 MB/s, loss 0 %";
    assert_eq!(show_conditions(&dsl), words);
    let radio = parse_preset("3g").expect("it is there").conditions;
    let words = "latency 150 ms, jitter 50 ms, 200 kB/s, loss 1 %";
    assert_eq!(show_conditions(&radio), words);
    let straight = "latency 0 s, jitter 0 s, any bandwidth, loss 0 %";
    assert_eq!(show_conditions(&Conditions::default()), straight);
    let words = "there is no preset \"dls\"; did you mean \"dsl\"?";
    assert_eq!(parse_preset("dls").expect_err("a slip"), words);
}

#[test]
fn hash_rates_are_read_as_people_write_them() {
    for (text, rate) in [
        ("500", 500.0),
        ("14k", 14e3),
        ("14 kH/s", 14e3),
        ("14kH/s", 14e3),
        ("1.5 MH/s", 1.5e6),
        ("2 G", 2e9),
        ("0.5 H/s", 0.5),
    ] {
        assert_eq!(parse_rate(text), Ok(rate), "{text}");
    }
    for text in [
        "", "k", "fast", "-5", "14 KH/s", "14 k/s", "1e3", "nan", "inf", "5 %",
    ] {
        assert_eq!(parse_rate(text), Err(UnitError::Rate(text.into())));
    }
    for text in ["0", "0.0000001", "1001 GH/s"] {
        assert_eq!(parse_rate(text), Err(UnitError::RateRange(text.into())));
    }
}

#[test]
fn hash_rates_are_shown_short_and_read_back() {
    for (rate, text) in [
        (500.0, "500 H/s"),
        (14_000.0, "14 kH/s"),
        (1_500_000.0, "1.5 MH/s"),
        (0.25, "0.25 H/s"),
    ] {
        assert_eq!(show_rate(rate), text);
        assert_eq!(parse_rate(text), Ok(rate));
    }
}

#[test]
fn memory_is_read_in_bytes() {
    for (text, bytes) in [
        ("64 MB", 64_000_000),
        ("1.5GB", 1_500_000_000),
        ("500 kB", 500_000),
    ] {
        assert_eq!(parse_size(text), Ok(bytes), "{text}");
    }
    for text in ["", "64", "64 mb", "64 MiB", "-1 MB", "0.0001 kB", "MB"] {
        assert_eq!(parse_size(text), Err(UnitError::Size(text.into())));
    }
}
