use super::*;

/// A stored credential: what of it is public, and its secrets.
struct Before {
    schema: FieldSchema,
    public: Map<String, Value>,
    secrets: Vec<String>,
    whole: Fields,
}

impl Before {
    fn new(schema: FieldSchema, whole: Value) -> Self {
        let mut whole = Fields::new(object(whole));
        schema.apply_defaults(&mut whole);
        assert_eq!(schema.check(&whole), []);
        Self { public: schema.public_copy(&whole), secrets: schema.secrets_in(&whole), schema, whole }
    }

    fn stored(&self) -> Stored<'_> {
        Stored::new(&self.public, &self.secrets)
    }

    fn form(&self) -> Form {
        Form::stored(&self.schema, &self.stored())
    }

    fn patch(&self, changes: &[(&str, Option<&str>)]) -> Value {
        let patch = read_patch(&self.schema, &self.stored(), &touched(&self.form(), changes));
        json_of(&patch.unwrap_or_else(|violations| panic!("{changes:?}: {:?}", lines(&violations))))
    }

    /// What an edit makes of it.
    fn after(&self, changes: &[(&str, Option<&str>)]) -> Vec<String> {
        let mut after = self.whole.clone();
        after.merge(&Fields::new(object(self.patch(changes))));
        self.schema.apply_defaults(&mut after);
        lines(&self.schema.check(&after))
    }
}

fn full() -> Before {
    Before::new(
        kitchen(),
        json!({
            "apiKey": "key1", "baseUrl": "https://k.example", "auth": "password", "user": "ada", "password": "p",
            "note": "two\nlines", "label": "one\r\ntwo\rthree", "port": 80, "rate": 1.50, "size": 10, "since": "2026-01-31",
            "expires": "2026-01-31T12:00:00+02:00", "scopes": ["a", " b "], "sandbox": true, "notify": true,
            "eventsUrl": "https://e.example", "eventsKey": "e", "region": {"name": "eu", "zone": 3, "pin": "1234"}
        }),
    )
}

fn least() -> Before {
    Before::new(
        kitchen(),
        json!({"apiKey": "key1", "baseUrl": "https://k.example", "grant": "client_credentials"}),
    )
}

#[test]
fn an_untouched_form_changes_nothing() {
    for before in [full(), least()] {
        assert_eq!(before.patch(&[]), json!({}));
    }
    let odd = schema_of(
        json!({
            "list": {"type": "array", "items": {"type": "string"}}, "gone": {"type": "string", "default": "x"},
            "on": {"type": "boolean", "default": true}, "empty": {"type": "string"}, "float": {"type": "integer"},
            "nested": {"type": "object", "additionalProperties": false, "properties": {
                "on": {"type": "boolean", "default": true}, "port": {"type": "integer", "default": 1}}},
            "none": {"type": "object", "additionalProperties": false, "properties": {}}
        }),
        json!({}),
    );
    // As a credential may be that an older release made, without what it would be filled in with today.
    for public in [
        json!({"list": ["a\nb", "", "  "], "empty": "", "float": 443.0, "nested": {}, "none": {}}),
        json!({"list": [], "nested": {"on": false}}),
        json!({}),
    ] {
        let public = object(public);
        let stored = Stored::new(&public, &[]);
        let pairs = untouched(&Form::stored(&odd, &stored));
        let patch = read_patch(&odd, &stored, &Posted::new(pairs)).unwrap();
        assert_eq!(json_of(&patch), json!({}), "{public:?}");
    }
}

#[test]
fn what_was_not_posted_stays() {
    let before = full();
    // All but the boxes, of which an absent pair means unticked.
    let ticked = posted(&[("/sandbox", "on"), ("/notify", "on")]);
    assert_eq!(json_of(&read_patch(&before.schema, &before.stored(), &ticked).unwrap()), json!({}));
}

