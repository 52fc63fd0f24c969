mod refusals;

use serde_json::{Value, json};

use super::super::*;
use super::{lines, petstore};
use crate::domain::fields::Fields;

/// Fields with two levels of choice, a nested object that belongs to one, and a default in each.
fn proxy() -> Value {
    json!({
        "type": "object", "additionalProperties": false, "required": ["auth"],
        "properties": {
            "port": {"type": "integer", "default": 443},
            "auth": {"type": "string", "title": "Sign-in", "enum": ["none", "password", "key"], "default": "none"},
            "user": {"type": "string"},
            "password": {"type": "string", "title": "Password", "writeOnly": true},
            "algorithm": {"type": "string", "title": "Algorithm", "enum": ["rsa", "ed25519"], "default": "ed25519"},
            "bits": {"type": "integer", "default": 4096},
            "proxied": {"type": "boolean", "title": "Through a proxy"},
            "proxy": {
                "type": "object", "title": "Proxy", "additionalProperties": false, "required": ["host"],
                "properties": {
                    "host": {"type": "string"},
                    "tls": {"type": "boolean", "title": "TLS", "default": true},
                    "name": {"type": "string", "default": "proxy"}
                },
                "allOf": [{
                    "if": {"properties": {"tls": {"const": true}}, "required": ["tls"]},
                    "else": {"properties": {"name": false}}
                }]
            }
        },
        "allOf": [
            {
                "if": {"properties": {"auth": {"enum": ["password", "key"]}}, "required": ["auth"]},
                "else": {"properties": {"user": false}}
            },
            {
                "if": {"properties": {"auth": {"enum": ["password"]}}, "required": ["auth"]},
                "then": {"required": ["password"]},
                "else": {"properties": {"password": false}}
            },
            {
                "if": {"properties": {"algorithm": {"enum": ["rsa"]}}, "required": ["algorithm"]},
                "then": {"required": ["bits"]},
                "else": {"properties": {"bits": false}}
            },
            {
                "if": {"properties": {"auth": {"enum": ["key"]}}, "required": ["auth"]},
                "else": {"properties": {"algorithm": false}}
            },
            {
                "if": {"properties": {"proxied": {"const": true}}, "required": ["proxied"]},
                "then": {"required": ["proxy"]},
                "else": {"properties": {"proxy": false}}
            }
        ]
    })
}

fn schema() -> FieldSchema {
    FieldSchema::new(proxy()).unwrap()
}

fn fields(value: &Value) -> Fields {
    Fields::parse(value.to_string().as_bytes()).unwrap()
}

fn told(value: &Value) -> String {
    lines(&schema().check(&fields(value)))
}

fn with_defaults(value: &Value) -> Value {
    let mut fields = fields(value);
    schema().apply_defaults(&mut fields);
    serde_json::from_str(&fields.expose_json()).unwrap()
}

#[test]
fn fields_say_what_they_depend_on() {
    let schema = schema();
    let when = |pointer: &str| {
        schema
            .field(pointer)
            .unwrap()
            .when
            .clone()
            .map(|when| format!("{} {}", when.pointer, when.values.join(",")))
    };
    for (pointer, expected) in [
        ("/port", None),
        ("/auth", None),
        ("/user", Some("/auth password,key")),
        ("/password", Some("/auth password")),
        ("/bits", Some("/algorithm rsa")),
        ("/algorithm", Some("/auth key")),
        ("/proxy/host", Some("/proxied true")),
        ("/proxy/tls", Some("/proxied true")),
        ("/proxy/name", Some("/proxy/tls true")),
    ] {
        assert_eq!(when(pointer).as_deref(), expected, "{pointer}");
    }
    assert_eq!(schema.when("/proxy").unwrap().pointer, "/proxied");
    assert!(schema.when("/proxy/host").is_none() && schema.when("/port").is_none());
    let required = |pointer: &str| schema.field(pointer).unwrap().required;
    assert!(required("/auth") && required("/password") && required("/bits") && required("/proxy/host"));
    assert!(!required("/user") && !required("/port") && !required("/proxy/tls"));
    assert_eq!(schema.field("/proxy/host").unwrap().group.as_deref(), Some("Proxy"));
}

