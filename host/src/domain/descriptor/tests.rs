mod choices;
mod fields;

use std::fmt::Write;

use serde_json::{Value, json};

use super::*;

/// A descriptor that passes, for tests to spoil.
fn petstore() -> Value {
    json!({
        "descriptor": 1, "id": "petstore", "title": "Petstore", "version": "0.1.0",
        "help": "https://petstore.example/keys",
        "authorization": {"kind": "api-key"},
        "schema": {"type": "object", "required": ["apiKey"], "additionalProperties": false, "properties": {
            "apiKey": {"type": "string", "title": "API key", "minLength": 1, "writeOnly": true},
            "baseUrl": {"type": "string", "title": "Base URL", "format": "uri", "default": "https://petstore.example/v3"}}},
        "egress": [{"name": "api", "origin": {"field": "/baseUrl"}, "methods": ["GET"]}],
        "sealed": [{"name": "apiKey", "from": {"field": "/apiKey"}, "to": [{"rule": "api", "in": "header", "name": "API_Key"}]}]
    })
}

/// Replaces the value at `pointer`; null at a member's pointer removes it.
fn spoil(document: &mut Value, pointer: &str, value: Value) {
    let (parent, last) = pointer.rsplit_once('/').unwrap();
    match document.pointer_mut(parent).unwrap() {
        Value::Object(members) if value.is_null() => drop(members.shift_remove(last)),
        Value::Object(members) => drop(members.insert(last.to_owned(), value)),
        Value::Array(items) if last == "-" => items.push(value),
        Value::Array(items) => items[last.parse::<usize>().unwrap()] = value,
        _ => panic!("nothing to spoil at {pointer}"),
    }
}

fn lines(violations: &[Violation]) -> String {
    violations.iter().fold(String::new(), |mut text, violation| {
        writeln!(text, "{violation}").unwrap();
        text
    })
}

/// Spoils one place and expects one violation.
#[track_caller]
fn refused(pointer: &str, value: Value, at: &str, message: &str) {
    let mut document = petstore();
    spoil(&mut document, pointer, value);
    let error = Descriptor::parse(&document.to_string()).unwrap_err();
    let found = error.violations.iter().any(|found| found.pointer == at && found.message.contains(message));
    assert!(found, "expected `{at}` … {message}; found\n{}", lines(&error.violations));
}

#[track_caller]
fn accepted(pointer: &str, value: Value) -> Descriptor {
    let mut document = petstore();
    spoil(&mut document, pointer, value);
    Descriptor::parse(&document.to_string()).unwrap()
}

#[test]
fn a_good_descriptor_is_read() {
    let descriptor = Descriptor::parse(&petstore().to_string()).unwrap();
    assert_eq!(descriptor.id.as_str(), "petstore");
    assert_eq!(descriptor.egress[0].origin, OriginSource::Field("/baseUrl".into()));
    assert_eq!(
        descriptor.sealed[0].to,
        [Placement { rule: "api".into(), place: Place::Header, name: "api_key".into() }]
    );
    assert_eq!(descriptor.schema.secrets(), ["/apiKey"]);
    assert_eq!(descriptor.destination_fields(), ["/baseUrl"]);
    assert!(descriptor.needs_credential());
}

#[test]
fn the_descriptors_of_the_sample_plugins_pass() {
    Descriptor::parse(include_str!("../../../../plugins/petstore/descriptor.json")).unwrap();
}

