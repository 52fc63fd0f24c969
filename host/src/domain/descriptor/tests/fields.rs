use serde_json::{Value, json};

use super::super::*;
use super::lines;
use crate::domain::fields::Fields;

/// Puts `property` into a schema and expects one violation of the dialect.
#[track_caller]
fn dialect_refuses(property: &Value, at: &str, message: &str) {
    let schema = json!({"type": "object", "additionalProperties": false, "properties": {"f": property}});
    let found = FieldSchema::new(schema).unwrap_err();
    let as_expected =
        found.iter().any(|violation| violation.pointer == at && violation.message.contains(message));
    assert!(as_expected, "{property} expected `{at}` … {message}; found\n{}", lines(&found));
}

#[test]
fn the_dialect_has_no_more_than_a_form_can_show() {
    let f = "/properties/f";
    for (property, at, message) in [
        (json!({"type": "string", "oneOf": []}), "/oneOf", "dialect does not have"),
        (json!({"type": "string", "if": {}}), "/if", "dialect does not have"),
        (json!({"type": "string", "$ref": "#"}), "/$ref", "dialect does not have"),
        (json!({"type": "string", "minimum": 1}), "/minimum", "dialect does not have"),
        (json!({"type": ["string", "null"]}), "/type", "must be one of"),
        (json!({"title": "x"}), "/type", "must be one of"),
        (json!({"type": "null"}), "/type", "must be one of"),
        (json!(true), "", "must be an object"),
        (json!({"type": "string", "title": ""}), "/title", "visible"),
        (json!({"type": "string", "title": 1}), "/title", "visible"),
        (json!({"type": "string", "format": "regex"}), "/format", "must be one of"),
        (json!({"type": "string", "minLength": -1}), "/minLength", "not valid"),
        (json!({"type": "string", "pattern": "(a)\\1"}), "/pattern", "regular expression"),
        (json!({"type": "string", "pattern": "(?=a)"}), "/pattern", "regular expression"),
        (json!({"type": "string", "pattern": "(a{500}){500}"}), "/pattern", "regular expression"),
        (json!({"type": "string", "pattern": "a".repeat(501)}), "/pattern", "at most 500"),
        (json!({"type": "string", "default": 1}), "/default", "must be a text"),
        (json!({"type": "string", "format": "uri", "default": "nowhere"}), "/default", "absolute URL"),
        (json!({"type": "integer", "minimum": 5, "default": 4}), "/default", "at least 5"),
        (json!({"type": "string", "writeOnly": true, "default": "x"}), "/default", "public"),
        (json!({"type": "string", "writeOnly": true, "enum": ["x"]}), "/enum", "public"),
        (json!({"type": "string", "writeOnly": "yes"}), "/writeOnly", "true or false"),
        (json!({"type": "integer", "writeOnly": true}), "/writeOnly", "only text"),
        (
            json!({"type": "object", "writeOnly": true, "additionalProperties": false}),
            "/writeOnly",
            "dialect",
        ),
        (json!({"type": "object"}), "/additionalProperties", "present and false"),
        (json!({"type": "object", "additionalProperties": {}}), "/additionalProperties", "present and false"),
        (
            json!({"type": "object", "additionalProperties": false, "patternProperties": {}}),
            "/patternProperties",
            "dialect",
        ),
        (
            json!({"type": "object", "additionalProperties": false, "required": ["x"]}),
            "/required/0",
            "name one",
        ),
        (json!({"type": "array"}), "/items", "must be present"),
        (
            json!({"type": "array", "items": {"type": "array", "items": {"type": "string"}}}),
            "/items/type",
            "inside a list",
        ),
        (json!({"type": "array", "items": {"type": "object"}}), "/items/type", "inside a list"),
        (
            json!({"type": "array", "items": {"type": "string", "writeOnly": true}}),
            "/items/writeOnly",
            "inside a list",
        ),
        (
            json!({"type": "array", "items": {"type": "string", "default": "x"}}),
            "/items/default",
            "items of a list",
        ),
        (json!({"type": "array", "items": {"type": "string"}, "contains": {}}), "/contains", "dialect"),
        (json!({"type": "array", "items": {"type": "string"}, "default": []}), "/default", "dialect"),
    ] {
        dialect_refuses(&property, &format!("{f}{at}"), message);
    }
}

