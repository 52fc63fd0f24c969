use super::*;

fn only(property: Value) -> Control {
    let form = Form::blank(&schema_of(json!({"f": property}), json!({})));
    form.controls.into_iter().next().unwrap()
}

#[test]
fn each_type_and_format_has_its_control() {
    for (property, kind) in [
        (json!({"type": "string"}), Kind::Text),
        (json!({"type": "string", "maxLength": 500}), Kind::Text),
        (json!({"type": "string", "maxLength": 501}), Kind::Area),
        (json!({"type": "string", "default": "a\nb"}), Kind::Area),
        (json!({"type": "string", "writeOnly": true}), Kind::Secret),
        (json!({"type": "string", "writeOnly": true, "maxLength": 501}), Kind::SecretArea),
        (json!({"type": "string", "writeOnly": true, "maxLength": 900, "format": "uri"}), Kind::Secret),
        (json!({"type": "string", "format": "uri", "maxLength": 2000}), Kind::Url),
        (json!({"type": "string", "format": "email"}), Kind::Email),
        (json!({"type": "string", "format": "hostname"}), Kind::Text),
        (json!({"type": "string", "format": "ipv4"}), Kind::Text),
        (json!({"type": "string", "format": "uuid"}), Kind::Text),
        (json!({"type": "string", "format": "date"}), Kind::Date),
        (json!({"type": "string", "format": "date-time"}), Kind::DateTime),
        (json!({"type": "string", "enum": ["a"]}), Kind::Select),
        (json!({"type": "integer", "enum": [1]}), Kind::Select),
        (json!({"type": "integer"}), Kind::Number),
        (json!({"type": "number"}), Kind::Number),
        (json!({"type": "boolean"}), Kind::Checkbox),
        (json!({"type": "array", "items": {"type": "integer"}}), Kind::List),
    ] {
        assert_eq!(only(property.clone()).kind, kind, "{property}");
    }
}

#[test]
fn bounds_are_those_of_html() {
    for (property, expected) in [
        (json!({"type": "integer"}), [None, None, Some("1")]),
        (json!({"type": "number"}), [None, None, Some("any")]),
        (json!({"type": "integer", "minimum": 1, "maximum": 9}), [Some("1"), Some("9"), Some("1")]),
        (
            json!({"type": "integer", "exclusiveMinimum": 1, "exclusiveMaximum": 9}),
            [Some("2"), Some("8"), Some("1")],
        ),
        (json!({"type": "number", "exclusiveMinimum": 0, "maximum": 0.5}), [None, Some("0.5"), Some("any")]),
        (json!({"type": "integer", "multipleOf": 5}), [None, None, Some("5")]),
        (json!({"type": "integer", "multipleOf": 5, "minimum": 10}), [Some("10"), None, Some("5")]),
        (json!({"type": "integer", "multipleOf": 5, "minimum": 1}), [Some("1"), None, Some("any")]),
        (json!({"type": "string"}), [None, None, None]),
    ] {
        let Control { min, max, step, .. } = only(property.clone());
        assert_eq!([min.as_deref(), max.as_deref(), step.as_deref()], expected, "{property}");
    }
    let text = only(
        json!({"type": "string", "minLength": 2, "maxLength": 9, "examples": ["e", "f"], "description": "d"}),
    );
    assert_eq!((text.min_length.as_deref(), text.max_length.as_deref()), (Some("2"), Some("9")));
    assert_eq!((text.placeholder.as_deref(), text.help.as_deref()), (Some("e"), Some("d")));
}

#[test]
fn a_choice_can_be_left_open_unless_it_is_required_and_has_a_default() {
    let labels = |property: Value, required: Value| {
        let schema = schema_of(json!({"f": property}), json!({"required": required}));
        let choices = Form::blank(&schema).controls.remove(0).choices;
        choices
            .iter()
            .map(|one| format!("{}{}", one.value, if one.selected { "*" } else { "" }))
            .collect::<Vec<_>>()
    };
    let colours = || json!({"type": "string", "enum": ["red", "blue"]});
    let with_default = || json!({"type": "string", "enum": ["red", "blue"], "default": "blue"});
    assert_eq!(labels(colours(), json!([])), ["*", "red", "blue"]);
    assert_eq!(labels(colours(), json!(["f"])), ["*", "red", "blue"]);
    assert_eq!(labels(with_default(), json!([])), ["", "red", "blue*"]);
    assert_eq!(labels(with_default(), json!(["f"])), ["red", "blue*"]);
    let schema = schema_of(json!({"f": colours()}), json!({"required": ["f"]}));
    let before = object(json!({"f": "green"}));
    let form = Form::stored(&schema, &Stored::new(&before, &[]));
    let choices: Vec<_> =
        form.controls[0].choices.iter().map(|one| (one.value.as_str(), one.selected)).collect();
    assert_eq!(choices, [("green", true), ("red", false), ("blue", false)], "of an older release");
}