#[test]
fn what_is_no_descriptor_is_refused_at_its_place() {
    for (pointer, value, at, message) in [
        ("/descriptor", json!(2), "/descriptor", "must be 1"),
        ("/title", json!(null), "/title", "is required"),
        ("/surprise", json!(1), "/surprise", "is not a member"),
        ("/id", json!("Pet Store"), "/id", "expected form"),
        ("/id", json!("admin"), "/id", "component id"),
        ("/title", json!("Pet\u{202e}store"), "/title", "visible characters"),
        ("/title", json!("Pet\nstore"), "/title", "visible characters"),
        ("/version", json!("1.0"), "/version", "expected form"),
        ("/version", json!(1), "/version", "must be a text"),
        ("/icon", json!("https://petstore.example/icon.png"), "/icon", "must begin with"),
        ("/help", json!("http://petstore.example"), "/help", "https URL"),
        ("/help", json!("javascript:alert(1)"), "/help", "https URL"),
        ("/authorization/kind", json!("magic"), "/authorization/kind", "must be one of"),
        ("/authorization/kind", json!("none"), "/authorization/kind", "secret fields"),
    ] {
        refused(pointer, value, at, message);
    }
    let text = petstore().to_string().replacen("{", r#"{"id":"petstore","#, 1);
    let error = Descriptor::parse(&text).unwrap_err();
    assert_eq!((error.violations.len(), error.violations[0].pointer.as_str()), (1, "/id"), "{error}");
    assert!(Descriptor::parse("nonsense").is_err() && Descriptor::parse("[]").is_err());
    assert!(Descriptor::parse(&" ".repeat(MAX_BYTES + 1)).is_err());
}

#[test]
fn rules_name_what_can_be_consented_to() {
    for (pointer, value, at, message) in [
        ("/egress/0/origin", json!("https://api.example.com/v1"), "/egress/0/origin", "without path"),
        ("/egress/0/origin", json!("https://api.example.com/"), "/egress/0/origin", "written exactly as"),
        ("/egress/0/origin", json!("https://API.example.com"), "/egress/0/origin", "written exactly as"),
        ("/egress/0/origin", json!("https://api.example.com:443"), "/egress/0/origin", "written exactly as"),
        ("/egress/0/origin", json!("https://0x7f.1"), "/egress/0/origin", "written exactly as"),
        ("/egress/0/origin", json!("https://user@api.example.com"), "/egress/0/origin", "written exactly as"),
        ("/egress/0/origin", json!("http://api.example.com"), "/egress/0/origin", "https origin"),
        ("/egress/0/origin", json!("https://{/shop}.example"), "/egress/0/origin", "https origin"),
        ("/egress/0/origin", json!({"field": "/nowhere"}), "/egress/0/origin/field", "pointer of a field"),
        ("/egress/0/origin", json!({"field": "/apiKey"}), "/egress/0/origin/field", "must not be a secret"),
        ("/schema/properties/baseUrl/format", json!(null), "/egress/0/origin/field", "format uri"),
        ("/egress/0/methods", json!([]), "/egress/0/methods", "at least 1"),
        ("/egress/0/methods", json!(["get"]), "/egress/0/methods/0", "must be one of"),
        ("/egress/0/methods", json!(["CONNECT"]), "/egress/0/methods/0", "must be one of"),
        ("/egress/0/methods", json!(["TRACE"]), "/egress/0/methods/0", "must be one of"),
        ("/egress/0/methods", json!(["GET", "POST"]), "/egress/0/reason", "is required"),
        (
            "/egress/-",
            json!({"name": "api", "origin": "https://a.example", "methods": ["GET"]}),
            "/egress/1/name",
            "taken",
        ),
    ] {
        refused(pointer, value, at, message);
    }
    accepted("/egress/0/origin", json!("https://api.example.com"));
    accepted("/egress/0/origin", json!("https://api.example.com:8443"));
    accepted("/egress/0/origin", json!("https://[2001:db8::1]"));
    accepted(
        "/egress/0",
        json!({"name": "api", "origin": "https://a.example", "methods": ["POST"], "reason": "A query."}),
    );
}

#[test]
fn every_secret_says_where_it_may_travel() {
    let more = json!({"name": "again", "from": {"field": "/apiKey"}, "to": []});
    for (pointer, value, at, message) in [
        ("/sealed", json!([]), "/sealed", "secret field /apiKey"),
        ("/sealed/-", more, "/sealed/1/from/field", "already"),
        ("/sealed/0/from/field", json!("/baseUrl"), "/sealed/0/from/field", "writeOnly"),
        ("/sealed/0/to/0/rule", json!("other"), "/sealed/0/to/0/rule", "egress rules"),
        ("/sealed/0/to/0/in", json!("path"), "/sealed/0/to/0/in", "must be one of"),
        ("/sealed/0/to/0/name", json!("api key"), "/sealed/0/to/0/name", "header name"),
        ("/sealed/0/to/0/name", json!("Host"), "/sealed/0/to/0/name", "only the host"),
        ("/sealed/0/to/0/name", json!("Proxy-Authorization"), "/sealed/0/to/0/name", "only the host"),
        ("/sealed/0/to/0/name", json!("transfer-encoding"), "/sealed/0/to/0/name", "only the host"),
        (
            "/sealed/0/to/0",
            json!({"rule": "api", "in": "query", "name": ""}),
            "/sealed/0/to/0/name",
            "not be empty",
        ),
        (
            "/sealed/0/to/-",
            json!({"rule": "api", "in": "header", "name": "api_key"}),
            "/sealed/0/to/1",
            "same place",
        ),
    ] {
        refused(pointer, value, at, message);
    }
    accepted("/sealed/0/to/0/name", json!("Cookie"));
    accepted("/sealed/0/to/0", json!({"rule": "api", "in": "query", "name": "api key"}));
}

#[test]
fn places_in_bodies_and_basic_have_names_of_their_own() {
    for (to, message) in [
        (json!({"rule": "api", "in": "json", "name": "auth"}), "JSON Pointer"),
        (json!({"rule": "api", "in": "json", "name": "/a~2"}), "JSON Pointer"),
        (json!({"rule": "api", "in": "json", "name": "/a\n"}), "JSON Pointer"),
        (json!({"rule": "api", "in": "form", "name": "a\u{202e}b"}), "visible characters"),
        (json!({"rule": "api", "in": "basic", "name": "username"}), "user or password"),
    ] {
        refused("/sealed/0/to/0", to, "/sealed/0/to/0/name", message);
    }
    for (place, name) in
        [("json", "/auth/0/a~1b"), ("form", "client secret"), ("basic", "user"), ("basic", "password")]
    {
        accepted("/sealed/0/to/0", json!({"rule": "api", "in": place, "name": name}));
    }
}

fn captured(name: &str, capture: Value) -> Value {
    let to = json!([{"rule": "api", "in": "header", "name": "authorization"}]);
    json!({"name": name, "from": {"capture": capture}, "to": to})
}

#[test]
fn captures_name_a_rule_and_one_place_of_its_answers() {
    let at = "/sealed/1/from/capture";
    for (capture, at, message) in [
        (json!({"rule": "other", "json": "/t"}), &*format!("{at}/rule"), "egress rules"),
        (json!({"rule": "api", "json": "t"}), &format!("{at}/json"), "JSON Pointer"),
        (json!({"rule": "api", "header": "a b"}), &format!("{at}/header"), "header name"),
        (json!({"rule": "api", "header": "Transfer-Encoding"}), &format!("{at}/header"), "only the host"),
        (json!({"rule": "api", "header": "Set-Cookie"}), &format!("{at}/header"), "cookie"),
        (json!({"rule": "api", "cookie": "a=b"}), &format!("{at}/cookie"), "name of a cookie"),
        (json!({"rule": "api"}), "/sealed/1/from", "allowed forms"),
        (json!({"rule": "api", "json": "/t", "header": "x"}), "/sealed/1/from", "allowed forms"),
        (json!({"rule": "api", "body": "/t"}), "/sealed/1/from", "allowed forms"),
    ] {
        refused("/sealed/-", captured("session", capture), at, message);
    }
    refused("/sealed/-", captured("apiKey", json!({"rule": "api", "json": "/t"})), "/sealed/1/name", "taken");
    let mut document = petstore();
    spoil(&mut document, "/sealed/-", captured("one", json!({"rule": "api", "header": "X-Token"})));
    spoil(&mut document, "/sealed/-", captured("two", json!({"rule": "api", "header": "x-token"})));
    let error = Descriptor::parse(&document.to_string()).unwrap_err();
    assert_eq!(
        error.violations,
        [Violation::new("/sealed/2/from/capture", "is captured by an earlier entry already")]
    );
    let descriptor = accepted("/sealed/-", captured("session", json!({"rule": "api", "header": "X-Token"})));
    let from = CaptureFrom::Header("x-token".into());
    assert_eq!(descriptor.sealed[1].source, SealedSource::Capture(Capture { rule: "api".into(), from }));
    assert_eq!(descriptor.sealed[1].field(), None);
}

#[test]
fn captures_are_told_in_plain_words() {
    let mut document = petstore();
    document["egress"] = json!([
        {"name": "login", "origin": "https://a.example", "methods": ["POST"], "reason": "Logs in."},
        {"name": "api", "origin": "https://b.example", "methods": ["GET"]}]);
    document["sealed"] = json!([
        {"name": "key", "from": {"field": "/apiKey"}, "to": [
            {"rule": "login", "in": "json", "name": "/auth/key"}, {"rule": "login", "in": "form", "name": "key"},
            {"rule": "login", "in": "basic", "name": "password"}]},
        {"name": "token", "from": {"capture": {"rule": "login", "json": "/access_token"}}, "to": [
            {"rule": "api", "in": "header", "name": "authorization"}, {"rule": "login", "in": "query", "name": "t"}]},
        {"name": "jar", "from": {"capture": {"rule": "api", "cookie": "sid"}}, "to": []}]);
    assert_eq!(
        Descriptor::parse(&document.to_string()).unwrap().sentences(),
        [
            "Petstore may send POST (Logs in.) to `https://a.example`, with *API key* in JSON member `/auth/key`, form member `key` or the password of Basic authentication, and passes on what the answer holds at `/access_token` in query parameter `t` and in header `authorization` to `https://b.example`",
            "Petstore may send GET to `https://b.example`, with what the answer under rule `login` holds at `/access_token` in header `authorization`, and passes on what the answer holds in cookie `sid` nowhere",
            "Petstore reads the answers, except those in which a secret is found",
        ]
    );
}

#[test]
fn all_violations_are_told_at_once() {
    let mut document = petstore();
    spoil(&mut document, "/version", json!("one"));
    spoil(&mut document, "/schema/properties/apiKey/oneOf", json!([]));
    spoil(&mut document, "/egress/0/origin", json!("http://x.example"));
    spoil(&mut document, "/sealed/0/to/0/name", json!("host"));
    let error = Descriptor::parse(&document.to_string()).unwrap_err();
    let pointers: Vec<&str> = error.violations.iter().map(|violation| violation.pointer.as_str()).collect();
    let expected = ["/version", "/schema/properties/apiKey/oneOf", "/egress/0/origin", "/sealed/0/to/0/name"];
    assert_eq!(pointers, expected, "{error}");
}

#[test]
fn egress_is_told_in_plain_words() {
    let descriptor = Descriptor::parse(&petstore().to_string()).unwrap();
    assert_eq!(
        descriptor.sentences(),
        [
            "Petstore may send GET to the address in *Base URL*, with *API key* in header `api_key`",
            "Petstore reads the answers, except those in which a secret is found",
        ]
    );
    let mut document = petstore();
    document["title"] = json!("Pet*store");
    document["egress"] = json!([
        {"name": "api", "origin": "https://a.example", "methods": ["GET", "POST"], "reason": "Searching is a POST."},
        {"name": "status", "origin": "https://b.example", "methods": ["HEAD"]}]);
    document["schema"]["properties"]["pin"] = json!({"type": "string", "writeOnly": true});
    document["sealed"] = json!([
        {"name": "key", "from": {"field": "/apiKey"}, "to": [
            {"rule": "api", "in": "header", "name": "x-key"}, {"rule": "api", "in": "query", "name": "key"}]},
        {"name": "pin", "from": {"field": "/pin"}, "to": []}]);
    assert_eq!(
        Descriptor::parse(&document.to_string()).unwrap().sentences(),
        [
            "Pet'store may send GET and POST (Searching is a POST.) to `https://a.example`, with *API key* in header `x-key` or query parameter `key`",
            "Pet'store may send HEAD to `https://b.example`, without a secret",
            "Pet'store may send *pin* nowhere",
            "Pet'store reads the answers, except those in which a secret is found",
        ]
    );
}

#[test]
fn components_without_fields_need_no_credential() {
    let mut document = petstore();
    document["schema"] = json!({"type": "object", "additionalProperties": false});
    document["egress"] = json!([]);
    document["sealed"] = json!([]);
    let descriptor = Descriptor::parse(&document.to_string()).unwrap();
    assert!(!descriptor.needs_credential());
    assert_eq!(descriptor.sentences(), ["Petstore may contact nobody"]);
}