#[test]
fn the_dialect_is_one_closed_object() {
    for (schema, at) in [
        (json!({"type": "string"}), "/type"),
        (json!({"type": "object", "properties": {}}), "/additionalProperties"),
        (
            json!({"$schema": "http://json-schema.org/draft-07/schema#", "type": "object", "additionalProperties": false}),
            "/$schema",
        ),
        (json!({"$id": "https://x.example", "type": "object", "additionalProperties": false}), "/$id"),
        (
            json!({"type": "object", "additionalProperties": false, "properties": {"a/b": {"type": "string"}}}),
            "/properties/a~1b",
        ),
        (json!({"type": "object", "additionalProperties": false, "properties": []}), "/properties"),
    ] {
        let found = FieldSchema::new(schema.clone()).unwrap_err();
        assert_eq!((found.len(), found[0].pointer.as_str()), (1, at), "{schema}\n{}", lines(&found));
    }
    let mut deep = json!({"type": "string"});
    for _ in 0..6 {
        deep = json!({"type": "object", "additionalProperties": false, "properties": {"f": deep}});
    }
    assert!(FieldSchema::new(deep).unwrap_err()[0].message.contains("deeper than 5"));
}

/// Every kind of field that the dialect has.
fn account() -> FieldSchema {
    FieldSchema::new(json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object", "required": ["login", "port"], "additionalProperties": false, "properties": {
            "login": {"type": "object", "required": ["user", "password"], "additionalProperties": false, "properties": {
                "user": {"type": "string", "title": "User name", "minLength": 3, "maxLength": 8},
                "password": {"type": "string", "minLength": 8, "pattern": "^[a-z]+$", "writeOnly": true},
                "realm": {"type": "string", "default": "main"}}},
            "port": {"type": "integer", "minimum": 1, "maximum": 65535, "default": 443},
            "tls": {"type": "boolean", "default": true},
            "mode": {"type": "string", "enum": ["fast", "safe"]},
            "url": {"type": "string", "format": "uri"},
            "scopes": {"type": "array", "maxItems": 2, "uniqueItems": true, "items": {"type": "string", "minLength": 1}},
            "pin": {"type": "string", "writeOnly": true}}
    }))
    .unwrap()
}

fn fields(value: Value) -> Fields {
    Fields::parse(value.to_string().as_bytes()).unwrap()
}

#[test]
fn violations_name_the_place_and_never_the_value() {
    let violations = account().check(&fields(json!({
        "login": {"user": "s3", "password": "S3CRET", "hint": "s3cret"},
        "port": "s3cret", "tls": "s3cret", "mode": "s3cret", "url": "s3cret",
        "scopes": ["s3cret", "s3cret", ""], "pin": 1234567, "extra/member": "s3cret"
    })));
    let mut lines: Vec<String> = violations.iter().map(Violation::to_string).collect();
    lines.sort();
    let expected = [
        "/extra~1member is not a field of this component",
        "/login/hint is not a field of this component",
        "/login/password does not have the expected form",
        "/login/password must be at least 8 characters long",
        "/login/user must be at least 3 characters long",
        r#"/mode must be one of "fast", "safe""#,
        "/pin must be a text",
        "/port must be a whole number",
        "/scopes must have at most 2 items",
        "/scopes must not have the same item twice",
        "/scopes/2 must not be empty",
        "/tls must be true or false",
        "/url must be an absolute URL, such as https://api.example.com",
    ];
    assert_eq!(lines, expected);
}

#[test]
fn missing_members_are_named_themselves() {
    let violations = account().check(&fields(json!({"login": {}, "port": 0})));
    let expected = "/login/password is required\n/login/user is required\n/port must be at least 1\n";
    let mut sorted = violations;
    sorted.sort_by(|a, b| a.pointer.cmp(&b.pointer));
    assert_eq!(lines(&sorted), expected);
}

#[test]
fn defaults_fill_what_is_absent_and_nothing_else() {
    let mut fields = fields(json!({"login": {"user": "ada", "password": "abcdefgh"}, "tls": false}));
    account().apply_defaults(&mut fields);
    let expected =
        json!({"login": {"user": "ada", "password": "abcdefgh", "realm": "main"}, "tls": false, "port": 443});
    assert_eq!(serde_json::from_str::<Value>(&fields.expose_json()).unwrap(), expected);
    assert_eq!(account().check(&fields), []);
}

#[test]
fn the_public_copy_holds_only_what_the_schema_shows() {
    let fields = fields(json!({
        "login": {"user": "ada", "password": "s3cretxx", "hint": "s3cret"},
        "port": 443, "tls": "s3cret", "scopes": ["read", {"s3cret": 1}], "pin": "s3cret", "other": "s3cret"
    }));
    let copy = Value::Object(account().public_copy(&fields));
    assert_eq!(copy, json!({"login": {"user": "ada"}, "port": 443, "scopes": ["read"]}));
}

#[test]
fn secrets_are_listed_in_the_order_of_the_form() {
    let schema = account();
    assert_eq!(schema.secrets(), ["/login/password", "/pin"]);
    assert_eq!(schema.secrets_in(&fields(json!({"pin": "1"}))), ["/pin"]);
    let titles: Vec<&str> = schema.fields().iter().map(|field| field.title.as_str()).collect();
    assert_eq!(titles, ["User name", "password", "realm", "port", "tls", "mode", "url", "scopes", "pin"]);
}
