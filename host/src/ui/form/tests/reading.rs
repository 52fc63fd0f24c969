use super::*;

#[track_caller]
fn reads(schema: &FieldSchema, pairs: &[(&str, &str)], expected: Value) {
    match read_new(schema, &posted(pairs)) {
        Ok(fields) => assert_eq!(json_of(&fields), expected, "{pairs:?}"),
        Err(violations) => panic!("{pairs:?}: {:?}", lines(&violations)),
    }
}

#[test]
fn texts_become_values_of_the_fields_type() {
    for (property, text, value) in [
        (json!({"type": "string"}), " as typed ", json!(" as typed ")),
        (json!({"type": "string", "maxLength": 900}), "a\r\nb\n", json!("a\nb\n")),
        (json!({"type": "string", "format": "uri"}), " https://k.example\t", json!("https://k.example")),
        (json!({"type": "string", "format": "date-time"}), "2026-01-31T12:00", json!("2026-01-31T12:00:00Z")),
        (
            json!({"type": "string", "format": "date-time"}),
            "2026-01-31T12:00:05.5",
            json!("2026-01-31T12:00:05.5Z"),
        ),
        (
            json!({"type": "string", "format": "date-time"}),
            "2026-01-31T12:00:00+02:00",
            json!("2026-01-31T12:00:00+02:00"),
        ),
        (json!({"type": "string", "format": "date-time"}), "2026-01-31T12:00Zé", json!("2026-01-31T12:00Zé")),
        (json!({"type": "string", "enum": ["a", "b"]}), "b", json!("b")),
        (json!({"type": "string", "enum": ["a", "b"]}), "c", json!("c")),
        (json!({"type": "integer", "enum": [1, 2]}), "2", json!(2)),
        (json!({"type": "integer"}), " 7 ", json!(7)),
        (json!({"type": "integer"}), "+7", json!(7)),
        (json!({"type": "integer"}), "-7", json!(-7)),
        (json!({"type": "integer"}), "007", json!(7)),
        (json!({"type": "integer"}), "18446744073709551615", json!(u64::MAX)),
        (json!({"type": "integer"}), "1e3", json!(1000.0)),
        (json!({"type": "number"}), "1.5", json!(1.5)),
        (json!({"type": "number"}), ".5", json!(0.5)),
        (json!({"type": "boolean"}), "anything", json!(true)),
        (json!({"type": "array", "items": {"type": "string"}}), "a\r\n\r\n  \r\n b ", json!(["a", " b "])),
        (json!({"type": "array", "items": {"type": "integer"}}), "1\n2", json!([1, 2])),
        (json!({"type": "array", "items": {"type": "boolean"}}), "true\nfalse", json!([true, false])),
        (json!({"type": "string", "writeOnly": true}), " s3cret ", json!(" s3cret ")),
        (json!({"type": "string", "writeOnly": true, "maxLength": 900}), "a\r\nb", json!("a\nb")),
    ] {
        reads(&schema_of(json!({"f": property}), json!({})), &[("/f", text)], json!({"f": value}));
    }
}

#[test]
fn what_is_empty_is_absent() {
    let schema = schema_of(
        json!({
            "text": {"type": "string"}, "number": {"type": "integer"}, "list": {"type": "array", "items": {"type": "string"}},
            "secret": {"type": "string", "writeOnly": true}, "box": {"type": "boolean"}, "choice": {"type": "string", "enum": ["a"]},
            "nested": {"type": "object", "additionalProperties": false, "required": ["x"], "properties": {
                "x": {"type": "string"}, "port": {"type": "integer", "default": 1}, "box": {"type": "boolean"},
                "fixed": {"type": "string", "const": "c"}}}
        }),
        json!({}),
    );
    let names = ["/text", "/number", "/list", "/secret", "/choice", "/nested/x", "/nested/port"];
    let pairs: Vec<_> = names.iter().map(|name| (*name, "")).collect();
    reads(&schema, &pairs, json!({}));
    reads(&schema, &[], json!({}));
    reads(&schema, &[("/text", "   "), ("/list", " \r\n ")], json!({}));
    reads(&schema, &[("/nested/port", "1")], json!({}));
    reads(&schema, &[("/nested/port", "2")], json!({"nested": {"port": 2, "fixed": "c"}}));
    reads(
        &schema,
        &[("/nested/x", "y"), ("/nested/port", "1")],
        json!({"nested": {"x": "y", "port": 1, "fixed": "c"}}),
    );
    reads(&schema, &[("/nested/box", "on")], json!({"nested": {"box": true, "fixed": "c"}}));
}