#[test]
fn controls_stand_in_the_order_of_the_schema_with_ids_of_their_own() {
    let text = || json!({"type": "string"});
    let schema = schema_of(
        json!({
            "a": text(),
            "a-b": text(),
            "n": {"type": "object", "title": "Outer", "additionalProperties": false, "properties": {
                "x": text(),
                "m": {"type": "object", "title": "Inner", "additionalProperties": false, "properties": {"y": text()}},
                "z": text()}},
            "a_b": text(),
            "fixed": {"type": "string", "const": "c"},
        }),
        json!({}),
    );
    let form = Form::blank(&schema);
    let told: Vec<_> = form
        .controls
        .iter()
        .map(|one| (one.pointer.as_str(), one.id.as_str(), one.group.as_deref(), one.is_grouped))
        .collect();
    assert_eq!(
        told,
        [
            ("/a", "field-a", None, false),
            ("/a-b", "field-a--b", None, false),
            ("/n/x", "field-n-x", Some("Outer"), true),
            ("/n/m/y", "field-n-m-y", Some("Outer › Inner"), true),
            ("/n/z", "field-n-z", Some("Outer"), true),
            ("/a_b", "field-a_b", None, false),
        ]
    );
}

#[test]
fn conditions_are_told_and_hold_with_what_the_form_shows() {
    let schema = kitchen();
    let active = |form: &Form| -> Vec<String> {
        let conditional = form.controls.iter().filter(|control| control.when.is_some() && control.active);
        conditional.map(|control| control.pointer.clone()).collect()
    };
    let blank = Form::blank(&schema);
    assert_eq!(active(&blank), [""; 0]);
    let user = blank.control("/user").unwrap();
    let when = Condition { control: "/auth".into(), values: vec!["password".into(), "key".into()] };
    assert_eq!((user.when.as_ref(), user.required), (Some(&when), true));
    let when = Condition { control: "/notify".into(), values: vec!["true".into()] };
    assert_eq!(blank.control("/eventsKey").unwrap().when, Some(when));
    let before = object(json!({"auth": "key", "notify": true}));
    let stored = Form::stored(&schema, &Stored::new(&before, &[]));
    assert_eq!(active(&stored), ["/user", "/privateKey", "/eventsUrl", "/eventsKey"]);
    let (form, _) =
        Form::posted(&schema, &Stored::nothing(), &posted(&[("/auth", "password"), ("/notify", "on")]), &[]);
    assert_eq!(active(&form), ["/user", "/password", "/eventsUrl", "/eventsKey"]);
    let (form, _) = Form::posted(&schema, &Stored::nothing(), &posted(&[("/auth", "")]), &[]);
    assert_eq!(active(&form), [""; 0], "its default is filled in");
}

#[test]
fn no_secret_is_shown_again() {
    let schema = kitchen();
    let secrets = ["/apiKey".to_owned(), "/region/pin".to_owned()];
    // As if a public copy held what it never does.
    let before =
        object(json!({"apiKey": "s3cret", "baseUrl": "https://k.example", "region": {"pin": "s3cret"}}));
    let stored = Stored::new(&before, &secrets);
    let typed = posted(&[("/apiKey", "s3cret"), ("/region/pin", "s3cret"), ("/privateKey", "s3cret")]);
    for form in [Form::stored(&schema, &stored), Form::posted(&schema, &stored, &typed, &[]).0] {
        assert!(!format!("{form:?}").contains("s3cret"));
        let key = form.control("/apiKey").unwrap();
        assert!(key.stored && key.secret && key.forget().is_none(), "it is required");
        let pin = form.control("/region/pin").unwrap();
        assert_eq!(pin.forget().as_deref(), Some("forget:/region/pin"));
        assert!(!form.control("/password").unwrap().stored);
    }
    let (form, _) = Form::posted(&schema, &stored, &posted(&[("forget:/region/pin", "on")]), &[]);
    assert!(form.control("/region/pin").unwrap().forgets);
}

#[test]
fn errors_stand_at_their_control_and_in_the_summary() {
    let schema = kitchen();
    let violations = [
        Violation::new("/apiKey", "must not be empty"),
        Violation::new("/scopes/1", "must be at most 40 characters long"),
        Violation::new("/baseUrl", "The address 10.0.0.1 is private."),
        Violation::new("/region", "is required"),
        Violation::new("/nobody", "is not a field of this component"),
        Violation::new("", "the secrets are too large"),
    ];
    let typed = posted(&[("/port", "many"), ("/label", "Mine"), ("/sandbox", "on")]);
    let (form, leftovers) = Form::posted(&schema, &Stored::nothing(), &typed, &violations);
    assert_eq!(form.control("/apiKey").unwrap().errors, ["Must not be empty"]);
    assert_eq!(form.control("/scopes").unwrap().errors, ["Item 2 must be at most 40 characters long"]);
    assert_eq!(form.control("/baseUrl").unwrap().errors, ["The address 10.0.0.1 is private."]);
    assert_eq!(form.control("/port").unwrap().value, "many", "what was typed is kept");
    assert!(form.control("/sandbox").unwrap().checked);
    assert_eq!(lines(&leftovers).len(), 3);
    let summary = summary(&form, &leftovers);
    let summary: Vec<_> = summary.iter().map(|(id, text)| (id.as_deref(), text.as_str())).collect();
    assert_eq!(
        summary,
        [
            (Some("field-apiKey"), "API key must not be empty"),
            (Some("field-baseUrl"), "Base URL: The address 10.0.0.1 is private."),
            (Some("field-scopes"), "Scopes item 2 must be at most 40 characters long"),
            (Some("field-region-name"), "Region is required"),
            (None, "/nobody is not a field of this component"),
            (None, "The secrets are too large"),
        ]
    );
}