#[test]
fn changes_are_what_was_changed() {
    let before = full();
    for (changes, expected) in [
        (vec![("/label", Some("new"))], json!({"label": "new"})),
        (vec![("/label", Some(""))], json!({"label": null})),
        (vec![("/port", Some("81"))], json!({"port": 81})),
        (vec![("/scopes", Some("a"))], json!({"scopes": ["a"]})),
        (vec![("/scopes", Some(""))], json!({"scopes": null})),
        (vec![("/sandbox", None)], json!({"sandbox": null})),
        (vec![("/apiKey", Some("key2"))], json!({"apiKey": "key2"})),
        (vec![("/region/zone", Some("4"))], json!({"region": {"zone": 4}})),
        (vec![("/region/pin", Some("4321"))], json!({"region": {"pin": "4321"}})),
        (vec![("forget:/region/pin", Some("on"))], json!({"region": {"pin": null}})),
        (vec![("forget:/eventsKey", Some("on"))], json!({"eventsKey": null})),
        (
            vec![("/region/name", Some("")), ("/region/zone", Some("")), ("forget:/region/pin", Some("on"))],
            json!({"region": null}),
        ),
    ] {
        assert_eq!(before.patch(&changes), expected, "{changes:?}");
        assert_eq!(before.after(&changes), [""; 0], "{changes:?}");
    }
}

#[test]
fn fields_go_and_come_with_their_choice() {
    let before = full();
    for (changes, expected) in [
        (vec![("/auth", Some("none"))], json!({"auth": "none", "user": null, "password": null})),
        (
            vec![("/auth", Some("key")), ("/privateKey", Some("k\r\nk"))],
            json!({"auth": "key", "password": null, "privateKey": "k\nk"}),
        ),
        // What is typed where it does not count is left out.
        (
            vec![("/notify", None), ("/eventsUrl", Some("https://x.example"))],
            json!({"notify": null, "eventsUrl": null, "eventsKey": null}),
        ),
    ] {
        assert_eq!(before.patch(&changes), expected, "{changes:?}");
        assert_eq!(before.after(&changes), [""; 0], "{changes:?}");
    }
    let before = least();
    let changes = [("/auth", Some("password")), ("/user", Some("ada")), ("/password", Some("p"))];
    assert_eq!(before.patch(&changes), json!({"auth": "password", "user": "ada", "password": "p"}));
    assert_eq!(before.after(&changes), [""; 0]);
    assert_eq!(before.after(&[("/auth", Some("password"))]), ["/user is required", "/password is required"]);
    let changes = [("/region/name", Some("us"))];
    assert_eq!(before.patch(&changes), json!({"region": {"name": "us", "zone": 1}}));
    assert_eq!(before.after(&changes), [""; 0]);
}

#[test]
fn a_nested_object_that_comes_new_has_what_it_needs() {
    let nested = json!({"type": "object", "additionalProperties": false, "required": ["tls", "kind", "names"], "properties": {
        "host": {"type": "string"}, "tls": {"type": "boolean"}, "kind": {"type": "string", "const": "http"},
        "names": {"type": "array", "items": {"type": "string"}}}});
    let schema = schema_of(
        json!({"use": {"type": "boolean"}, "proxy": nested}),
        json!({"allOf": [{
        "if": {"properties": {"use": {"const": true}}, "required": ["use"]},
        "then": {"required": ["proxy"]}, "else": {"properties": {"proxy": false}}}]}),
    );
    let before = Before::new(schema.clone(), json!({}));
    let proxy = json!({"tls": false, "kind": "http", "names": []});
    assert_eq!(before.patch(&[("/use", Some("on"))]), json!({"use": true, "proxy": proxy}));
    let before = Before::new(schema, json!({"use": true, "proxy": proxy}));
    assert_eq!(before.patch(&[]), json!({}));
    assert_eq!(before.patch(&[("/proxy/host", Some("h"))]), json!({"proxy": {"host": "h"}}));
    assert_eq!(before.patch(&[("/use", None)]), json!({"use": null, "proxy": null}));
}

#[test]
fn a_secret_is_not_both_typed_and_removed() {
    let before = full();
    let posted =
        touched(&before.form(), &[("/region/pin", Some("4321")), ("forget:/region/pin", Some("on"))]);
    let violations = read_patch(&before.schema, &before.stored(), &posted).err().unwrap();
    assert_eq!(lines(&violations), ["/region/pin must either be typed anew or be removed, not both"]);
    assert_eq!(before.patch(&[("forget:/privateKey", Some("on"))]), json!({}), "none is stored");
    assert_eq!(before.after(&[("forget:/apiKey", Some("on"))]), ["/apiKey is required"]);
}

#[test]
fn what_is_no_number_is_told() {
    let before = full();
    let posted = touched(&before.form(), &[("/port", Some("many")), ("/region/zone", Some("1.5"))]);
    let violations = read_patch(&before.schema, &before.stored(), &posted).err().unwrap();
    assert_eq!(lines(&violations), ["/port must be a whole number", "/region/zone must be a whole number"]);
}