#[test]
fn a_field_of_another_choice_is_told_with_the_choice() {
    for (value, expected) in [
        (json!({"auth": "none"}), ""),
        (json!({"auth": "password", "user": "u", "password": "p"}), ""),
        (json!({"auth": "key", "user": "u", "algorithm": "rsa", "bits": 1}), ""),
        (json!({"auth": "key", "algorithm": "ed25519"}), ""),
        (json!({"auth": "none", "proxied": true, "proxy": {"host": "h", "tls": true, "name": "n"}}), ""),
        (json!({"auth": "none", "proxied": false}), ""),
        (json!({"auth": "password"}), "/password is required\n"),
        (json!({"auth": "none", "password": "s3cret"}), "/password belongs to another choice of Sign-in\n"),
        (json!({"auth": "key", "bits": 1}), "/bits belongs to another choice of Algorithm\n"),
        (json!({"auth": "key", "algorithm": "rsa"}), "/bits is required\n"),
        (json!({"auth": "none", "proxied": true}), "/proxy is required\n"),
        (
            json!({"auth": "none", "proxy": {"host": "h"}}),
            "/proxy belongs to another choice of Through a proxy\n",
        ),
        (
            json!({"auth": "none", "proxied": true, "proxy": {"host": "h", "tls": false, "name": "s3cret"}}),
            "/proxy/name belongs to another choice of TLS\n",
        ),
    ] {
        assert_eq!(told(&value), expected, "{value}");
    }
}

#[test]
fn defaults_are_filled_in_where_their_choice_is_made() {
    for (value, expected) in [
        (json!({}), json!({"port": 443, "auth": "none"})),
        (json!({"auth": "key"}), json!({"auth": "key", "port": 443, "algorithm": "ed25519"})),
        (
            json!({"auth": "key", "algorithm": "rsa"}),
            json!({"auth": "key", "algorithm": "rsa", "port": 443, "bits": 4096}),
        ),
        (
            json!({"auth": "none", "proxied": true, "proxy": {"host": "h"}}),
            json!({"auth": "none", "proxied": true, "port": 443, "proxy": {"host": "h", "tls": true, "name": "proxy"}}),
        ),
        (
            json!({"auth": "none", "proxied": true, "proxy": {"host": "h", "tls": false}}),
            json!({"auth": "none", "proxied": true, "port": 443, "proxy": {"host": "h", "tls": false}}),
        ),
        // What stands there against its choice is refused, not made more of.
        (json!({"auth": "none", "proxy": {}}), json!({"auth": "none", "proxy": {}, "port": 443})),
    ] {
        assert_eq!(with_defaults(&value), expected, "{value}");
    }
}

/// Each combination of some values of each field.
fn combinations() -> Vec<Value> {
    let options: [(&str, Vec<Value>); 7] = [
        ("auth", vec![json!("none"), json!("password"), json!("key"), json!("s3cret"), json!(1)]),
        ("user", vec![json!("u")]),
        ("password", vec![json!("p")]),
        ("algorithm", vec![json!("rsa"), json!("ed25519")]),
        ("bits", vec![json!(1)]),
        ("proxied", vec![json!(true), json!(false)]),
        (
            "proxy",
            vec![
                json!({}),
                json!({"host": "h"}),
                json!({"host": "h", "tls": false}),
                json!({"tls": true, "name": "n"}),
            ],
        ),
    ];
    options.iter().fold(vec![json!({})], |all, (name, values)| {
        let with = |whole: &Value, value: &Value| {
            let mut whole = whole.clone();
            whole[*name] = value.clone();
            whole
        };
        all.iter()
            .flat_map(|whole| {
                std::iter::once(whole.clone()).chain(values.iter().map(move |value| with(whole, value)))
            })
            .collect()
    })
}

