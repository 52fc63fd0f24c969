//! Whatever is stored, a form can make of it whatever else the schema allows.

use super::*;

/// SplitMix64: a sequence that is the same in each run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) as usize % sides
    }
}

/// Choices above choices, in nested objects too, with secrets and defaults at each level.
fn schema() -> FieldSchema {
    let secret = || json!({"type": "string", "writeOnly": true});
    let login = json!({
        "type": "object", "additionalProperties": false, "required": ["user"],
        "properties": {
            "user": {"type": "string"}, "pin": secret(), "again": {"type": "boolean", "default": false},
            "hours": {"type": "integer", "default": 8}},
        "allOf": [{
            "if": {"properties": {"again": {"const": true}}, "required": ["again"]},
            "else": {"properties": {"hours": false}}}]});
    schema_of(
        json!({
            "kind": {"type": "string", "enum": ["a", "b", "c"]}, "key": secret(), "cert": secret(),
            "mode": {"type": "string", "enum": ["x", "y"], "default": "x"}, "depth": {"type": "integer", "default": 3},
            "login": login, "tags": {"type": "array", "items": {"type": "string"}},
            "strict": {"type": "boolean", "default": true}, "reason": {"type": "string"},
            "fixed": {"type": "string", "const": "f"}}),
        json!({"required": ["kind", "fixed"], "allOf": [
            {"if": {"properties": {"kind": {"enum": ["a", "b"]}}, "required": ["kind"]}, "then": {"required": ["key"]},
             "else": {"properties": {"key": false, "mode": false}}},
            {"if": {"properties": {"kind": {"enum": ["b", "c"]}}, "required": ["kind"]},
             "else": {"properties": {"login": false}}},
            {"if": {"properties": {"mode": {"enum": ["y"]}}, "required": ["mode"]},
             "then": {"required": ["cert"]}, "else": {"properties": {"cert": false, "depth": false}}},
            {"if": {"properties": {"strict": {"const": false}}, "required": ["strict"]},
             "then": {"required": ["reason"]}, "else": {"properties": {"reason": false}}}]}),
    )
}

/// Fields that the schema allows.
fn draw(schema: &FieldSchema, dice: &mut Dice) -> Fields {
    let values: [(&str, Vec<Value>); 8] = [
        ("kind", vec![json!("a"), json!("b"), json!("c")]),
        ("key", vec![json!("key1"), json!("key2")]),
        ("cert", vec![json!("cert1"), json!("cert2\nof two lines")]),
        ("mode", vec![json!("x"), json!("y")]),
        ("depth", vec![json!(1), json!(3)]),
        ("tags", vec![json!(["t"]), json!(["t", " u"])]),
        ("strict", vec![json!(true), json!(false)]),
        ("reason", vec![json!("r"), json!("two\nlines")]),
    ];
    loop {
        let mut fields = json!({"fixed": "f"});
        for (name, values) in &values {
            if let Some(value) = values.get(dice.below(values.len() + 1)) {
                fields[*name] = value.clone();
            }
        }
        if dice.below(2) == 0 {
            fields["login"] = json!({"user": format!("user{}", dice.below(2)), "again": dice.below(2) == 0});
            if dice.below(2) == 0 {
                fields["login"]["pin"] = json!(format!("pin{}", dice.below(2)));
            }
            if dice.below(2) == 0 {
                fields["login"]["hours"] = json!(dice.below(3));
            }
        }
        let mut fields = Fields::new(object(fields));
        schema.apply_defaults(&mut fields);
        if schema.check(&fields).is_empty() {
            return fields;
        }
    }
}

/// What a person posts who makes `after` of `before`: each box holds what shall be.
fn typed(schema: &FieldSchema, before: &Fields, after: &Fields) -> Posted {
    let (public, secrets) = (schema.public_copy(after), schema.secrets_in(after));
    let mut pairs = untouched(&Form::stored(schema, &Stored::new(&public, &secrets)));
    for pointer in schema.secrets() {
        if let Some(text) = after.text(pointer) {
            let pair = pairs.iter_mut().find(|(name, _)| name == pointer).unwrap();
            pair.1 = text.replace('\n', "\r\n");
        } else if before.has(pointer) {
            pairs.push((format!("forget:{pointer}"), "on".into()));
        }
    }
    Posted::new(pairs)
}

#[test]
fn every_credential_can_be_made_and_turned_into_every_other() {
    let schema = schema();
    let mut dice = Dice(5);
    for _ in 0..2000 {
        let (before, after) = (draw(&schema, &mut dice), draw(&schema, &mut dice));
        let case = format!("{} -> {}", *before.expose_json(), *after.expose_json());
        let mut new = read_new(&schema, &typed(&schema, &Fields::new(Map::new()), &after)).unwrap();
        schema.apply_defaults(&mut new);
        assert_eq!(*new.expose_sorted_json(), *after.expose_sorted_json(), "new: {case}");

        let (public, secrets) = (schema.public_copy(&before), schema.secrets_in(&before));
        let stored = Stored::new(&public, &secrets);
        let patch = read_patch(&schema, &stored, &typed(&schema, &before, &after)).unwrap();
        let mut edited = before.clone();
        edited.merge(&patch);
        schema.apply_defaults(&mut edited);
        assert_eq!(*edited.expose_sorted_json(), *after.expose_sorted_json(), "edit: {case}");

        let untouched = Posted::new(untouched(&Form::stored(&schema, &stored)));
        assert_eq!(
            json_of(&read_patch(&schema, &stored, &untouched).unwrap()),
            json!({}),
            "untouched: {case}"
        );
    }
}