#[test]
fn what_is_required_is_there_to_be_complained_about() {
    let nested = json!({"type": "object", "additionalProperties": false, "required": ["x", "list", "box"], "properties": {
        "x": {"type": "string"}, "list": {"type": "array", "items": {"type": "string"}}, "box": {"type": "boolean"}}});
    let schema = schema_of(json!({"nested": nested}), json!({"required": ["nested"]}));
    reads(&schema, &[], json!({"nested": {"list": [], "box": false}}));
}

#[test]
fn an_unticked_box_is_false_where_absent_would_mean_something_else() {
    let properties = || {
        json!({
        "plain": {"type": "boolean"}, "needed": {"type": "boolean"}, "on": {"type": "boolean", "default": true},
        "off": {"type": "boolean", "default": false}, "decides": {"type": "boolean"}, "x": {"type": "string"}})
    };
    let more = json!({"required": ["needed"], "allOf": [{
        "if": {"properties": {"decides": {"const": false}}, "required": ["decides"]},
        "else": {"properties": {"x": false}}}]});
    let schema = schema_of(properties(), more);
    reads(&schema, &[("/x", "y")], json!({"needed": false, "on": false, "decides": false, "x": "y"}));
    reads(
        &schema,
        &[("/decides", "on"), ("/x", "y")],
        json!({"needed": false, "on": false, "decides": true}),
    );
}

#[test]
fn fields_of_another_choice_are_left_out() {
    let schema = kitchen();
    let pairs = |auth| {
        [("/apiKey", "key1"), ("/auth", auth), ("/user", "ada"), ("/password", "p"), ("/privateKey", "k")]
    };
    let base = |more: Value| {
        let mut all = json!({"apiKey": "key1", "auth": more["auth"], "grant": "client_credentials"});
        all.as_object_mut().unwrap().extend(object(more));
        all
    };
    reads(&schema, &pairs("none"), base(json!({"auth": "none"})));
    reads(&schema, &pairs("password"), base(json!({"auth": "password", "user": "ada", "password": "p"})));
    reads(&schema, &pairs("key"), base(json!({"auth": "key", "user": "ada", "privateKey": "k"})));
    let left_open = read_new(&schema, &posted(&pairs(""))).unwrap();
    assert!(!left_open.has("/user") && !left_open.has("/auth"), "the default is `none`");
}

#[test]
fn everything_that_is_wrong_is_told_at_once() {
    let violations = read_new(
        &kitchen(),
        &posted(&[
            ("/apiKey", "abc"),
            ("/baseUrl", "nowhere"),
            ("/auth", "password"),
            ("/port", "many"),
            ("/size", "1.5"),
            ("/rate", "1,5"),
            ("/region/zone", "0x1"),
            ("/scopes", "a\na"),
        ]),
    );
    let mut told = lines(&violations.err().unwrap());
    told.sort();
    assert_eq!(
        told,
        [
            "/apiKey must be at least 4 characters long",
            "/baseUrl must be an absolute URL, such as https://api.example.com",
            "/password is required",
            "/port must be a whole number",
            "/rate must be a number",
            "/region/zone must be a whole number",
            "/scopes must not have the same item twice",
            "/size must be a whole number",
            "/user is required",
        ]
    );
    let schema = schema_of(json!({"n": {"type": "array", "items": {"type": "number"}}}), json!({}));
    for (text, expected) in [
        ("1\nx\n2\ny", vec!["/n/1 must be a number", "/n/3 must be a number"]),
        ("1e999", vec!["/n/0 must be a number"]),
    ] {
        assert_eq!(lines(&read_new(&schema, &posted(&[("/n", text)])).err().unwrap()), expected);
    }
}

#[test]
fn an_untouched_new_form_says_what_its_defaults_say() {
    let schema = kitchen();
    let form = Form::blank(&schema);
    let read = read_new(
        &schema,
        &touched(&form, &[("/apiKey", Some("key1")), ("/baseUrl", Some("https://k.example"))]),
    );
    let mut read = read.unwrap();
    let mut least =
        Fields::parse(br#"{"apiKey":"key1","baseUrl":"https://k.example","grant":"client_credentials"}"#)
            .unwrap();
    schema.apply_defaults(&mut read);
    schema.apply_defaults(&mut least);
    assert_eq!(schema.check(&read), []);
    assert_eq!(json_of(&read), json_of(&least));
}