#[test]
fn the_validator_and_the_conditions_agree_on_every_combination() {
    let schema = schema();
    for value in combinations() {
        let is = |name: &str, among: &[&str]| among.iter().any(|one| value[name] == json!(one));
        let mut expected = Vec::new();
        for (name, may_stand) in [
            ("user", is("auth", &["password", "key"])),
            ("password", is("auth", &["password"])),
            ("algorithm", is("auth", &["key"])),
            ("bits", is("algorithm", &["rsa"])),
            ("proxy", value["proxied"] == json!(true)),
        ] {
            if value.get(name).is_some() && !may_stand {
                expected.push(format!("/{name}"));
            }
        }
        if value["proxy"].get("name").is_some() && value["proxy"]["tls"] != json!(true) {
            expected.push("/proxy/name".into());
        }
        let found = schema.check(&fields(&value));
        let mut elsewhere: Vec<String> = found
            .iter()
            .filter(|violation| violation.message.starts_with("belongs to another choice of "))
            .map(|violation| violation.pointer.clone())
            .collect();
        elsewhere.sort();
        expected.sort();
        assert_eq!(elsewhere, expected, "{value}");
        assert!(!lines(&found).contains("is not valid") && !lines(&found).contains("s3cret"), "{value}");
    }
}

#[test]
fn defaults_never_put_a_field_where_it_may_not_stand() {
    let schema = schema();
    let elsewhere = |value: &Value| {
        let found = schema.check(&fields(value));
        found.into_iter().filter(|violation| violation.message.starts_with("belongs")).collect::<Vec<_>>()
    };
    for value in combinations() {
        let filled = with_defaults(&value);
        for violation in elsewhere(&filled) {
            assert!(value.pointer(&violation.pointer).is_some(), "{value}: {violation}");
        }
        assert_eq!(with_defaults(&filled), filled, "{value}");
    }
}

/// A descriptor whose second destination and its secret belong to a choice.
fn with_hooks() -> Descriptor {
    let mut document = petstore();
    document["schema"]["properties"]["hooks"] = json!({"type": "boolean", "title": "Hooks"});
    document["schema"]["properties"]["hooksUrl"] =
        json!({"type": "string", "format": "uri", "default": "https://h.example"});
    document["schema"]["properties"]["hookKey"] = json!({"type": "string", "writeOnly": true});
    document["schema"]["allOf"] = json!([{
        "if": {"properties": {"hooks": {"const": true}}, "required": ["hooks"]},
        "then": {"required": ["hookKey"]},
        "else": {"properties": {"hooksUrl": false, "hookKey": false}}}]);
    document["egress"]
        .as_array_mut()
        .unwrap()
        .push(json!({"name": "hooks", "origin": {"field": "/hooksUrl"}, "methods": ["GET"]}));
    document["sealed"].as_array_mut().unwrap().push(
        json!({"name": "hookKey", "from": {"field": "/hookKey"}, "to": [{"rule": "hooks", "in": "header", "name": "x-hook"}]}));
    Descriptor::parse(&document.to_string()).unwrap()
}

#[test]
fn secrets_and_destinations_may_belong_to_a_choice() {
    let descriptor = with_hooks();
    let schema = &descriptor.schema;
    assert_eq!(schema.secrets(), ["/apiKey", "/hookKey"]);
    assert_eq!(descriptor.destination_fields(), ["/baseUrl", "/hooksUrl"]);
    let mut without = fields(&json!({"apiKey": "k", "hooks": false}));
    schema.apply_defaults(&mut without);
    assert!(!without.has("/hooksUrl") && schema.check(&without).is_empty());
    assert_eq!(schema.secrets_in(&without), ["/apiKey"]);
    let mut with = fields(&json!({"apiKey": "k", "hooks": true, "hookKey": "s3cret"}));
    schema.apply_defaults(&mut with);
    assert_eq!(with.text("/hooksUrl"), Some("https://h.example"));
    assert!(schema.check(&with).is_empty());
    let copy = Value::Object(schema.public_copy(&with));
    assert_eq!(
        copy,
        json!({"hooks": true, "baseUrl": "https://petstore.example/v3", "hooksUrl": "https://h.example"})
    );
}

#[test]
fn the_example_of_the_documentation_is_of_the_dialect() {
    let page = include_str!("../../../../../wit/v1/fields.md");
    let example = page.split("```json").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let schema = FieldSchema::new(serde_json::from_str(example).unwrap()).unwrap();
    let told = lines(&schema.check(&fields(&json!({"auth": "key", "privateKey": "k", "password": "p"}))));
    assert_eq!(told, "/password belongs to another choice of Sign-in\n");
    assert!(page.contains(told.trim_end()));
}
