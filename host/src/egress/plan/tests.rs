use serde_json::json;

use super::*;

struct Zeros;

impl Entropy for Zeros {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(0);
    }
}

fn message(place: Place, name: &str, secret: &str) -> Option<String> {
    let to = Placement { rule: "api".into(), place, name: name.into() };
    misfit(&Secret::new(secret), &to)
}

#[test]
fn each_place_takes_what_it_can_carry() {
    for (place, name, secret) in [
        (Place::Header, "x", "printable ASCII: 'yes'"),
        (Place::Query, "x", "é\n&="),
        (Place::Json, "/x", "any\0thing\u{1f600}\n"),
        (Place::Form, "x", "any\0thing\u{1f600}\n"),
        (Place::Basic, "user", "zoë"),
        (Place::Basic, "password", "with:colon é"),
    ] {
        assert_eq!(message(place, name, secret), None, "{secret}");
    }
    for (place, name, secret, words) in [
        (Place::Header, "x", "é", "printable ASCII"),
        (Place::Header, "x", "a\r\nb", "printable ASCII"),
        (Place::Header, "x", "a\tb", "printable ASCII"),
        (Place::Header, "x", "a\u{7f}b", "printable ASCII"),
        (Place::Header, "x", "x ", "blank"),
        (Place::Header, "x", " x", "blank"),
        (Place::Query, "x", "a\0b", "NUL"),
        (Place::Basic, "user", "a:b", "colon, since it is sent by Basic authentication"),
        (Place::Basic, "user", "a\tb", "control characters"),
        (Place::Basic, "password", "a\u{85}b", "control characters"),
    ] {
        assert!(message(place, name, secret).is_some_and(|message| message.contains(words)), "{secret}");
    }
    for (place, limit) in [
        (Place::Header, HEADER_SECRET_BYTES),
        (Place::Basic, HEADER_SECRET_BYTES),
        (Place::Query, QUERY_SECRET_BYTES),
        (Place::Json, BODY_SECRET_BYTES),
        (Place::Form, BODY_SECRET_BYTES),
    ] {
        assert_eq!(message(place, "password", &"x".repeat(limit)), None);
        assert!(message(place, "password", &"x".repeat(limit + 1)).is_some());
    }
}

/// A second destination that belongs to a choice, with a secret and a captured value of its own.
fn with_hooks() -> Descriptor {
    let document = json!({
        "descriptor": 1, "id": "shop", "title": "Shop", "version": "0.1.0", "authorization": {"kind": "custom"},
        "schema": {
            "type": "object", "additionalProperties": false, "required": ["key"],
            "properties": {
                "key": {"type": "string", "writeOnly": true},
                "hooks": {"type": "boolean"},
                "hooksUrl": {"type": "string", "format": "uri", "default": "https://hooks.example"},
                "hookKey": {"type": "string", "writeOnly": true}},
            "allOf": [{
                "if": {"properties": {"hooks": {"const": true}}, "required": ["hooks"]},
                "then": {"required": ["hookKey"]},
                "else": {"properties": {"hooksUrl": false, "hookKey": false}}}]},
        "egress": [
            {"name": "api", "origin": "https://api.example", "methods": ["GET"]},
            {"name": "hooks", "origin": {"field": "/hooksUrl"}, "methods": ["GET"]}],
        "sealed": [
            {"name": "key", "from": {"field": "/key"}, "to": [
                {"rule": "api", "in": "header", "name": "key"}, {"rule": "hooks", "in": "header", "name": "key"}]},
            {"name": "hookKey", "from": {"field": "/hookKey"}, "to": [{"rule": "hooks", "in": "header", "name": "hook"}]},
            {"name": "session", "from": {"capture": {"rule": "hooks", "json": "/t"}}, "to": [
                {"rule": "hooks", "in": "header", "name": "session"}]}]});
    Descriptor::parse(&document.to_string()).unwrap()
}

fn planned(descriptor: &Descriptor, fields: &serde_json::Value) -> (Plan, Vec<String>) {
    let mut fields = Fields::parse(fields.to_string().as_bytes()).unwrap();
    descriptor.schema.apply_defaults(&mut fields);
    assert_eq!(descriptor.schema.check(&fields), []);
    let policy = Policy::new(Vec::new(), Vec::new());
    let destinations = destinations(descriptor, &fields, &policy).unwrap();
    (plan(descriptor, &fields, &policy, &Zeros).unwrap(), destinations)
}

#[test]
fn a_destination_of_another_choice_is_none() {
    let descriptor = with_hooks();
    for hooks in [json!({"key": "k"}), json!({"key": "k", "hooks": false})] {
        let (plan, destinations) = planned(&descriptor, &hooks);
        let rules: Vec<&str> = plan.rules.iter().map(|rule| rule.name.as_str()).collect();
        let sealed: Vec<&str> = plan.sealed.iter().map(|sealed| sealed.name.as_str()).collect();
        assert_eq!((rules, sealed), (vec!["api"], vec!["key"]));
        assert_eq!(destinations, ["key https://api.example"]);
    }
}

#[test]
fn a_destination_of_the_choice_that_was_made_is_one() {
    let (plan, destinations) = planned(&with_hooks(), &json!({"key": "k", "hooks": true, "hookKey": "h"}));
    let rules: Vec<String> = plan.rules.iter().map(|rule| format!("{} {}", rule.name, rule.origin)).collect();
    assert_eq!(rules, ["api https://api.example", "hooks https://hooks.example"]);
    assert_eq!(plan.sealed.len(), 2);
    let expected = [
        "hookKey https://hooks.example",
        "key https://api.example",
        "key https://hooks.example",
        "session https://hooks.example",
    ];
    assert_eq!(destinations, expected);
}
