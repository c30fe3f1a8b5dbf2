//! What OTLP/JSON means in protobuf, rule by rule. That every field of every message is known is held
//! by the contract test in Python, which has the descriptors.

use sluice_core::json::transcode;

const LOGS: u8 = 0;
const METRICS: u8 = 1;
const SPANS: u8 = 2;

/// A length-delimited field.
fn delimited(number: u8, content: &[u8]) -> Vec<u8> {
    assert!(content.len() < 128, "one byte of length is enough here");
    [&[number << 3 | 2, content.len() as u8], content].concat()
}

/// What transcoding makes of one log record.
fn log_record(json: &str) -> Result<Vec<u8>, String> {
    let request = format!(r#"{{"resourceLogs":[{{"scopeLogs":[{{"logRecords":[{json}]}}]}}]}}"#);
    transcode(LOGS, request.as_bytes())
}

/// The request with this one log record.
fn with_log_record(record: &[u8]) -> Vec<u8> {
    delimited(1, &delimited(2, &delimited(2, record)))
}

#[track_caller]
fn assert_log_record(json: &str, expected: &[u8]) {
    assert_eq!(log_record(json), Ok(with_log_record(expected)), "{json}");
}

#[track_caller]
fn assert_body(json: &str, expected: &[u8]) {
    assert_log_record(&format!(r#"{{"body":{json}}}"#), &delimited(5, expected));
}

/// What transcoding makes of one gauge's data point.
fn data_point(json: &str) -> Result<Vec<u8>, String> {
    let metric = format!(r#"{{"gauge":{{"dataPoints":[{json}]}}}}"#);
    let request = format!(r#"{{"resourceMetrics":[{{"scopeMetrics":[{{"metrics":[{metric}]}}]}}]}}"#);
    transcode(METRICS, request.as_bytes())
}

#[track_caller]
fn assert_data_point(json: &str, expected: &[u8]) {
    let metric = delimited(5, &delimited(1, expected));
    assert_eq!(data_point(json), Ok(delimited(1, &delimited(2, &delimited(2, &metric)))), "{json}");
}

#[track_caller]
fn assert_refused(outcome: Result<Vec<u8>, String>, message: &str) {
    let refusal = outcome.expect_err("this is not OTLP");
    assert!(refusal.starts_with(message), "{refusal}");
}

#[test]
fn an_empty_request_is_empty() {
    for signal in [LOGS, METRICS, SPANS] {
        assert_eq!(transcode(signal, b" {} "), Ok(vec![]));
    }
}

#[test]
fn keys_may_be_camel_case_or_as_in_the_proto_file() {
    let expected = delimited(3, b"INFO");
    assert_log_record(r#"{"severityText":"INFO"}"#, &expected);
    assert_log_record(r#"{"severity_text":"INFO"}"#, &expected);
}

#[test]
fn unknown_fields_are_ignored_however_deep_they_are() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let json = format!(r#"{{"later":{{"a":[1,null,"\ud83d"],"b":{deep}}},"severityText":"INFO","severitytext":1}}"#);
    assert_log_record(&json, &delimited(3, b"INFO"));
}

#[test]
fn null_is_unset() {
    assert_log_record(r#"{"severityText":null,"body":null,"attributes":null,"traceId":null}"#, &[]);
}

#[test]
fn null_does_not_count_as_given() {
    assert_body(r#"{"stringValue":null,"intValue":1}"#, &[3 << 3, 1]);
    assert_log_record(r#"{"severityText":null,"severityText":"INFO"}"#, &delimited(3, b"INFO"));
}

#[test]
fn null_is_no_element() {
    assert_refused(
        log_record(r#"{"attributes":[{}, null]}"#),
        "resourceLogs[0].scopeLogs[0].logRecords[0].attributes[1]: expected an object, got null at line 1 column",
    );
}

#[test]
fn plain_fields_at_their_default_are_left_out() {
    assert_log_record(
        r#"{"timeUnixNano":"0","severityNumber":0,"severityText":"","flags":0,"traceId":"","attributes":[]}"#,
        &[],
    );
}

#[test]
fn fields_with_presence_are_kept_at_their_default() {
    assert_log_record(r#"{"body":{}}"#, &delimited(5, &[]));
    assert_body(r#"{"stringValue":""}"#, &delimited(1, b""));
    assert_body(r#"{"boolValue":false}"#, &[2 << 3, 0]);
    assert_body(r#"{"intValue":0}"#, &[3 << 3, 0]);
    assert_body(r#"{"doubleValue":0}"#, &[4 << 3 | 1, 0, 0, 0, 0, 0, 0, 0, 0]);
    assert_body(r#"{"arrayValue":{}}"#, &delimited(5, b""));
    assert_body(r#"{"bytesValue":""}"#, &delimited(7, b""));
}

#[test]
fn ids_are_hex_in_either_case() {
    let id = [0x5b, 0x8e, 0xff, 0xf7, 0x98, 0x03, 0x81, 0x03];
    assert_log_record(r#"{"spanId":"5b8efff798038103"}"#, &delimited(10, &id));
    assert_log_record(r#"{"spanId":"5B8EFFF798038103"}"#, &delimited(10, &id));
}

#[test]
fn an_id_that_is_not_hex_is_refused() {
    for wrong in [r#""5b8""#, r#""5g""#, r#""W47/95gDgQM=""#, r#""+f""#, r#""é""#, "5", "[1]"] {
        assert_refused(
            log_record(&format!(r#"{{"traceId":{wrong}}}"#)),
            "resourceLogs[0].scopeLogs[0].logRecords[0].traceId: expected a string of hex digits, two a byte, got ",
        );
    }
}

#[test]
fn bytes_are_base64_of_either_alphabet_padded_or_not() {
    for same in ["+/+/AA==", "-_-_AA==", "+/+/AA", "-_+/AA"] {
        let expected = delimited(7, &[0xfb, 0xff, 0xbf, 0]);
        assert_body(&format!(r#"{{"bytesValue":"{same}"}}"#), &expected);
    }
    assert_body(r#"{"bytesValue":"AAA="}"#, &delimited(7, &[0, 0]));
}

#[test]
fn what_is_not_base64_is_refused() {
    for wrong in ["A", "AAAAA", "AA=A", "AA AA", "AAA==", "====", "=", "AA\\n", "é"] {
        assert_refused(
            log_record(&format!(r#"{{"body":{{"bytesValue":"{wrong}"}}}}"#)),
            "resourceLogs[0].scopeLogs[0].logRecords[0].body.bytesValue: expected a string of base64, got a string",
        );
    }
}

#[test]
fn integers_come_with_quotes_and_without() {
    for same in ["300", "\"300\"", "3e2", "\"3e2\"", "300.0", "\"300.0\"", "3000E-1"] {
        assert_body(&format!(r#"{{"intValue":{same}}}"#), &[3 << 3, 0xac, 2]);
    }
}

#[test]
fn integers_are_exact_up_to_their_bounds() {
    let time = [[1 << 3 | 1].as_slice(), &u64::MAX.to_le_bytes()].concat();
    assert_log_record(r#"{"timeUnixNano":"18446744073709551615"}"#, &time);
    assert_log_record(r#"{"timeUnixNano":18446744073709551615}"#, &time);
    let least = [[6 << 3 | 1].as_slice(), &i64::MIN.to_le_bytes()].concat();
    assert_data_point(r#"{"asInt":"-9223372036854775808"}"#, &least);
    assert_data_point(r#"{"asInt":-9223372036854775808}"#, &least);
}

#[test]
fn integers_out_of_range_are_refused() {
    let at = "resourceLogs[0].scopeLogs[0].logRecords[0]";
    for (field, wrong, range) in [
        ("timeUnixNano", "18446744073709551616", "0 to 18446744073709551615"),
        ("timeUnixNano", "-1", "0 to 18446744073709551615"),
        ("timeUnixNano", "1e300", "0 to 18446744073709551615"),
        ("flags", "4294967296", "0 to 4294967295"),
        ("droppedAttributesCount", "4294967296", "0 to 4294967295"),
        ("droppedAttributesCount", "-1", "0 to 4294967295"),
        ("droppedAttributesCount", "0.5", "0 to 4294967295"),
    ] {
        for (quote, got) in [("", "a number"), ("\"", "a string")] {
            assert_refused(
                log_record(&format!(r#"{{"{field}":{quote}{wrong}{quote}}}"#)),
                &format!("{at}.{field}: expected an integer from {range}, in quotes or without, got {got} at line 1"),
            );
        }
    }
    let refusal = data_point(r#"{"asInt":9223372036854775808}"#);
    assert_refused(refusal, "resourceMetrics[0].scopeMetrics[0].metrics[0].gauge.dataPoints[0].asInt: expected an int");
}

#[test]
fn strings_that_spell_no_integer_are_refused() {
    for wrong in ["", " 1", "1 ", "+1", "0x1", "1_000", "1.5", "NaN", "Infinity", "one", "--1", "1e", "null", "[1]"] {
        assert_refused(
            log_record(&format!(r#"{{"body":{{"intValue":"{wrong}"}}}}"#)),
            "resourceLogs[0].scopeLogs[0].logRecords[0].body.intValue: expected an integer from -9223372036854775808",
        );
    }
}

#[test]
fn negative_integers_have_their_kinds_encoding() {
    assert_body(r#"{"intValue":-1}"#, &[3 << 3, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1]);
    assert_log_record(r#"{"severityNumber":-1}"#, &[2 << 3, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1]);
    let point = r#"{"exponentialHistogram":{"dataPoints":[{"scale":-2}]}}"#;
    let request = format!(r#"{{"resourceMetrics":[{{"scopeMetrics":[{{"metrics":[{point}]}}]}}]}}"#);
    let expected = delimited(1, &delimited(2, &delimited(2, &delimited(10, &delimited(1, &[6 << 3, 3])))));
    assert_eq!(transcode(METRICS, request.as_bytes()), Ok(expected));
}

#[test]
fn enums_come_as_numbers_and_as_names() {
    for same in ["9", "\"9\"", "\"SEVERITY_NUMBER_INFO\"", "9.0"] {
        assert_log_record(&format!(r#"{{"severityNumber":{same}}}"#), &[2 << 3, 9]);
    }
    assert_log_record(r#"{"severityNumber":1000}"#, &[2 << 3, 0xe8, 7]);
    for wrong in ["\"INFO\"", "2147483648", "true", "{}"] {
        assert_refused(
            log_record(&format!(r#"{{"severityNumber":{wrong}}}"#)),
            "resourceLogs[0].scopeLogs[0].logRecords[0].severityNumber: expected the number or the name of an enum",
        );
    }
}

#[test]
fn doubles_come_as_numbers_strings_and_by_name() {
    let double = |value: f64| [[4 << 3 | 1].as_slice(), &value.to_le_bytes()].concat();
    for (json, value) in [
        ("1.5", 1.5),
        ("\"1.5\"", 1.5),
        ("3", 3.0),
        ("-3", -3.0),
        ("18446744073709551616", 18_446_744_073_709_551_616.0),
        ("-0.0", -0.0),
        ("5e-324", 5e-324),
        ("0.1", 0.1),
        ("2.2250738585072011e-308", 2.225_073_858_507_201e-308),
        ("\"NaN\"", f64::NAN),
        ("\"Infinity\"", f64::INFINITY),
        ("\"-Infinity\"", f64::NEG_INFINITY),
    ] {
        assert_data_point(&format!(r#"{{"asDouble":{json}}}"#), &double(value));
    }
    for wrong in ["\"nan\"", "\"inf\"", "\"\"", "\"1,5\"", "\" 1\"", "\"1e400\"", "true", "[]"] {
        assert_refused(
            data_point(&format!(r#"{{"asDouble":{wrong}}}"#)),
            "resourceMetrics[0].scopeMetrics[0].metrics[0].gauge.dataPoints[0].asDouble: expected a number, \"NaN\"",
        );
    }
}

#[test]
fn numbers_that_repeat_are_packed() {
    let histogram = |point: &str| {
        let metric = format!(r#"{{"histogram":{{"dataPoints":[{point}]}}}}"#);
        let request = format!(r#"{{"resourceMetrics":[{{"scopeMetrics":[{{"metrics":[{metric}]}}]}}]}}"#);
        transcode(METRICS, request.as_bytes())
    };
    let with_point = |point: &[u8]| {
        let metric = delimited(9, &delimited(1, point));
        Ok(delimited(1, &delimited(2, &delimited(2, &metric))))
    };
    let counts = delimited(6, &[0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0]);
    assert_eq!(histogram(r#"{"bucketCounts":["0",2]}"#), with_point(&counts));
    assert_eq!(histogram(r#"{"bucketCounts":[]}"#), with_point(&[]));
}

#[test]
fn a_second_field_of_a_oneof_is_refused() {
    assert_refused(
        log_record(r#"{"body":{"intValue":1,"stringValue":"a"}}"#),
        "resourceLogs[0].scopeLogs[0].logRecords[0].body.stringValue: expected one field of this oneof, got a second",
    );
}

#[test]
fn a_field_given_twice_is_refused_in_whichever_spelling() {
    for (first, second) in [("severityText", "severityText"), ("severity_text", "severityText")] {
        assert_refused(
            log_record(&format!(r#"{{"{first}":"a","{second}":"a"}}"#)),
            "resourceLogs[0].scopeLogs[0].logRecords[0].severityText: expected the field once, got it again at line 1",
        );
    }
}

#[test]
fn another_kind_of_value_is_refused() {
    for (json, message) in [
        ("[]", "the request: expected an object, got a list at line 1"),
        ("null", "the request: expected an object, got null"),
        (r#""text""#, "the request: expected an object, got a string"),
        (r#"{"resourceLogs":{}}"#, "resourceLogs: expected a list, got an object"),
        (r#"{"resourceLogs":"a"}"#, "resourceLogs: expected a list, got a string"),
        (r#"{"resourceLogs":[[]]}"#, "resourceLogs[0]: expected an object, got a list"),
        (r#"{"resourceLogs":[{},{"resource":[]}]}"#, "resourceLogs[1].resource: expected an object, got a list"),
        (r#"{"resourceLogs":[{"schemaUrl":1}]}"#, "resourceLogs[0].schemaUrl: expected a string, got a number"),
        (r#"{"resourceLogs":[{"schemaUrl":true}]}"#, "resourceLogs[0].schemaUrl: expected a string, got a boolean"),
        (
            r#"{"resourceSpans":[],"resourceLogs":[{"resource":{"droppedAttributesCount":false}}]}"#,
            "resourceLogs[0].resource.droppedAttributesCount: expected an integer from 0 to 4294967295, in quotes or \
             without, got a boolean",
        ),
    ] {
        assert_refused(transcode(LOGS, json.as_bytes()), message);
    }
}

#[test]
fn what_is_no_json_is_refused_with_its_place() {
    for (json, message) in [
        ("", "the request: EOF while parsing a value at line 1 column 0"),
        ("{}x", "the request: trailing characters at line 1 column 3"),
        ("{\"resourceLogs\":[\n{\"schemaUrl\":\"a", "resourceLogs[0].schemaUrl: EOF while parsing a string at line 2"),
        (r#"{"resourceLogs":[{"schemaUrl":"\x"}]}"#, "resourceLogs[0].schemaUrl: invalid escape at line 1 column 33"),
        (r#"{"resourceLogs":[{},]}"#, "resourceLogs[1]: trailing comma at line 1 column 21"),
    ] {
        assert_refused(transcode(LOGS, json.as_bytes()), message);
    }
    assert_refused(transcode(LOGS, b"{\"a\":\"\xff\"}"), "the request: expected utf-8, got something else at byte 6");
}

#[test]
fn half_a_surrogate_pair_is_replaced() {
    for (json, text) in [
        (r"cut \ud83d", "cut \u{fffd}"),
        (r"\udE00 cut", "\u{fffd} cut"),
        (r"\ud83d\ud83d\ude00", "\u{fffd}😀"),
        (r"\ud83d\u0041", "\u{fffd}A"),
        (r"\\ud83d \ud83d", "\\ud83d \u{fffd}"),
    ] {
        assert_log_record(&format!(r#"{{"severityText":"{json}"}}"#), &delimited(3, text.as_bytes()));
    }
}

#[test]
fn long_messages_have_their_lengths_in_more_bytes() {
    for length in [100, 127, 128, 16_383, 16_384, 3_000_000] {
        let text = "x".repeat(length);
        let request = transcode(LOGS, format!(r#"{{"resourceLogs":[{{"schemaUrl":"{text}"}}]}}"#).as_bytes());
        let mut content = request.expect("a request");
        for tag in [0x0a, 0x1a] {
            let (read, number, rest) = field(&content);
            assert_eq!((read, number), (tag, rest.len()));
            content = rest.to_vec();
        }
        assert_eq!(content, text.as_bytes());
    }
}

/// The tag, the length and what follows.
fn field(bytes: &[u8]) -> (u8, usize, &[u8]) {
    let end = 1 + bytes[1..].iter().position(|byte| byte & 0x80 == 0).expect("an end");
    let length = bytes[1..=end].iter().rev().fold(0, |sum, byte| sum << 7 | usize::from(byte & 0x7f));
    (bytes[0], length, &bytes[end + 1..])
}

#[test]
fn values_nest_up_to_a_bound_and_deeper_ones_are_refused() {
    let nested = |depth: usize| {
        let (open, close) = (r#"{"arrayValue":{"values":["#.repeat(depth), "]}}".repeat(depth));
        log_record(&format!(r#"{{"body":{open}{{"stringValue":"secret"}}{close}}}"#))
    };
    assert!(nested(39).is_ok());
    for too_deep in [40, 100, 100_000] {
        let refusal = nested(too_deep).expect_err("this is too deep");
        assert!(
            refusal.starts_with("resourceLogs[0].scopeLogs[0].logRecords[0].body.arrayValue.values[0]"),
            "{refusal}"
        );
        assert!(refusal.contains("…: recursion limit exceeded at line 1"), "{refusal}");
    }
}

#[test]
fn an_unknown_signal_is_refused() {
    assert_refused(transcode(3, b"{}"), "signal 3: expected 0 (logs), 1 (metrics) or 2 (spans)");
}
