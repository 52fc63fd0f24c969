use super::super::super::*;
use super::super::lines;
use super::proxy;
use serde_json::{Value, json};

#[test]
fn everything_else_about_conditions_is_refused_by_name() {
    let if_auth = json!({"properties": {"auth": {"enum": ["a"]}}, "required": ["auth"]});
    let one = |part: Value, other: Value| json!([{"if": part, "else": other}]);
    let with_else = |properties: Value| one(if_auth.clone(), json!({"properties": properties}));
    let with_if = |part: Value| one(part, json!({"properties": {"x": false}}));
    let test = |name: &str, test: Value| with_if(json!({"properties": {name: test}, "required": [name]}));
    for (conditions, at, message) in [
        (json!({}), "", "list of one or more"),
        (json!([]), "", "list of one or more"),
        (json!([true]), "/0", "object of `if`"),
        (json!([{"if": if_auth}]), "/0/else", "object of `properties`"),
        (json!([{"else": {"properties": {"x": false}}}]), "/0/if", "object of `properties`"),
        (json!([{"if": if_auth, "else": {"properties": {"x": false}}, "not": {}}]), "/0/not", "keyword"),
        (json!([{"$ref": "#"}]), "/0/$ref", "keyword"),
        (json!([{"allOf": []}]), "/0/allOf", "keyword"),
        (with_else(json!({})), "/0/else/properties", "must name the properties"),
        (with_else(json!([])), "/0/else/properties", "must name the properties"),
        (with_else(json!({"x": {}})), "/0/else/properties/x", "must be false"),
        (with_else(json!({"x": true})), "/0/else/properties/x", "must be false"),
        (with_else(json!({"nobody": false})), "/0/else/properties/nobody", "one of the properties"),
        (with_else(json!({"auth": false})), "/0/else/properties/auth", "not be the property that decides"),
        (with_else(json!({"always": false})), "/0/else/properties/always", "`required`"),
        (
            one(if_auth.clone(), json!({"properties": {"x": false}, "required": ["x"]})),
            "/0/else/required",
            "keyword",
        ),
        (with_if(json!({"properties": {"auth": {"enum": ["a"]}}})), "/0/if/required", "must be present"),
        (
            with_if(json!({"properties": {"auth": {"enum": ["a"]}}, "required": ["auth", "x"]})),
            "/0/if/required",
            "alone",
        ),
        (
            with_if(
                json!({"properties": {"auth": {"enum": ["a"]}, "y": {"const": true}}, "required": ["auth"]}),
            ),
            "/0/if/properties",
            "one property",
        ),
        (with_if(json!({"properties": {}, "required": []})), "/0/if/properties", "one property"),
        (with_if(json!({"required": ["auth"]})), "/0/if/properties", "one property"),
        (
            with_if(json!({"properties": {"auth": {"enum": ["a"]}}, "required": ["auth"], "not": {}})),
            "/0/if/not",
            "keyword",
        ),
        (test("nobody", json!({"enum": ["a"]})), "/0/if/properties/nobody", "one of the properties"),
        (test("secret", json!({"enum": ["a"]})), "/0/if/properties/secret", "not be a secret"),
        (test("fixed", json!({"enum": ["a"]})), "/0/if/properties/fixed", "nobody can choose"),
        (test("free", json!({"enum": ["a"]})), "/0/if/properties/free", "string with `enum`"),
        (test("count", json!({"enum": [1]})), "/0/if/properties/count", "string with `enum`"),
        (test("inner", json!({"const": true})), "/0/if/properties/inner", "string with `enum`"),
        (test("auth", json!({"enum": ["z"]})), "/0/if/properties/auth/enum/0", "property's own `enum`"),
        (test("auth", json!({"enum": ["a", 1]})), "/0/if/properties/auth/enum/1", "property's own `enum`"),
        (test("auth", json!({"enum": []})), "/0/if/properties/auth/enum", "must list the values"),
        (test("auth", json!({"const": "a"})), "/0/if/properties/auth/const", "keyword"),
        (test("auth", json!({"enum": ["a"], "minLength": 1})), "/0/if/properties/auth/minLength", "keyword"),
        (test("auth", json!(true)), "/0/if/properties/auth", "object of `enum`"),
        (test("flag", json!({"const": "true"})), "/0/if/properties/flag/const", "true or false"),
        (test("flag", json!({"enum": [true]})), "/0/if/properties/flag/enum", "keyword"),
        (
            json!([{"if": if_auth, "then": {"required": ["y"]}, "else": {"properties": {"x": false}}}]),
            "/0/then/required/0",
            "belongs to this choice",
        ),
        (
            json!([{"if": if_auth, "then": {"required": []}, "else": {"properties": {"x": false}}}]),
            "/0/then/required",
            "list of property names",
        ),
        (
            json!([{"if": if_auth, "then": {"minProperties": 1}, "else": {"properties": {"x": false}}}]),
            "/0/then/minProperties",
            "keyword",
        ),
        (
            json!([
                {"if": if_auth, "else": {"properties": {"x": false}}},
                {"if": if_auth, "else": {"properties": {"x": false}}}]),
            "/1/else/properties/x",
            "earlier condition",
        ),
        (
            json!([
                {"if": if_auth, "else": {"properties": {"flag": false}}},
                {"if": {"properties": {"flag": {"const": true}}, "required": ["flag"]}, "else": {"properties": {"auth": false}}}]),
            "/0/if/properties/auth",
            "the choice that it makes",
        ),
    ] {
        let schema = json!({
            "type": "object", "additionalProperties": false, "required": ["always"], "allOf": conditions,
            "properties": {
                "auth": {"type": "string", "enum": ["a", "b"]}, "flag": {"type": "boolean"},
                "x": {"type": "string"}, "y": {"type": "boolean"}, "always": {"type": "string"},
                "secret": {"type": "string", "writeOnly": true}, "free": {"type": "string"},
                "fixed": {"type": "string", "const": "a"}, "count": {"type": "integer", "enum": [1]},
                "inner": {"type": "object", "additionalProperties": false}}});
        let found = FieldSchema::new(schema).unwrap_err();
        let at = format!("/allOf{at}");
        let as_expected = found.iter().any(|one| one.pointer == at && one.message.contains(message));
        assert!(as_expected, "{conditions}: expected `{at}` … {message}; found\n{}", lines(&found));
    }
}

#[test]
fn conditions_stand_at_objects_alone() {
    let mut document = proxy();
    document["properties"]["port"]["allOf"] = json!([]);
    let found = FieldSchema::new(document).unwrap_err();
    assert_eq!(found[0].pointer, "/properties/port/allOf");
}
